#include "commands/core/sampler.h"

#include <algorithm>

#include "commands/core/collection_read.h"

namespace cordwood::commands {
namespace {

using keyspace::Generation;
using keyspace::HashedElements;
using keyspace::IsStop;
using keyspace::ObjectReader;
using keyspace::Record;
using keyspace::Transaction;

/// A distinct sample of more than one item in this many is taken on a walk. A draw seeks, steps
/// over neighbours and copies, which takes as long as some hundred steps of a walk.
constexpr uint64_t kDrawsBelow = 128;
/// Places that are drawn for one walk.
constexpr uint64_t kPlacesPerWalk = 64;

// What one slice does.
constexpr size_t kItemsPerSlice = 1024;
constexpr size_t kDrawsPerSlice = 32;
constexpr size_t kBytesPerSlice = size_t{64} << 10;

}  // namespace

void Sampler::Begin(uint64_t length, const SampleSize& size) {
  size_ = size;
  length_ = length;
  left_ = size.repeats ? size.count : std::min(size.count, length);
}

Sampler::Method Sampler::MethodFor(const Record& record) const {
  const bool is_large = record.owns_object() && length_ > kExactMax;
  if (size_.repeats) {
    // Values may be large, and those of all places are held.
    const bool holds_much = record.owns_object() && size_.with_values;
    return is_large || holds_much ? Method::kDraws : Method::kPlaces;
  }
  return is_large && size_.count < length_ / kDrawsBelow ? Method::kDistinctDraws : Method::kWalk;
}

uint64_t Sampler::steps(const Record& record) const {
  switch (MethodFor(record)) {
    case Method::kWalk:
      return length_;
    case Method::kPlaces:
      return length_ * ((left_ + kPlacesPerWalk - 1) / kPlacesPerWalk);
    default:
      return left_ * HashedElements::kNeighbours;
  }
}

Result<bool> Sampler::Advance(Transaction& tx, Generation generation, const Record& record,
                              const Visit& visit) {
  if (left_ == 0) return true;
  switch (MethodFor(record)) {
    case Method::kWalk:
      return AdvanceWalk(tx, generation, record, visit);
    case Method::kPlaces:
      return AdvancePlaces(tx, generation, record, visit);
    default:
      return AdvanceDraws(tx, generation, record, visit);
  }
}

// --- walks ---

Result<bool> Sampler::AdvanceWalk(Transaction& tx, Generation generation, const Record& record,
                                  const Visit& visit) {
  size_t looked = 0;
  size_t bytes = 0;
  const auto is_full = [&] { return looked++ == kItemsPerSlice || bytes >= kBytesPerSlice; };
  const auto look = [&](const ObjectReader::ReadItem& read) {
    if (walked_ == length_) return false;
    if (random_.Below(length_ - walked_++) < left_) {
      visit(read.item.name, read.item.value);
      bytes += read.item.name.size() + (size_.with_values ? read.item.value.size() : 0);
      --left_;
    }
    return left_ > 0;
  };
  CW_ASSIGN(const bool at_end, items_.Step(tx, generation, record, is_full, look));
  if (at_end && left_ > 0) return std::unexpected(CollectionRead::CountIsWrong());
  return at_end;
}

// --- places ---

void Sampler::DrawPlaces() {
  const uint64_t count = std::min(left_, kPlacesPerWalk);
  for (size_t i = 0; i < count; ++i) {
    places_.push_back({.place = random_.Below(length_), .which = i});
  }
  std::ranges::sort(places_);
  drawn_.resize(count);
  found_ = 0;
  walked_ = 0;
  items_ = SlicedRead();
}

Result<bool> Sampler::AdvancePlaces(Transaction& tx, Generation generation, const Record& record,
                                    const Visit& visit) {
  if (length_ == 0) return std::unexpected(CollectionRead::CountIsWrong());
  if (places_.empty()) DrawPlaces();
  size_t looked = 0;
  const auto is_full = [&] { return looked++ == kItemsPerSlice; };
  const auto look = [&](const ObjectReader::ReadItem& read) {
    for (; found_ < places_.size() && places_[found_].place == walked_; ++found_) {
      Drawn& drawn = drawn_[places_[found_].which];
      drawn.first = read.item.name;
      drawn.second = size_.with_values ? read.item.value : std::string_view();
    }
    ++walked_;
    return found_ < places_.size();
  };
  CW_ASSIGN(const bool at_end, items_.Step(tx, generation, record, is_full, look));
  if (!at_end) return false;
  if (found_ < places_.size()) return std::unexpected(CollectionRead::CountIsWrong());
  for (const auto& [name, value] : drawn_) visit(name, value);
  left_ -= drawn_.size();
  places_.clear();
  return left_ == 0;
}

// --- draws ---

Result<bool> Sampler::AdvanceDraws(Transaction& tx, Generation generation, const Record& record,
                                   const Visit& visit) {
  CW_ASSIGN(HashedElements elements, HashedElements::Of(tx, generation, record));
  uint64_t budget = keyspace::kHiddenPerSlice;
  size_t bytes = 0;
  for (size_t i = 0; i < kDrawsPerSlice && bytes < kBytesPerSlice; ++i) {
    if (drawing_.to_go == 0) drawing_ = HashedElements::BeginDraw(random_);
    const HashedElements::Drawing before = drawing_;
    const auto drawn = elements.Draw(drawing_, budget);
    if (!drawn && IsStop(drawn.error()) && (i > 0 || drawing_ != before)) return false;
    if (!drawn) return std::unexpected(drawn.error());
    if (!*drawn) return std::unexpected(CollectionRead::CountIsWrong());
    drawing_ = {};
    const auto& [name, value] = **drawn;
    if (!size_.repeats && !seen_.insert(name).second) continue;
    visit(name, value);
    bytes += name.size() + value.size();
    if (--left_ == 0) return true;
  }
  return false;
}

}  // namespace cordwood::commands

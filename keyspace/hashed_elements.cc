#include "keyspace/hashed_elements.h"

#include <algorithm>

#include "base/coding.h"
#include "base/hash.h"

namespace cordwood::keyspace {
namespace {

constexpr size_t kHashBytes = sizeof(uint64_t);
/// How many neighbours of a random position a draw chooses from.
constexpr uint64_t kNeighbours = 32;
/// Of a hash, for what lies behind a scan's position.
constexpr int kBelowPosition = 12;
constexpr uint64_t kPositions = uint64_t{1} << (64 - kBelowPosition);

std::string Subkey(std::string_view name) {
  std::string subkey;
  AppendBigEndian64(subkey, Hash64(name));
  subkey += name;
  return subkey;
}

/// Of a position: all elements with smaller hashes lie before it.
uint64_t HashAt(std::string position) {
  position.resize(std::max(position.size(), kHashBytes));
  return LoadBigEndian64(position.data());
}

}  // namespace

std::string HashedElements::StoreKey(std::string_view name) const { return prefix_ + Subkey(name); }

Result<std::optional<std::string_view>> HashedElements::Get(std::string_view name) {
  const std::string store_key = StoreKey(name);
  if (object_ == Object::kStored) return tx_.Get(store_key);
  const std::optional<Transaction::OwnWrite> own = tx_.FirstWrite(store_key);
  if (!own || own->key != store_key || !own->value) return std::nullopt;
  return own->value;
}

void HashedElements::Put(std::string_view name, std::string_view value) {
  tx_.Put(StoreKey(name), value);
}

void HashedElements::Delete(std::string_view name) { tx_.Delete(StoreKey(name)); }

// --- walking ---

HashedElements::Walk::Walk(HashedElements& elements)
    : prefix_(elements.prefix_), walk_(elements.tx_, PrefixEnd(elements.prefix_)) {}

void HashedElements::Walk::SeekHash(uint64_t hash) {
  std::string position;
  AppendBigEndian64(position, hash);
  SeekTo(position);
}

void HashedElements::Walk::SeekTo(std::string_view position) {
  std::string at = prefix_;
  at += position;
  walk_.Seek(at);
  Settle();
}

std::string HashedElements::Walk::position() const {
  return valid_ ? std::string(walk_.key().substr(prefix_.size()))
                : walk_.passed().substr(prefix_.size());
}

void HashedElements::Walk::Next() {
  walk_.Next();
  Settle();
}

void HashedElements::Walk::Settle() {
  valid_ = false;
  status_ = walk_.status();
  if (!status_ || !walk_.Valid()) return;
  const std::string_view subkey = walk_.key().substr(prefix_.size());
  if (subkey.size() < kHashBytes) {
    status_ = Fail(ErrorCode::kCorruption, "an element's key is too short for its hash");
    return;
  }
  hash_ = LoadBigEndian64(subkey.data());
  name_ = subkey.substr(kHashBytes);
  valid_ = true;
}

// --- scans and draws ---

Result<HashedElements::Page> HashedElements::Scan(uint64_t position, uint64_t count) {
  return Scan(position, count, kHiddenPerSlice);
}

Result<HashedElements::Page> HashedElements::Scan(uint64_t position, uint64_t count,
                                                  uint64_t budget) {
  Page page;
  if (position >= kPositions) return page;
  uint64_t last = 0;
  size_t bytes = 0;
  size_t complete = 0;  // elements before those at the position `last`, which may not be all
  Walk walk(*this);
  walk.SetBudget(budget);
  for (walk.SeekHash(position << kBelowPosition); walk.Valid(); walk.Next()) {
    const uint64_t here = walk.hash() >> kBelowPosition;
    if (page.elements.empty() || here != last) {
      if (!page.elements.empty() && (page.elements.size() >= count || bytes >= kPageBytes)) {
        page.next = last + 1;
        return page;
      }
      complete = page.elements.size();
      last = here;
    }
    page.elements.emplace_back(walk.name(), walk.value());
    bytes += walk.name().size() + walk.value().size();
  }
  if (walk.status()) return page;
  page.next = walk.stopped() ? HashAt(walk.position()) >> kBelowPosition : position;
  if (page.next == position) {
    // Thousands at one position, which somebody made so, have none between them.
    if (walk.budget() == 0) return Scan(position, count, UINT64_MAX);
    return std::unexpected(walk.status().error());
  }
  if (!page.elements.empty() && last == page.next) page.elements.resize(complete);
  return page;
}

HashedElements::Drawing HashedElements::BeginDraw(Random& random) {
  Drawing drawing;
  AppendBigEndian64(drawing.position, random.Next());
  drawing.to_go = random.Below(kNeighbours) + 1;
  return drawing;
}

Result<std::optional<std::pair<std::string, std::string>>> HashedElements::Draw(Drawing& drawing,
                                                                                uint64_t& budget) {
  Walk walk(*this);
  walk.SetBudget(budget);
  walk.SeekTo(drawing.position);
  for (;;) {
    budget = walk.budget();
    if (walk.stopped()) drawing.position = walk.position();
    CW_TRY(walk.status());
    if (walk.Valid()) {
      drawing.is_round = false;
      if (--drawing.to_go == 0)
        return std::pair(std::string(walk.name()), std::string(walk.value()));
      walk.Next();
    } else if (drawing.is_round) {
      return std::nullopt;
    } else {
      drawing.is_round = true;
      walk.SeekToFirst();
    }
  }
}

}  // namespace cordwood::keyspace

#include "storage/memtable/memtable.h"

#include <algorithm>
#include <cstring>

namespace cordwood::storage {
namespace {

/// Of one run. With 100 bytes an entry the nodes that an insert looks at fit a level-two cache:
/// 300,000 entries took a fifth of the time that one long list took. Smaller runs make iterators
/// slower.
constexpr uint64_t kRunEntries = 8192;
/// Versions of one key that Get walks past before it searches instead.
constexpr int kVersionsWalked = 8;
/// Draws from the hash index until one hits.
constexpr int kDraws = 64;
/// What a node of the two side containers takes, roughly.
constexpr size_t kSideNodeBytes = 64;

std::optional<Memtable::Found> Answer(const SkipList::Node* node) {
  if (node == nullptr) return std::nullopt;
  return Memtable::Found{.tag = TrailerTag(node->trailer()),
                         .seq = TrailerSeq(node->trailer()),
                         .value = node->value()};
}

class SortedRunIterator final : public EntryIterator {
 public:
  explicit SortedRunIterator(const SkipList* list) : cursor_(list) {}

  bool Valid() const override { return cursor_.Valid(); }
  Status status() const override { return {}; }
  void SeekToFirst() override { cursor_.SeekToFirst(); }
  void SeekToLast() override { cursor_.SeekToLast(); }
  void Seek(std::string_view key, uint64_t trailer) override { cursor_.Seek(key, trailer); }
  void SeekBefore(std::string_view key, uint64_t trailer) override {
    cursor_.SeekBefore(key, trailer);
  }
  void Next() override { cursor_.Next(); }
  void Prev() override { cursor_.Prev(); }
  std::string_view key() const override { return cursor_.key(); }
  uint64_t trailer() const override { return cursor_.trailer(); }
  std::string_view value() const override { return cursor_.value(); }

 private:
  SkipListCursor cursor_;
};

}  // namespace

Memtable::Memtable() { NewRun(); }

void Memtable::NewRun() {
  const Run* newest = runs_.empty() ? nullptr : &runs_.back();
  newest_.store(&runs_.emplace_back(&arena_, newest), std::memory_order_release);
  run_entries_ = 0;
}

void Memtable::Add(Seq seq, Tag tag, std::string_view key, std::string_view value) {
  if (run_entries_ == kRunEntries) NewRun();
  ++run_entries_;
  SkipList::Node* node = runs_.back().list.Insert(key, PackTrailer(seq, tag), value);
  index_.Put(Hash64(key), node);
  entries_.fetch_add(1, std::memory_order_relaxed);
  if (tag.assumption != kSettled) unsettled_.fetch_add(1, std::memory_order_relaxed);
  NoteSeq(seq);
}

void Memtable::AddDeadRange(std::string_view begin, std::string_view end, Seq seq) {
  dead_ranges_.push_back({.begin = Copy(begin), .end = Copy(end), .seq = seq});
  side_bytes_.fetch_add(kSideNodeBytes, std::memory_order_relaxed);
  NoteSeq(seq);
}

void Memtable::AddCount(uint64_t counter, int64_t delta) {
  const auto [place, is_new] = counts_.try_emplace(counter, 0);
  // Wraps around instead of overflowing: the deltas come from a file.
  place->second =
      static_cast<int64_t>(static_cast<uint64_t>(place->second) + static_cast<uint64_t>(delta));
  if (is_new) side_bytes_.fetch_add(kSideNodeBytes, std::memory_order_relaxed);
}

void Memtable::NoteSeq(Seq seq) {
  first_seq_ = last_seq_ == 0 ? seq : std::min(first_seq_, seq);
  last_seq_ = std::max(last_seq_, seq);
}

std::optional<Memtable::Found> Memtable::Get(std::string_view key, uint64_t hash,
                                             Seq at_most) const {
  const SkipList::Node* node = index_.Find(key, hash);
  for (int walked = 0; node != nullptr && TrailerSeq(node->trailer()) > at_most; ++walked) {
    if (walked == kVersionsWalked) return Search(key, at_most);
    node = node->older();
  }
  return Answer(node);
}

std::optional<Memtable::Found> Memtable::Search(std::string_view key, Seq at_most) const {
  for (const Run* run = newest_.load(std::memory_order_acquire); run != nullptr; run = run->older) {
    const SkipList::Node* node = run->list.FindAtOrAfter(key, SeekTrailer(at_most));
    if (node != nullptr && node->key() == key) return Answer(node);
  }
  return std::nullopt;
}

std::optional<std::string_view> Memtable::DrawKey(Random& random) const {
  for (int i = 0; i < kDraws; ++i) {
    if (const SkipList::Node* node = index_.Draw(random)) return node->key();
  }
  return std::nullopt;
}

void Memtable::AppendIterators(std::vector<std::unique_ptr<EntryIterator>>& iterators) const {
  for (const Run* run = newest_.load(std::memory_order_acquire); run != nullptr; run = run->older) {
    iterators.push_back(std::make_unique<SortedRunIterator>(&run->list));
  }
}

size_t Memtable::bytes() const {
  return arena_.bytes_used() + side_bytes_.load(std::memory_order_relaxed);
}

std::string_view Memtable::Copy(std::string_view bytes) {
  if (bytes.empty()) return {};
  char* copy = arena_.Allocate(bytes.size());
  std::memcpy(copy, bytes.data(), bytes.size());
  return {copy, bytes.size()};
}

}  // namespace cordwood::storage

#include "storage/memtable/memtable.h"

#include <algorithm>
#include <cstring>

namespace cordwood::storage {
namespace {

/// Versions of one key that Get walks past before it searches instead.
constexpr int kVersionsWalked = 8;
/// Draws from the hash index until one hits.
constexpr int kDraws = 64;
/// What a node of the two side containers takes, roughly.
constexpr size_t kSideNodeBytes = 64;

std::optional<Memtable::Found> Answer(const SkipList::Node* node, std::string_view key) {
  if (node == nullptr || node->key() != key) return std::nullopt;
  return Memtable::Found{.tag = TrailerTag(node->trailer()),
                         .seq = TrailerSeq(node->trailer()),
                         .value = node->value()};
}

class MemtableIterator final : public EntryIterator {
 public:
  explicit MemtableIterator(const SkipList* list) : cursor_(list) {}

  bool Valid() const override { return cursor_.Valid(); }
  Status status() const override { return {}; }
  void SeekToFirst() override { cursor_.SeekToFirst(); }
  void SeekToLast() override { cursor_.SeekToLast(); }
  void Seek(std::string_view key, uint64_t trailer) override { cursor_.Seek(key, trailer); }
  void Next() override { cursor_.Next(); }
  void Prev() override { cursor_.Prev(); }
  std::string_view key() const override { return cursor_.key(); }
  uint64_t trailer() const override { return cursor_.trailer(); }
  std::string_view value() const override { return cursor_.value(); }

 private:
  SkipListCursor cursor_;
};

}  // namespace

void Memtable::Add(Seq seq, Tag tag, std::string_view key, std::string_view value) {
  const SkipList::Node* node = list_.Insert(key, PackTrailer(seq, tag), value);
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
    if (walked == kVersionsWalked) {
      return Answer(list_.FindAtOrAfter(key, SeekTrailer(at_most)), key);
    }
    node = node->next();
    if (node != nullptr && node->key() != key) return std::nullopt;
  }
  return Answer(node, key);
}

std::optional<std::string_view> Memtable::DrawKey(Random& random) const {
  for (int i = 0; i < kDraws; ++i) {
    if (const SkipList::Node* node = index_.Draw(random)) return node->key();
  }
  return std::nullopt;
}

std::unique_ptr<EntryIterator> Memtable::NewIterator() const {
  return std::make_unique<MemtableIterator>(&list_);
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

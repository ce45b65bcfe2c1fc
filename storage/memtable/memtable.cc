#include "storage/memtable/memtable.h"

#include <algorithm>
#include <cstring>

#include "storage/memtable/sorted_array.h"

namespace cordwood::storage {
namespace {

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

}  // namespace

Memtable::Memtable(const Options& options)
    : list_entries_max_(options.list_entries), arena_(options.blocks) {
  NewList();
}

void Memtable::NewList() {
  const List* newest = lists_.empty() ? nullptr : &lists_.back();
  newest_.store(&lists_.emplace_back(&arena_, newest), std::memory_order_release);
  side_bytes_.fetch_add(list_entries_ * SortedArray::kEntryBytes, std::memory_order_relaxed);
  list_entries_ = 0;
}

void Memtable::Add(Seq seq, Tag tag, std::string_view key, std::string_view value) {
  if (list_entries_ == list_entries_max_) NewList();
  ++list_entries_;
  SkipList::Node* node = lists_.back().entries.Insert(key, PackTrailer(seq, tag), value);
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
  for (const SkipList* list : ListsFrom(0)) {
    const SkipList::Node* node = list->FindAtOrAfter(key, SeekTrailer(at_most));
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

std::vector<const SkipList*> Memtable::ListsFrom(size_t first) const {
  std::vector<const SkipList*> lists;
  const List* list = newest_.load(std::memory_order_acquire);
  for (; list != nullptr && list->number >= first; list = list->older) {
    lists.push_back(&list->entries);
  }
  return lists;
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

#include "storage/memtable/sorted_memtable.h"

#include <algorithm>
#include <utility>

namespace cordwood::storage {
namespace {

// A walk opens each of them. Where sizes are like powers of two, it takes a memtable of 250,000
// entries to have so many.
constexpr size_t kArraysMax = 5;

template <typename Cursor>
class CursorIterator final : public EntryIterator {
 public:
  template <typename Entries>
  explicit CursorIterator(const Entries* entries) : cursor_(entries) {}

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
  Cursor cursor_;
};

bool MayLieIn(const SortedArray& array, const WalkBounds& bounds) {
  if (!bounds.end.empty() && array[0]->key() >= bounds.end) return false;
  return array[array.size() - 1]->key() >= bounds.begin;
}

/// Merges what is not much larger than `fresh` into it, and puts it behind the others.
void AddArray(SortedArray::Nodes fresh, std::vector<std::shared_ptr<const SortedArray>>& arrays) {
  while (!arrays.empty() &&
         (arrays.back()->size() <= fresh.size() || arrays.size() >= kArraysMax)) {
    fresh = MergeNodes(arrays.back()->nodes(), fresh);
    arrays.pop_back();
  }
  arrays.push_back(std::make_shared<const SortedArray>(std::move(fresh)));
}

}  // namespace

void AppendListIterators(const Memtable& memtable, size_t first,
                         std::vector<std::unique_ptr<EntryIterator>>& iterators) {
  for (const SkipList* list : memtable.ListsFrom(first)) {
    iterators.push_back(std::make_unique<CursorIterator<SkipListCursor>>(list));
  }
}

void SortedMemtable::AppendIterators(const WalkBounds& bounds,
                                     std::vector<std::unique_ptr<EntryIterator>>& iterators) const {
  AppendListIterators(*memtable, lists_sorted, iterators);
  for (const std::shared_ptr<const SortedArray>& array : arrays) {
    if (!MayLieIn(*array, bounds)) continue;
    iterators.push_back(std::make_unique<CursorIterator<SortedArrayCursor>>(array.get()));
  }
}

SortedMemtable SortedMemtable::SortedThrough(size_t lists) const {
  SortedMemtable sorted = *this;
  std::vector<const SkipList*> fresh = memtable->ListsFrom(lists_sorted);
  // The newest first; those beyond `lists` stay as they are.
  fresh.erase(fresh.begin(), fresh.end() - static_cast<ptrdiff_t>(lists - lists_sorted));
  std::ranges::reverse(fresh);
  for (const SkipList* list : fresh) AddArray(NodesOf(*list), sorted.arrays);
  sorted.lists_sorted = lists;
  return sorted;
}

SortedMemtable SortedMemtable::SortedWhole() const {
  SortedArray::Nodes nodes;
  for (const SkipList* list : memtable->ListsFrom(lists_sorted)) {
    nodes = MergeNodes(nodes, NodesOf(*list));
  }
  // The smallest first, so that few entries are moved often.
  for (size_t i = arrays.size(); i-- > 0;) nodes = MergeNodes(arrays[i]->nodes(), nodes);
  return {.memtable = memtable,
          .arrays = {std::make_shared<const SortedArray>(std::move(nodes))},
          .lists_sorted = memtable->lists()};
}

}  // namespace cordwood::storage

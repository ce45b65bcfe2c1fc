#pragma once

// Entries of a memtable in order: what lists become once nothing is added to them. A search costs a
// few cache lines that lie side by side, where a list costs a miss for each node on its way down.
//
// A static tree without pointers. The lowest level has all entries; each level above it has the
// first entry of every group of 128 of the level below. Of an entry a level keeps the head: the 8
// bytes of its key behind what the keys of its group have in common. All keys of a store begin
// alike, and so do those of one user, of one hash, of one list: what tells neighbours apart lies
// far behind that.
//
// Owned by versions. The nodes are the memtable's, which outlives it. Threads: any; it never
// changes.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "storage/memtable/skiplist.h"

namespace cordwood::storage {

class SortedArray {
 public:
  using Node = SkipList::Node;
  using Nodes = std::vector<const Node*>;

  /// REQUIRES: `nodes` are in order, and not empty.
  explicit SortedArray(Nodes nodes);

  size_t size() const { return nodes_.size(); }
  const Node* operator[](size_t at) const { return nodes_[at]; }
  std::span<const Node* const> nodes() const { return nodes_; }

  /// Where the first entry at or after (key, trailer) is; size() if there is none.
  size_t Find(std::string_view key, uint64_t trailer) const;

  /// What an entry takes here, about, in bytes.
  static constexpr size_t kEntryBytes = sizeof(const Node*) + sizeof(uint64_t);

 private:
  struct Level {
    std::vector<uint64_t> heads;     // by entry
    std::vector<uint32_t> prefixes;  // by group: bytes that its keys have in common
  };
  struct Target;

  Level MakeLevel(size_t stride) const;
  size_t FindInGroup(size_t level, size_t group, Target& target) const;

  Nodes nodes_;
  std::vector<Level> levels_;  // the lowest first
};

/// The nodes of a list, in order. REQUIRES: nothing is added to it any more.
SortedArray::Nodes NodesOf(const SkipList& list);

/// The nodes of two arrays, in order.
SortedArray::Nodes MergeNodes(std::span<const SortedArray::Node* const> a,
                              std::span<const SortedArray::Node* const> b);

/// A place in an array, or none.
class SortedArrayCursor {
 public:
  explicit SortedArrayCursor(const SortedArray* array) : array_(array), at_(array->size()) {}

  bool Valid() const { return at_ < array_->size(); }
  void SeekToFirst() { at_ = 0; }
  void SeekToLast() { at_ = array_->size() - 1; }
  void Seek(std::string_view key, uint64_t trailer) { at_ = array_->Find(key, trailer); }
  void SeekBefore(std::string_view key, uint64_t trailer) {
    at_ = array_->Find(key, trailer);
    Prev();
  }
  /// REQUIRES: Valid(), for all that follow.
  void Next() {
    ++at_;
    // A walk meets nodes that lie anywhere in the memtable.
    constexpr size_t kAhead = 3;
    if (at_ + kAhead < array_->size()) __builtin_prefetch((*array_)[at_ + kAhead]);
  }
  /// Before the first one there is none.
  void Prev() { at_ = at_ == 0 ? array_->size() : at_ - 1; }
  std::string_view key() const { return (*array_)[at_]->key(); }
  uint64_t trailer() const { return (*array_)[at_]->trailer(); }
  std::string_view value() const { return (*array_)[at_]->value(); }

 private:
  const SortedArray* array_;
  size_t at_;
};

}  // namespace cordwood::storage

#pragma once

// A memtable as a version lists it: with how far it is sorted. Arrays hold the entries of its first
// lists, those of the others lie in the lists. As lists are sealed they are sorted into arrays and
// arrays of about equal size are merged, so that there are few of them: the logarithmic method
// (J. L. Bentley, J. B. Saxe, "Decomposable Searching Problems I", 1980).
//
// Cheap to copy. Threads: any; what it refers to never changes, but for the memtable's newest list.

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "storage/entry_iterator.h"
#include "storage/memtable/memtable.h"
#include "storage/memtable/sorted_array.h"

namespace cordwood::storage {

/// What a walk stays in: [begin, end). An empty `end`: there is no upper bound. Not owned.
struct WalkBounds {
  std::string_view begin;
  std::string_view end;
};

/// Iterators of the lists of a memtable from number `first` on.
void AppendListIterators(const Memtable& memtable, size_t first,
                         std::vector<std::unique_ptr<EntryIterator>>& iterators);

struct SortedMemtable {
  std::shared_ptr<Memtable> memtable;
  std::vector<std::shared_ptr<const SortedArray>> arrays = {};  // the largest first
  size_t lists_sorted = 0;

  Memtable* operator->() const { return memtable.get(); }

  /// Iterators that together show all entries in the bounds, maybe others; to be merged. The
  /// memtable and the arrays outlive them. Entries added meanwhile may or may not show up.
  void AppendIterators(const WalkBounds& bounds,
                       std::vector<std::unique_ptr<EntryIterator>>& iterators) const;

  /// The same memtable with its first `lists` sorted. REQUIRES: those are sealed.
  SortedMemtable SortedThrough(size_t lists) const;
  /// The same memtable as one array. REQUIRES: it is immutable.
  SortedMemtable SortedWhole() const;
};

}  // namespace cordwood::storage

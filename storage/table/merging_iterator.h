#pragma once

// Many sorted lists as one: memtables and tables, newest first by custom. Entries with the same
// key and trailer all appear, those of earlier children first.
//
// A seek ahead of where a walk forwards stands moves those children only that lie before its
// target.
//
// If a child fails, the whole does: an entry may be missing. Real errors win over kCold. Every
// child that has to move takes part in a seek even then, so that all missing blocks are named at
// once.
//
// Threads: one at a time.

#include <cstdint>
#include <memory>
#include <vector>

#include "storage/entry_iterator.h"

namespace cordwood::storage {

enum class Values : uint8_t {
  kAll,
  /// Large ones of the current entry only: the other children rest (EntryIterator::Rest).
  kOneAtATime,
};

std::unique_ptr<EntryIterator> NewMergingIterator(
    std::vector<std::unique_ptr<EntryIterator>> children, Values mode = Values::kAll);

}  // namespace cordwood::storage

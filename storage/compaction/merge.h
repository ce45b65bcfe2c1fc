#pragma once

// One merge: reads sorted entries, keeps what Retention keeps, writes a run. A flush is a merge
// of one memtable.
//
// Threads: runs on a background lane; touches nothing shared but the environment.

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "storage/compaction/retention.h"
#include "storage/compaction/run_writer.h"
#include "storage/entry_iterator.h"

namespace cordwood::storage {

struct MergePlan {
  std::unique_ptr<EntryIterator> entries;
  KeyRange bounds;              // only entries in here are merged
  std::vector<DeadRange> dead;  // of the inputs, clipped to the bounds
  /// Of data that is newer than all inputs and on stable storage; they are not carried along.
  std::vector<DeadRange> newer_dead;
  Retention::Rules rules;
  /// True if data older than all inputs may lie in the range; such dead ranges are carried along.
  std::function<bool(const KeyRange& range)> older_may_lie_in;
  /// Called now and then with the bytes read since the last call; may sleep. False: give up.
  std::function<bool(uint64_t bytes)> proceed;
};

struct MergeResult {
  std::vector<WrittenFragment> fragments;
  Counters corrections;
  uint64_t entries_in = 0;
  uint64_t entries_out = 0;
  uint64_t bytes_in = 0;  // keys and values
};

/// kClosed if the plan's `proceed` said to give up. On any error no file of the merge is of use:
/// `writer.files()` names them.
Result<MergeResult> RunMerge(MergePlan plan, RunWriter& writer);

/// What a merge holds of entries that are large, in units of the largest, however many inputs it
/// has: the current one, the one before it, and the block made of that, before and after
/// compression. (When the next is read, it is in memory as it lies in the file and opened, beside
/// the one held back.)
inline constexpr uint64_t kLargestEntriesInMerge = 4;

/// The dead ranges that the run written by `plan` has to carry along.
std::vector<DeadRange> CarriedDeadRanges(const MergePlan& plan);

}  // namespace cordwood::storage

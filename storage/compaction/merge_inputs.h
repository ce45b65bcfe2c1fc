#pragma once

// What a choice to merge means in the tree it was made for: the runs that are read, what lies
// beneath them, and which parts of the target run can stay as they are.
//
// Ownership: shares the tree. Threads: one at a time; reads files.

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "storage/compaction/merge.h"
#include "storage/compaction/picker.h"
#include "storage/version/edit.h"
#include "storage/version/tree.h"

namespace cordwood::storage {

/// Runs of a tree from `first` on: those whose data is older than that of all inputs. What lies in
/// tables that are closed may contain every key: to ask is no reason to open them.
struct OlderRuns {
  std::shared_ptr<const Tree> tree;
  size_t first = 0;  // index into tree->runs()

  /// Cheapest where keys do not descend from call to call.
  bool MayContain(std::string_view key);
  bool MayLieIn(const KeyRange& range) const;

  struct Place {
    const TableFile* file = nullptr;
    std::shared_ptr<const Table> table;  // if it is open
  };
  std::vector<Place> places = {};  // of the last key, in each run
};

/// The bytes of the largest entry that carrying out `choice` may meet; 0 if that is no merge.
uint64_t LargestEntry(const Tree& tree, const Choice& choice);

class MergeInputs {
 public:
  /// REQUIRES: the inputs of `choice` are runs of `tree` with no other between them.
  MergeInputs(std::shared_ptr<const Tree> tree, const Choice& choice);

  /// The parts of the choice's bounds that have to be merged, in key order and disjoint. Where the
  /// target run alone has anything it stays as it is, by whole fragments.
  Result<std::vector<KeyRange>> PartsToMerge();

  /// Estimated bytes of all inputs in `part`.
  uint64_t BytesIn(const KeyRange& part) const;

  /// Takes what is merged out of the inputs: all that the bounds hold, and of the target run the
  /// parts alone.
  void CutOut(const std::vector<KeyRange>& parts, Edit& edit) const;

  /// The merge of one part. Counting and `proceed` are the caller's to fill in. Does not outlive
  /// the inputs.
  MergePlan Plan(const KeyRange& part, ReadPoints readers);

  /// The number of the table that could not be read; 0: none.
  uint64_t unreadable() const { return unreadable_; }

 private:
  bool IsTarget(const Run& run) const { return run.id == choice_.target_run; }

  const std::shared_ptr<const Tree> tree_;
  const Choice& choice_;
  std::vector<const Run*> runs_;  // newest first
  OlderRuns older_;
  uint64_t unreadable_ = 0;
};

}  // namespace cordwood::storage

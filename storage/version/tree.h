#pragma once

// The shape of the stored data at one moment: levels of sorted runs, runs of fragments.
//
//   level 0        runs from memtables, newest first
//   level 1 ...    runs merged from the level above, newest first
//   last level     one run, or none
//
// The last level is where the deepest run lies, if that run is alone there and not in level 0;
// otherwise it is the empty level beneath. A last run may go away as a whole, when all it held was
// deleted or dropped, and what lies above it then is what it was: several runs, newest first.
//
// A fragment is a slice of a table file: the entries of the file with begin <= key < end. Merges
// of the last level work through a run piece by piece and cut slices off the fragments they
// consumed; that is how a merge never needs twice the disk. The fragments of a run are disjoint
// and in key order. For one key, every entry in a newer run or an upper level is newer than every
// entry in an older run or a deeper level.
//
// A Tree is immutable: an edit makes a new one (storage/version/edit.h), which shares with the old
// one the contents of every run that it leaves alone. Threads: any.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/version/key_range.h"
#include "storage/version/table_file.h"

namespace cordwood::storage {

struct Fragment {
  std::shared_ptr<TableFile> file;
  KeyRange range;
  uint64_t bytes = 0;  // estimate: the slice's share of the file

  /// Whether all its keys are smaller than `key`, or all are not.
  bool LiesBefore(std::string_view key) const { return file->properties().largest_key < key; }
  bool LiesBehind(std::string_view key) const { return file->properties().smallest_key >= key; }
  /// The slice's share of what its file has in all, an estimate.
  uint64_t ShareOf(uint64_t of_file) const;
  /// Keys and values before compression, an estimate.
  uint64_t data_bytes() const;
  /// An estimate, at least 1.
  uint64_t entries() const;
  /// About the part of `bytes` in [begin, end), by the table's summary; no end: all from `begin`
  /// on. The parts of ranges side by side add up.
  uint64_t BytesIn(std::string_view begin, std::optional<std::string_view> end) const;
};

/// A run is small, and copies share what it holds.
class Run {
 public:
  /// What is known of all of it, from the summaries of its files; of two fragments that share a
  /// file, the file counts once.
  struct Sums {
    uint64_t bytes = 0;       // of the fragments
    uint64_t data_bytes = 0;  // of the fragments, an estimate
    uint64_t entries = 0;
    uint64_t unsettled = 0;
    uint64_t dead_ranges = 0;
    uint64_t garbage_entries = 0;  // tombstones and superseded versions
    Seq newest_garbage = 0;        // Tree::newest_garbage
  };

  /// `fragments` in any order.
  Run(uint64_t id, uint32_t level, std::vector<Fragment> fragments);

  uint64_t id = 0;  // greater than that of every older run of its level
  uint32_t level = 0;
  std::span<const Fragment> fragments;  // in key order; shared by copies

  const Sums& sums() const { return contents_->sums; }
  uint64_t bytes() const { return sums().bytes; }
  uint64_t data_bytes() const { return sums().data_bytes; }
  /// The entries of all fragments before each, and of all; estimates.
  const std::vector<uint64_t>& entries_before() const { return contents_->entries_before; }
  /// The fragment whose range holds `key`, or null.
  const Fragment* Find(std::string_view key) const;
  /// Index of the first fragment whose range ends after `key`; fragments.size() if none.
  size_t LowerBound(std::string_view key) const;
  /// The fragments that may have keys in [begin, end). No `end`: all from `begin` on.
  std::span<const Fragment> Overlapping(std::string_view begin,
                                        std::optional<std::string_view> end) const;

 private:
  struct RunContents {
    std::vector<Fragment> fragments;
    std::vector<uint64_t> entries_before;
    Sums sums;
  };
  static std::shared_ptr<const RunContents> Contain(std::vector<Fragment> fragments);

  std::shared_ptr<const RunContents> contents_;
};

class Tree {
 public:
  Tree() = default;
  /// `runs` in any order; empty ones are left out.
  explicit Tree(std::vector<Run> runs);

  /// All runs in the order in which a reader must look: newest data first.
  const std::vector<Run>& runs() const { return runs_; }
  /// The levels above, from zero, are the upper ones. Never zero.
  uint32_t last_level() const { return last_level_; }
  /// The run of the last level, or null while that is empty.
  const Run* last_run() const;
  std::vector<const Run*> RunsOf(uint32_t level) const;
  const Run* FindRun(uint64_t id) const;
  /// The ids of the runs that have a fragment of table `number`.
  std::vector<uint64_t> RunsWith(uint64_t number) const;
  uint64_t bytes() const { return sums_.bytes; }
  uint64_t entries() const { return sums_.entries; }
  uint64_t unsettled() const { return sums_.unsettled; }
  /// At and above this seq a horizon makes no difference to what a merge can remove: there is no
  /// newer dead range, and no newer entry in a table with tombstones or superseded versions.
  Seq newest_garbage() const { return sums_.newest_garbage; }

 private:
  void AddUp();

  std::vector<Run> runs_;
  uint32_t last_level_ = 1;
  Run::Sums sums_;  // of all runs
};

}  // namespace cordwood::storage

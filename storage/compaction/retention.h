#pragma once

// What a merge keeps of the versions of a key, and what it learns about counters on the way.
//
// Fed every entry of the inputs in order (key ascending, newest version first), it answers with
// the entries to write:
//  - for every seq at which anybody may read (storage/compaction/read_points.h) the newest version
//    at or below it; the others are shadowed;
//  - a tombstone only while something older may lie beneath it: a version that was kept, or one
//    beneath the inputs;
//  - nothing that a dead range covers.
// An unsettled entry is settled as soon as the entry beneath it is met, or it is certain that there
// is none: then the counters are corrected by what the writer presumed minus what was there. If
// the entry beneath goes away unsettled itself, its assumption passes to the one above.
//
// One entry is held back until its successor is known. Threads: one at a time.

#include <array>
#include <functional>
#include <string>
#include <string_view>

#include "storage/compaction/dead_ranges.h"
#include "storage/compaction/read_points.h"
#include "storage/counting.h"
#include "storage/entry.h"

namespace cordwood::storage {

struct RetainedEntry {
  std::string key;
  Seq seq = 0;
  Tag tag;
  std::string_view value;
  std::string copy;  // of the value, if it has to be one
};

class Retention {
 public:
  struct Rules {
    ReadPoints readers{{}, 0};  // whatever anybody may read, from the first seq on
    /// True if a version of the key older than all inputs may exist.
    std::function<bool(std::string_view key)> older_may_exist;
    /// May be null: nothing is counted.
    const CountingPolicy* counting = nullptr;
    /// Values that Add is given live as long as the retention, as those of a memtable do: none is
    /// copied.
    bool values_stay = false;
  };

  Retention(Rules rules, DeadRangeSweep dead) : rules_(std::move(rules)), dead_(std::move(dead)) {}
  Retention(const Retention&) = delete;
  Retention& operator=(const Retention&) = delete;

  /// Takes the next entry; returns one to write, if any. The result is valid until the next call.
  const RetainedEntry* Add(std::string_view key, uint64_t trailer, std::string_view value);
  /// What Add returned was written, and the value that it was given is about to go: gives the
  /// memory of the one back and copies the other, in this order. Called after each Add.
  void Keep();
  /// After the last entry: the one held back, if any.
  const RetainedEntry* Finish();

  /// Corrections that belong into the same edit as the output.
  const Counters& corrections() const { return corrections_; }

 private:
  /// Settles the held entry against the entry beneath it.
  void Settle(std::string_view value_beneath, Tag beneath);
  /// Ends the held entry's key: settles it if nothing can lie beneath, and releases it.
  const RetainedEntry* Release();
  const RetainedEntry* Emit();

  const Rules rules_;
  DeadRangeSweep dead_;
  Counters corrections_;
  // One is held back, or free for the next entry; the other was returned last. They keep their
  // buffers from entry to entry.
  std::array<RetainedEntry, 2> slots_;
  RetainedEntry* held_ = &slots_[0];
  bool holds_ = false;     // there is one in held_
  bool is_copied_ = true;  // and its value is, or need not be
};

}  // namespace cordwood::storage

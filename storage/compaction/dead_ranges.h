#pragma once

// Dead ranges, seen from the keys: which of them counts for a key, and whether an entry is garbage.
//
// Threads: any for the functions; a sweep one at a time.

#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "storage/compaction/read_points.h"
#include "storage/entry.h"
#include "storage/version/key_range.h"

namespace cordwood::storage {

struct DeadRange {
  KeyRange range;
  Seq seq = 0;

  static DeadRange From(const DeadRangeView& view);
  DeadRangeView view() const;
};

/// Disjoint ranges in key order that say the same: where several of `ranges`, in any order, cover a
/// key, the one with the largest seq counts. Neighbours of one seq become one. Refers to the same
/// bytes.
std::vector<DeadRangeView> Flatten(std::vector<DeadRangeView> ranges);

/// True if `flat` covers every key of `range` for entries with a seq of at most `newest`. `*at` is
/// where to look first, and is moved on: ranges that are asked for one after the other do not
/// descend. REQUIRES: `flat` is of Flatten.
bool CoversWhole(std::span<const DeadRangeView> flat, size_t* at, const KeyRange& range,
                 Seq newest);

/// Asked for entries in key order. A range counts for an entry unless somebody may read between the
/// two: he sees the entry.
class DeadRangeSweep {
 public:
  /// The ranges outlive the sweep.
  DeadRangeSweep(std::span<const DeadRange> ranges, const ReadPoints& readers);

  /// True if a range covers the entry. REQUIRES: keys do not descend from call to call.
  bool Covers(std::string_view key, Seq seq);

 private:
  /// The ranges between two seqs at which somebody may read, flat.
  struct Gap {
    std::vector<DeadRangeView> flat;
    size_t at = 0;  // the first range that had not ended when last looked at
  };

  const ReadPoints readers_;
  std::map<Seq, Gap> gaps_;  // by the seq that they end at; without those that are empty
};

/// The part of `dead` inside `bounds`, if any.
std::optional<DeadRange> Clip(const DeadRange& dead, const KeyRange& bounds);

}  // namespace cordwood::storage

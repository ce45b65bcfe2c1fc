#pragma once

// The dead ranges that a merge met, asked in key order whether an entry is garbage.
//
// Only ranges at or below the horizon count: above it a reader may still see what they cover.
// Threads: one at a time.

#include <optional>
#include <string_view>
#include <vector>

#include "storage/entry.h"
#include "storage/version/key_range.h"

namespace cordwood::storage {

struct DeadRange {
  KeyRange range;
  Seq seq = 0;

  static DeadRange From(const DeadRangeView& view);
};

class DeadRangeSweep {
 public:
  /// Takes the ranges with a seq of at most `horizon`.
  DeadRangeSweep(const std::vector<DeadRange>& ranges, Seq horizon);

  /// True if a range covers the entry. REQUIRES: keys do not descend from call to call.
  bool Covers(std::string_view key, Seq seq);

 private:
  std::vector<DeadRange> ranges_;       // by begin
  size_t next_ = 0;                     // the first range that has not begun
  std::vector<const DeadRange*> open_;  // begun and, when last looked at, not ended
};

/// The part of `dead` inside `bounds`, if any.
std::optional<DeadRange> Clip(const DeadRange& dead, const KeyRange& bounds);

}  // namespace cordwood::storage

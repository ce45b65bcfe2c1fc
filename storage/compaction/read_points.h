#pragma once

// The seqs at which anybody may read, now or later: those of snapshots and of views, and every seq
// from D on. What lies between two of them nobody can tell apart, so a merge keeps the newest
// version of a key for each of them and none besides.
//
// Threads: any; immutable.

#include <vector>

#include "storage/entry.h"

namespace cordwood::storage {

class ReadPoints {
 public:
  /// `seqs`: of snapshots and views, in any order. `visible`: D. REQUIRES: whoever reads later, and
  /// at none of `seqs`, reads at or above `visible`.
  ReadPoints(std::vector<Seq> seqs, Seq visible);

  /// The smallest of them: what it cannot see, and newer data hides, is garbage.
  Seq horizon() const { return seqs_.front(); }
  /// D: from here on every seq is one of them.
  Seq visible() const { return seqs_.back(); }
  /// The smallest that is not below `seq`.
  Seq FirstFrom(Seq seq) const;
  /// Whether one of them is in [from, to).
  bool AnyIn(Seq from, Seq to) const { return FirstFrom(from) < to; }

 private:
  std::vector<Seq> seqs_;  // ascending; the last one is D
};

}  // namespace cordwood::storage

#pragma once

// Counters (storage/counting.h) at every seq that somebody may still ask for.
//
// Changes wait, in the order of their seqs, until every reader sees them; then they are added to
// the sums. Where a reader holds an old seq, changes of one counter that no reader tells apart
// become one: what waits is in proportion to counters and readers, not to writes.
//
// Ownership: the store's. Threads: one at a time.

#include <cstddef>
#include <cstdint>
#include <deque>

#include "storage/compaction/read_points.h"
#include "storage/counting.h"
#include "storage/entry.h"

namespace cordwood::storage {

class CountHistory {
 public:
  /// A write changed the counter. REQUIRES: no change had a greater seq.
  void Add(Seq seq, uint64_t counter, int64_t delta);
  /// What was counted, at every seq alike, was off by this.
  void Correct(const Counters& corrections);

  int64_t Newest(uint64_t counter) const { return newest_.Get(counter); }
  /// REQUIRES: the seq was among the readers, or at or above D, in every Fold since.
  int64_t At(uint64_t counter, Seq seq) const;

  /// So much waits that it is time for the next.
  bool WantsFold() const { return waiting_.size() >= fold_at_; }
  void Fold(const ReadPoints& readers);

  size_t pending() const { return waiting_.size(); }

 private:
  struct Change {
    Seq seq = 0;
    uint64_t counter = 0;
    int64_t delta = 0;
  };

  void Merge(const ReadPoints& readers);

  Counters oldest_;  // with what every reader sees
  std::deque<Change> waiting_;
  Counters newest_;  // with everything
  size_t fold_at_ = 0;
};

}  // namespace cordwood::storage

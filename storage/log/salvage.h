#pragma once

// What can be kept of a log that recovery refuses: the records that follow the tables' without a
// gap. What comes behind the first gap is given up, for it may presume what is missing. A pure
// function, for `cordwood repair`.
//
// Threads: any; no state.

#include <vector>

#include "base/error.h"
#include "storage/log/chain.h"

namespace cordwood::storage {

/// The plan goes on above every seq that is met anywhere, in a new segment without a predecessor:
/// last_seq is that seq, the newest record in `replay` or the tables may be an older one. All
/// segments that are not blank are kept, until the tables hold what is replayed.
/// kCorruption if a segment is another store's: it is not ours to remove.
Result<LogPlan> PlanSalvage(const ChainFacts& facts, const std::vector<SegmentScan>& scans);

}  // namespace cordwood::storage

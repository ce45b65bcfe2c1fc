#pragma once

// Builds the ranks of an object (keyspace/types/counted_order.h), a slice in each transaction.
// Between slices anything may happen to the key: each looks it up again, and commands keep up what
// is counted so far.
//
// It changes nothing that anybody sees: nobody who watches or waits for the key is told.
//
// Threads: the transaction's.

#include <cstdint>
#include <functional>

#include "base/error.h"
#include "keyspace/core/rank_requests.h"
#include "keyspace/core/transaction.h"

namespace cordwood::keyspace {

struct RankSlice {
  uint64_t elements = 2048;  // counted at most
  std::function<bool()> time_is_up = [] { return false; };
};

enum class RankBuild : uint8_t {
  kNotWanted,  // the key does not hold this object any more, or one that has ranks
  kMore,       // to do
  kCounted,    // all
};

/// kCold: nothing was written, or it got on and is to be called again, when the blocks that the
/// view misses are there.
Result<RankBuild> BuildRanks(Transaction& tx, const RankRequest& request,
                             const RankSlice& slice = {});

}  // namespace cordwood::keyspace

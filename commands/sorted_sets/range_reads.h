#pragma once

// Replies with the members of a stretch of a sorted set's order: what all commands of the family of
// ZRANGE do once they know what is asked of them. In slices at one state; how many members there
// are is counted first, unless a slice holds them all.
//
// Threads: the call's.

#include <cstdint>

#include "base/error.h"
#include "commands/core/call.h"
#include "commands/sorted_sets/selection.h"

namespace cordwood::commands::sorted_sets {

struct RangeRequest {
  Selection selection;
  bool reversed = false;
  bool with_scores = false;
  // Of a selection by scores or names.
  int64_t offset = 0;
  int64_t limit = -1;  // negative: none
};

/// Of the key at argv[1].
Status ReplyRange(Call& call, const RangeRequest& request);

}  // namespace cordwood::commands::sorted_sets

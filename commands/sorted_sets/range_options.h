#pragma once

// What stands behind the key of ZRANGE, ZRANGESTORE and the commands that ZRANGE has taken the
// place of: two ends, and options.
//
// Threads: the call's.

#include <cstddef>
#include <optional>

#include "commands/core/call.h"
#include "commands/sorted_sets/range_reads.h"
#include "commands/sorted_sets/selection.h"

namespace cordwood::commands::sorted_sets {

/// What a command says by its name; the others leave it to their options.
struct RangeSyntax {
  size_t first = 2;  // where the two ends begin
  bool may_have_scores = true;
  std::optional<By> by = std::nullopt;
  std::optional<bool> reversed = std::nullopt;
};

/// Replies and answers nothing if the arguments make no sense.
std::optional<RangeRequest> TakeRange(Call& call, const RangeSyntax& syntax);

}  // namespace cordwood::commands::sorted_sets

#pragma once

// What the commands that pop from sorted sets have in common, those that wait for a member among
// them.
//
// Threads: the call's.

#include <cstdint>
#include <span>
#include <string_view>

#include "base/error.h"
#include "commands/core/call.h"
#include "commands/core/many_pops.h"
#include "keyspace/types/sorted_sets.h"

namespace cordwood::commands::sorted_sets {

using SetEnd = keyspace::SortedSet::Direction;  // kForwards: of the least score

/// How what was popped is replied.
enum class PopReply : uint8_t {
  kFlat,         // member, score, member, score
  kPairs,        // an array of such pairs; in RESP2 flat
  kKeyAndFlat,   // key, member, score
  kKeyAndPairs,  // the key, and an array of pairs
};

inline constexpr EndWords kSetEnds = {.first = "MIN", .second = "MAX"};

inline SetEnd EndOf(const ManyPops& pops) {
  return pops.at_first_end ? SetEnd::kForwards : SetEnd::kBackwards;
}

/// Pops up to `count` members off an end of the first of `keys` that is there, and replies. An
/// earlier one of another type is an error reply. False, and nothing is replied: there is none.
Result<bool> PopFirst(Call& call, std::span<const std::string_view> keys, SetEnd end,
                      uint64_t count, PopReply form);

}  // namespace cordwood::commands::sorted_sets

#pragma once

// LEFT and RIGHT among arguments.
//
// Threads: the call's.

#include <optional>

#include "commands/core/arg_reader.h"
#include "commands/core/many_pops.h"
#include "keyspace/types/list_walk.h"

namespace cordwood::commands::lists {

/// Replies and answers nothing if the next argument is neither. REQUIRES: !args.done().
inline std::optional<keyspace::ListEnd> TakeListEnd(ArgReader& args, Call& call) {
  if (args.Match("LEFT")) return keyspace::ListEnd::kHead;
  if (args.Match("RIGHT")) return keyspace::ListEnd::kTail;
  call.reply.Error(kSyntaxError);
  return std::nullopt;
}

inline constexpr EndWords kListEnds = {.first = "LEFT", .second = "RIGHT"};

inline keyspace::ListEnd EndOf(const ManyPops& pops) {
  return pops.at_first_end ? keyspace::ListEnd::kHead : keyspace::ListEnd::kTail;
}

}  // namespace cordwood::commands::lists

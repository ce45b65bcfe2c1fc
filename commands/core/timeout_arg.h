#pragma once

// The argument that says how long a command waits.
//
// Threads: any; no state.

#include <cstdint>
#include <optional>

#include "commands/core/arg_reader.h"
#include "commands/core/call.h"

namespace cordwood::commands {

/// Milliseconds, of an argument in seconds with a fraction; 0: for ever. Replies and answers
/// nothing if it makes no sense.
std::optional<int64_t> TakeSeconds(ArgReader& args, Call& call);
/// The same of one in milliseconds.
std::optional<int64_t> TakeMilliseconds(ArgReader& args, Call& call);

}  // namespace cordwood::commands

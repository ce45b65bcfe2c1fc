#pragma once

// A connection in one line, as CLIENT LIST and CLIENT INFO show it.
//
// The fields are those of Redis 7.2, in its order, and behind them some of newer servers: watch,
// tot-net-in, tot-net-out and tot-cmds. There is one user.
//
// Threads: the loop's.

#include <cstdint>
#include <string>

#include "commands/core/clients.h"

namespace cordwood::commands {

/// Without a line end.
std::string ClientLine(const ClientView& view, int64_t now_ms);

}  // namespace cordwood::commands

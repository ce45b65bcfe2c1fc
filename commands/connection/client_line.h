#pragma once

// A connection in one line, as CLIENT LIST and CLIENT INFO show it.
//
// Fields that Redis has and nothing here measures are absent: fd, rbs, rbp, events. Fields with
// one possible value, so far, have that value: no subscriptions, no transactions, no arguments
// outside of the query buffer, one user.
//
// Threads: the loop's.

#include <cstdint>
#include <string>

#include "commands/core/clients.h"

namespace cordwood::commands {

/// Without a line end.
std::string ClientLine(const ClientView& view, int64_t now_ms);

}  // namespace cordwood::commands

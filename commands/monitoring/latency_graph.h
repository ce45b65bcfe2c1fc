#pragma once

// The samples of an event as characters: four rows of bars, and below each how long ago it was.
//
// Threads: any; no state.

#include <cstdint>
#include <string>
#include <string_view>

#include "commands/monitoring/latency_monitor.h"

namespace cordwood::commands {

std::string LatencyGraph(std::string_view event, const LatencyMonitor::Series& series,
                         int64_t now_seconds);

}  // namespace cordwood::commands

#pragma once

// LATENCY DOCTOR: what the events say about the server and its machine, for people.
//
// Threads: any; no state.

#include <cstdint>
#include <string>

#include "commands/monitoring/latency_monitor.h"

namespace cordwood::commands {

struct DoctorsOptions {
  int64_t threshold_ms = 0;    // latency-monitor-threshold; 0: off
  int64_t slower_than_us = 0;  // slowlog-log-slower-than; negative: off
};

std::string LatencyReport(const LatencyMonitor& monitor, const DoctorsOptions& options,
                          int64_t now_seconds);

}  // namespace cordwood::commands

#pragma once

// What is known of the commands that were run, and of what took long: filled in by whoever runs
// them, and told by INFO, SLOWLOG, COMMANDLOG and LATENCY.
//
// Threads: the loop's.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "commands/core/row.h"
#include "commands/monitoring/command_log.h"
#include "commands/monitoring/latency_histogram.h"
#include "commands/monitoring/latency_monitor.h"

namespace cordwood::commands {

struct CommandStats {
  uint64_t calls = 0;
  uint64_t ns = 0;  // that the loop worked for them
  uint64_t rejected_calls = 0;
  uint64_t failed_calls = 0;
  std::unique_ptr<LatencyHistogram> latency;  // null: none was noted
};

struct Monitoring {
  std::unordered_map<const Command*, CommandStats> commands;
  std::map<std::string, uint64_t, std::less<>> errors;  // replied, by their code
  CommandLogs logs;
  LatencyMonitor latency;

  /// What CONFIG RESETSTAT sets back. Logs and events are not.
  void ResetStats() {
    commands.clear();
    errors.clear();
  }
};

}  // namespace cordwood::commands

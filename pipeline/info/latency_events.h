#pragma once

// Notes for LATENCY what took at least latency-monitor-threshold:
//
//   command, fast-command  the loop's work for a command, by whether its row says it is fast
//   fsync                  a sync of the log
//   group-commit           a group of writes, from when the log took it until readers see it
//   flush                  a memtable, until it is a table
//   merge-pause            a write, held because merges are behind
//   cold-read              blocks of a command, until they were read
//   expire-cycle           a turn of removing what has expired
//
// Ownership: refers to what it is given. Threads: the loop's.

#include <cstdint>
#include <string_view>

#include "base/env.h"
#include "commands/monitoring/latency_monitor.h"
#include "config/config.h"

namespace cordwood::pipeline {

class LatencyEvents {
 public:
  LatencyEvents(Env& env, const config::Config& config, commands::LatencyMonitor& monitor)
      : env_(env), config_(config), monitor_(monitor) {}

  void Note(std::string_view event, uint64_t ns) {
    if (config_.latency_monitor_threshold_ms != 0) [[unlikely]]
      NoteIfLong(event, ns);
  }
  bool is_on() const { return config_.latency_monitor_threshold_ms != 0; }

 private:
  void NoteIfLong(std::string_view event, uint64_t ns);

  Env& env_;
  const config::Config& config_;
  commands::LatencyMonitor& monitor_;
};

}  // namespace cordwood::pipeline

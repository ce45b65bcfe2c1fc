#include "pipeline/info/latency_events.h"

namespace cordwood::pipeline {

void LatencyEvents::NoteIfLong(std::string_view event, uint64_t ns) {
  constexpr uint64_t kNsPerMs = 1'000'000;
  constexpr int64_t kMsPerSecond = 1000;
  const uint64_t ms = ns / kNsPerMs;
  if (ms < static_cast<uint64_t>(config_.latency_monitor_threshold_ms)) return;
  monitor_.Add(event, {.unix_seconds = env_.WallMs() / kMsPerSecond, .ms = ms});
}

}  // namespace cordwood::pipeline

#pragma once

// Notes the longest time that the loop did one thing: while that goes on nobody else is served. And
// how much of that time is whose.
//
// What is done begins with a look at the clock that the loop takes anyway, and ends when the next
// thing begins, or the pass of the loop ends.
//
// Ownership: refers to the statistics. Threads: the loop's.

#include <algorithm>
#include <cstdint>

#include "pipeline/info/stats.h"

namespace cordwood::pipeline {

class TurnClock {
 public:
  explicit TurnClock(PipelineStats& stats) : stats_(stats) {}

  /// Something else is done from `now_ns` on, on the monotonic clock.
  void Begin(uint64_t now_ns) {
    if (running_) Note(now_ns);
    start_ns_ = now_ns;
    lap_ns_ = now_ns;
    running_ = true;
  }
  /// The pass ends.
  void End(uint64_t now_ns) {
    Note(now_ns);
    running_ = false;
  }
  bool running() const { return running_; }
  /// What was done since the last lap, or the beginning; nothing, if nothing began.
  uint64_t SoFar(uint64_t now_ns) const { return running_ ? now_ns - lap_ns_ : 0; }
  /// The same, and another lap begins.
  uint64_t Lap(uint64_t now_ns) {
    const uint64_t took_ns = SoFar(now_ns);
    lap_ns_ = now_ns;
    return took_ns;
  }

 private:
  void Note(uint64_t now_ns) {
    stats_.longest_turn_ns = std::max(stats_.longest_turn_ns, now_ns - start_ns_);
  }

  PipelineStats& stats_;
  uint64_t start_ns_ = 0;
  uint64_t lap_ns_ = 0;
  bool running_ = false;
};

}  // namespace cordwood::pipeline

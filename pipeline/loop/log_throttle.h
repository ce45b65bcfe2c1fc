#pragma once

// Lets a line of the log through now and then, for events that a peer can make as often as it
// likes, and counts those in between.
//
// Threads: one at a time.

#include <cstdint>
#include <utility>

namespace cordwood::pipeline {

class LogThrottle {
 public:
  /// Notes events. How many there were since the last line, if it is time for one; else 0.
  uint64_t Note(uint64_t now_ns, uint64_t events = 1) {
    events_ += events;
    if (last_ns_ != 0 && now_ns - last_ns_ < kIntervalNs) return 0;
    last_ns_ = now_ns;
    return std::exchange(events_, 0);
  }

 private:
  static constexpr uint64_t kIntervalNs = 10'000'000'000;

  uint64_t last_ns_ = 0;
  uint64_t events_ = 0;
};

}  // namespace cordwood::pipeline

#pragma once

// The clock that all durations are read from.
//
// Threads: any; no state.

#include <chrono>
#include <cstdint>

namespace cordwood::bench {

inline uint64_t NowNs() {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                   std::chrono::steady_clock::now().time_since_epoch())
                                   .count());
}

}  // namespace cordwood::bench

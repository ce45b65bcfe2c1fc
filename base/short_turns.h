#pragma once

// Background work takes the processor for short turns where others want it too.
//
// The kernel looks at who runs in steps of 4 ms (at its usual 250 Hz): that long does a thread that
// answers clients wait once background work was given its processor, whatever the priorities. Work
// that offers the processor by itself, every few hundred microseconds, is gone as soon as it has
// had its share, and its share stays what it was. An offer that nobody takes costs less than a
// microsecond.
//
// Threads: one at a time.

#include <cstdint>
#include <thread>

namespace cordwood {

class ShortTurns {
 public:
  /// Offers the processor each time that so much was done, in what unit Did has: what takes some
  /// 100 microseconds.
  explicit ShortTurns(uint64_t turn) : turn_(turn) {}

  void Did(uint64_t work) {
    done_ += work;
    if (done_ < turn_) return;
    done_ = 0;
    std::this_thread::yield();
  }

 private:
  const uint64_t turn_;
  uint64_t done_ = 0;
};

}  // namespace cordwood

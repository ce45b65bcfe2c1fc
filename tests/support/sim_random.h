#pragma once

// The randomness of the simulation: a SplitMix64 stream (Steele, Lea, Flood: "Fast splittable
// pseudorandom number generators", 2014). The same seed gives the same stream on every machine.
// Each part of the simulation forks a stream of its own, so that a draw in one part does not shift
// the decisions of another.
//
// Threads: one at a time.

#include <cstdint>

#include "base/check.h"

namespace cordwood::support {

class SimRandom {
 public:
  explicit SimRandom(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  /// 0 <= result < bound. The bias of the remainder does not matter here.
  uint64_t Below(uint64_t bound) {
    CHECK(bound > 0);
    return Next() % bound;
  }

  /// low <= result <= high.
  uint64_t Between(uint64_t low, uint64_t high) {
    CHECK(low <= high);
    const uint64_t span = high - low;
    return span == UINT64_MAX ? Next() : low + Below(span + 1);
  }

  bool Percent(uint32_t percent) { return Below(100) < percent; }

  /// An independent stream; the same tag of the same seed gives the same stream.
  SimRandom Fork(uint64_t tag) const {
    SimRandom mixer(state_ ^ (tag * 0xd6e8feb86659fd93));
    return SimRandom(mixer.Next());
  }

 private:
  uint64_t state_;
};

}  // namespace cordwood::support

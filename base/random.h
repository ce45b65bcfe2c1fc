#pragma once

// A small seeded generator for sampling, skip lists and tests: the same seed gives the same
// numbers for ever. Not for secrets; those and seeds come from Env::RandomU64.
//
// Owned by whoever draws from it. Threads: one at a time.
//
// Algorithm: xoshiro256** 1.0, seeded by splitmix64 (David Blackman and Sebastiano Vigna,
// "Scrambled Linear Pseudorandom Number Generators", 2018); Below after Daniel Lemire, "Fast
// Random Integer Generation in an Interval", 2019.

#include <bit>
#include <cstdint>

#include "base/check.h"

namespace cordwood {

class Random {
 public:
  explicit Random(uint64_t seed) {
    for (uint64_t& word : state_) {
      seed += 0x9e3779b97f4a7c15;
      uint64_t mixed = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9;
      mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
      word = mixed ^ (mixed >> 31);
    }
  }

  uint64_t Next() {
    const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  /// Uniform in [0, limit), without bias. REQUIRES: limit > 0.
  uint64_t Below(uint64_t limit) {
    CHECK(limit > 0);
    Product product = Product{Next()} * limit;
    if (static_cast<uint64_t>(product) < limit) {
      // The first 2^64 mod limit low halves would occur once too often.
      const uint64_t surplus = (0 - limit) % limit;
      while (static_cast<uint64_t>(product) < surplus) product = Product{Next()} * limit;
    }
    return static_cast<uint64_t>(product >> 64);
  }

  /// True once in n draws on average. REQUIRES: n > 0.
  bool OneIn(uint64_t n) { return Below(n) == 0; }

  /// Uniform in [0, 1), with 53 bits.
  double Unit() { return static_cast<double>(Next() >> 11) * 0x1p-53; }

 private:
  __extension__ using Product = unsigned __int128;

  uint64_t state_[4];
};

}  // namespace cordwood

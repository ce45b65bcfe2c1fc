#pragma once

// Durations by size: exact below 64 ns, to within 1/32 above.
//
// Threads: one at a time; each thread fills its own, and they are added up.

#include <array>
#include <cstddef>
#include <cstdint>

namespace cordwood::bench {

class Histogram {
 public:
  void Add(uint64_t ns);
  void Add(const Histogram& other);

  uint64_t count() const { return count_; }
  uint64_t max_ns() const { return max_ns_; }
  /// The duration that a share of all, from 0 to 1, did not exceed; 0 of none.
  uint64_t PercentileNs(double share) const;

 private:
  static constexpr int kStepBits = 5;
  static constexpr size_t kSteps = size_t{1} << kStepBits;  // of each power of two

  static size_t BucketOf(uint64_t ns);
  /// The largest duration in the bucket.
  static uint64_t EndOf(size_t bucket);

  std::array<uint64_t, kSteps * (64 - kStepBits + 1)> buckets_{};
  uint64_t count_ = 0;
  uint64_t max_ns_ = 0;
};

}  // namespace cordwood::bench

#pragma once

// How often something took how long, from a nanosecond to a second, within one part in 128: the
// layout of an HDR histogram of two digits, so that it tells the same numbers as Redis.
//
//   values below 256     one count each
//   2^n to 2^(n+1) - 1   128 counts, each of 2^(n-7) values
//
// Threads: one at a time.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace cordwood::commands {

class LatencyHistogram {
 public:
  /// What is shorter or longer than it can tell counts as the shortest or longest.
  void Record(uint64_t ns) {
    ++counts_[IndexOf(ns < kMinNs ? kMinNs : ns > kMaxNs ? kMaxNs : ns)];
    ++total_;
  }

  uint64_t total() const { return total_; }
  /// What so many of a hundred did not exceed. REQUIRES: total() > 0, percentile in [0, 100].
  uint64_t NsAt(double percentile) const;

  /// So many took no longer than that.
  struct Step {
    uint64_t usec = 0;
    uint64_t calls = 0;
  };
  /// By powers of two, from a microsecond on, without those that add nothing.
  std::vector<Step> Steps() const;

 private:
  static constexpr uint64_t kMinNs = 1;
  static constexpr uint64_t kMaxNs = 1'000'000'000;
  static constexpr int kHalfBits = 7;  // counts for each power of two
  static constexpr size_t kCounts = size_t{24} << kHalfBits;

  static size_t IndexOf(uint64_t ns);
  static uint64_t LowestOf(size_t index);
  static uint64_t HighestOf(size_t index);

  std::array<uint64_t, kCounts> counts_{};
  uint64_t total_ = 0;
};

}  // namespace cordwood::commands

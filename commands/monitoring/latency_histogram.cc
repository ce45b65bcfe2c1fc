#include "commands/monitoring/latency_histogram.h"

#include <algorithm>
#include <bit>

namespace cordwood::commands {

size_t LatencyHistogram::IndexOf(uint64_t ns) {
  constexpr uint64_t kExact = (uint64_t{2} << kHalfBits) - 1;
  const int bucket = static_cast<int>(std::bit_width(ns | kExact)) - (kHalfBits + 1);
  return (static_cast<size_t>(bucket) << kHalfBits) + (ns >> bucket);
}

uint64_t LatencyHistogram::LowestOf(size_t index) {
  constexpr size_t kHalf = size_t{1} << kHalfBits;
  const size_t power = index >> kHalfBits;
  if (power <= 1) return index;
  return uint64_t{(index & (kHalf - 1)) + kHalf} << (power - 1);
}

uint64_t LatencyHistogram::HighestOf(size_t index) { return LowestOf(index + 1) - 1; }

uint64_t LatencyHistogram::NsAt(double percentile) const {
  const auto wanted = static_cast<uint64_t>(percentile / 100 * static_cast<double>(total_) + 0.5);
  uint64_t met = 0;
  for (size_t index = 0; index < kCounts; ++index) {
    met += counts_[index];
    if (met >= std::max<uint64_t>(wanted, 1)) {
      return percentile == 0 ? LowestOf(index) : HighestOf(index);
    }
  }
  return 0;
}

std::vector<LatencyHistogram::Step> LatencyHistogram::Steps() const {
  constexpr uint64_t kFirstNs = 1024;
  constexpr uint64_t kNsPerUsec = 1000;
  std::vector<Step> steps;
  uint64_t calls = 0;
  size_t index = 0;
  for (uint64_t ns = kFirstNs; ns <= kMaxNs && calls < total_; ns *= 2) {
    const uint64_t before = calls;
    for (; index <= IndexOf(ns); ++index) calls += counts_[index];
    if (calls > before) steps.push_back({HighestOf(index - 1) / kNsPerUsec, calls});
  }
  return steps;
}

}  // namespace cordwood::commands

#include "bench/storage/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace cordwood::bench {

size_t Histogram::BucketOf(uint64_t ns) {
  if (ns < 2 * kSteps) return ns;
  const auto shift = static_cast<size_t>(std::bit_width(ns)) - 1 - kStepBits;
  // The top bits, of which the highest is always set, count from kSteps on.
  return shift * kSteps + (ns >> shift);
}

uint64_t Histogram::EndOf(size_t bucket) {
  if (bucket < 2 * kSteps) return bucket;
  const size_t shift = bucket / kSteps - 1;
  const uint64_t begin = (kSteps + bucket % kSteps) << shift;
  return begin + (uint64_t{1} << shift) - 1;
}

void Histogram::Add(uint64_t ns) {
  ++buckets_[BucketOf(ns)];
  ++count_;
  max_ns_ = std::max(max_ns_, ns);
}

void Histogram::Add(const Histogram& other) {
  for (size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  max_ns_ = std::max(max_ns_, other.max_ns_);
}

uint64_t Histogram::PercentileNs(double share) const {
  const auto wanted = static_cast<uint64_t>(std::ceil(share * static_cast<double>(count_)));
  uint64_t seen = 0;
  for (size_t i = 0; i < buckets_.size() && wanted > 0; ++i) {
    seen += buckets_[i];
    if (seen >= wanted) return std::min(EndOf(i), max_ns_);
  }
  return max_ns_;
}

}  // namespace cordwood::bench

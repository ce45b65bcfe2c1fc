#pragma once

// What the commit log counts. Plain numbers: CommitLog guards them and hands out copies.

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace cordwood::storage {

/// Counts by powers of two: bucket 0 is value 0, bucket i holds [2^(i-1), 2^i).
struct Log2Histogram {
  std::array<uint64_t, 64> buckets{};
  uint64_t count = 0;
  uint64_t total = 0;
  uint64_t max = 0;

  void Add(uint64_t value) {
    ++buckets[std::min<size_t>(static_cast<size_t>(std::bit_width(value)), buckets.size() - 1)];
    ++count;
    total += value;
    max = std::max(max, value);
  }
};

struct LogStats {
  uint64_t frames = 0;         // groups and empty frames written
  uint64_t bytes_written = 0;  // to segments, with padding; not the zeros written ahead
  uint64_t segments = 0;       // files, with those that are ready
  uint64_t ready = 0;          // of those, not in use yet
  uint64_t segment_bytes = 0;
  bool under_load = false;  // segments are of the full size
  uint64_t recycled = 0;    // segments that were used again
  uint64_t torn_bytes = 0;  // cut off by the recovery before
  Log2Histogram group_ops;  // its count is the number of groups
  Log2Histogram sync_ns;    // its count is the number of syncs
};

}  // namespace cordwood::storage

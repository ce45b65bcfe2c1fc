#pragma once

// One row of the probe: a way to write, into segments in one state, for a given time; and what it
// cost. Preparing a segment is measured apart, and is no part of the row's time.
//
// Threads: one at a time. A row leaves no file behind.

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "bench/log_probe/counters.h"
#include "bench/log_probe/segment.h"
#include "bench/log_probe/way.h"

namespace cordwood::bench {

struct Row {
  WayKind way = WayKind::kFdatasync;
  SegmentState state = SegmentState::kZeros;
  uint64_t group_bytes = 0;
};

struct RowLimits {
  std::string directory;
  uint64_t segment_bytes = 0;
  double seconds = 0;
  uint64_t unsynced_rate = 0;  // groups a second for the ways that do not sync; 0: as it goes
};

/// One round of a row.
struct Sample {
  uint64_t groups = 0;
  Counters used;
  std::vector<Counters> preparations;  // one a segment
  std::vector<uint32_t> latencies_ns;  // sorted; a sync belongs to the group that it follows

  double LatencyUs(double share) const;
  double PerGroup(uint64_t amount) const {
    return static_cast<double>(amount) / static_cast<double>(groups);
  }
};

/// kUnsupported if the kernel or the file system refuses a call that the row needs.
Result<Sample> Measure(const Row& row, const RowLimits& limits);

}  // namespace cordwood::bench

#pragma once

// The states that a log segment can be in when its first frame is written, and what brings a file
// there. A segment's first sector is its header's; frames follow it.
//
// Threads: one at a time. Never leaves a file in its state unsynced: what is measured afterwards
// pays for nothing that was done here.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace cordwood::bench {

inline constexpr uint64_t kSectorBytes = 4096;

enum class SegmentState : uint8_t {
  kZeros,            // written in pieces of 1 MiB, and left in the page cache
  kZerosDropped,     // the same, then out of the page cache
  kReserved,         // fallocate: extents that are not written
  kRecycledDropped,  // full of an earlier life's frames, out of the page cache
  kRecycledCached,   // the same, in the page cache, in folios of the size of a frame
};

inline constexpr SegmentState kSegmentStates[] = {
    SegmentState::kZeros, SegmentState::kZerosDropped, SegmentState::kReserved,
    SegmentState::kRecycledDropped, SegmentState::kRecycledCached};

std::string_view StateName(SegmentState state);

struct SegmentPlan {
  std::string path;
  uint64_t bytes = 0;
  uint64_t frame_bytes = 0;
  SegmentState state = SegmentState::kZeros;
};

/// What lies before the preparation: a recycled segment's earlier life, for others no file.
Status GivePast(const SegmentPlan& plan);

/// What a server would do for the next segment. REQUIRES: GivePast.
Status Prepare(const SegmentPlan& plan);

}  // namespace cordwood::bench

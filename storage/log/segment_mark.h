#pragma once

// Names a segment of the log to those who only have to know that there is one: the manifest notes
// a segment whose header is on stable storage, so that a log without it, or a later one, is known
// to be incomplete.
//
// Threads: any; no state.

#include <cstdint>

namespace cordwood::storage {

struct SegmentMark {
  uint64_t number = 0;   // of its file
  uint64_t ordinal = 0;  // its place in the chain; 0: no segment

  friend bool operator==(const SegmentMark&, const SegmentMark&) = default;
};

}  // namespace cordwood::storage

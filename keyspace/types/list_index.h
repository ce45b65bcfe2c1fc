#pragma once

// Indexes of elements as clients say them: negative ones count from the tail, -1 is the last.
//
// Threads: any; no state.

#include <algorithm>
#include <cstdint>
#include <optional>

namespace cordwood::keyspace {

struct IndexRange {
  uint64_t first = 0;
  uint64_t count = 0;
};

/// From `start` to `stop`, both included, as far as there are elements.
inline IndexRange RangeIn(uint64_t length, int64_t start, int64_t stop) {
  const auto end = static_cast<int64_t>(length);
  if (start < 0) start = std::max<int64_t>(0, start + end);
  if (stop < 0) stop += end;
  stop = std::min(stop, end - 1);
  if (start > stop) return {};
  return {.first = static_cast<uint64_t>(start), .count = static_cast<uint64_t>(stop - start + 1)};
}

/// Nothing if there is no such element.
inline std::optional<uint64_t> IndexIn(uint64_t length, int64_t index) {
  const auto end = static_cast<int64_t>(length);
  if (index < 0) index += end;
  if (index < 0 || index >= end) return std::nullopt;
  return static_cast<uint64_t>(index);
}

}  // namespace cordwood::keyspace

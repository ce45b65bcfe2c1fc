#pragma once

// Common prefixes of keys, which blocks and indexes leave out.
//
// Threads: any; no state.

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string_view>

#include "base/coding.h"

namespace cordwood::storage {

/// The length of the longest common prefix.
inline size_t CommonPrefix(std::string_view a, std::string_view b) {
  const size_t size = std::min(a.size(), b.size());
  size_t at = 0;
  for (; at + sizeof(uint64_t) <= size; at += sizeof(uint64_t)) {
    const uint64_t difference =
        LoadFixed<uint64_t>(a.data() + at) ^ LoadFixed<uint64_t>(b.data() + at);
    if (difference != 0) return at + static_cast<size_t>(std::countr_zero(difference)) / 8;
  }
  while (at < size && a[at] == b[at]) ++at;
  return at;
}

}  // namespace cordwood::storage

#pragma once

// What a piece of memory takes of the allocator: more than was asked for, by up to a quarter. For
// whoever compares what he holds with what he may.
//
// By jemalloc's size classes, four to each doubling, and not by asking the allocator: what that
// answers may depend on all that was allocated before, and a simulation must not.
//
// Threads: any; no state.

#include <algorithm>
#include <bit>
#include <cstddef>

namespace cordwood {

/// Of memory from new or malloc, for which `bytes` were asked.
constexpr size_t AllocatedBytes(size_t bytes) {
  constexpr size_t kQuantum = 16;
  if (bytes <= kQuantum) return bytes == 0 ? 0 : kQuantum;
  const size_t spacing = std::max(kQuantum, std::bit_floor(bytes - 1) / 4);
  return (bytes + spacing - 1) / spacing * spacing;
}

}  // namespace cordwood

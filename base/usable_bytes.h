#pragma once

// What a piece of memory takes of the allocator: more than was asked for, by up to a quarter. For
// whoever compares what he holds with what he may.
//
// Threads: any; no state.

#include <malloc.h>

#include <cstddef>

namespace cordwood {

/// `memory` came from new or malloc; null: nothing.
inline size_t UsableBytes(const void* memory) {
  return malloc_usable_size(const_cast<void*>(memory));  // it looks, and changes nothing
}

}  // namespace cordwood

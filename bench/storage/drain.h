#pragma once

// Waits until an engine has no background work left. Not every engine tells, and none tells all:
// it is idle once it says so and the process has used next to no processor for half a second.
//
// Threads: one.

#include <cstdint>

#include "bench/storage/engine.h"

namespace cordwood::bench {

struct Drained {
  uint64_t ns = 0;       // until it was idle
  bool is_idle = false;  // false: it was not after ten minutes
};

Drained Drain(Engine& engine);

}  // namespace cordwood::bench

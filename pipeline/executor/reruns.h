#pragma once

// How often a command is run again for cold blocks, and how far each run looks ahead.
//
// Threads: any; no state.

#include <algorithm>
#include <cstdint>

namespace cordwood::pipeline {

/// From this rerun on, of those that count, a command has a stack of its own and waits there.
inline constexpr int kRerunsMax = 3;
/// With each fetch for a walk twice as much is read ahead of it, up to so many times: its runs all
/// begin at the start, and would cost the square of what it reads.
inline constexpr uint32_t kAheadMax = 256;
/// Of a long write, which goes through everything once.
inline constexpr uint32_t kAheadOfLongWrite = 8;

/// How many times the usual number of blocks a run names in front of its walks, after so many
/// fetches for the command.
inline uint32_t AheadAfter(uint32_t fetches) {
  return fetches == 0 ? 1 : std::min(kAheadMax, 1u << std::min(fetches - 1, 31u));
}

}  // namespace cordwood::pipeline

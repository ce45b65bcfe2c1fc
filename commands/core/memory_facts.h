#pragma once

// What is measured of the process' memory, in bytes: what MEMORY STATS and DOCTOR tell.
//
// Threads: any; no state.

#include <cstdint>
#include <optional>

namespace cordwood::commands {

struct MemoryFacts {
  uint64_t budget = 0;
  // Counted against it:
  uint64_t memtables = 0;
  uint64_t block_cache = 0;
  uint64_t filters_and_indexes = 0;  // of open tables
  uint64_t clients = 0;              // their buffers, arguments and replies
  uint64_t scan_cursors = 0;
  uint64_t tracking_table = 0;
  uint64_t peak = 0;     // of their sum
  uint64_t startup = 0;  // their sum when the server started
  // Of the process:
  uint64_t resident = 0;
  /// Of the allocator, if it tells.
  struct Allocator {
    uint64_t allocated = 0;
    uint64_t active = 0;
    uint64_t resident = 0;
  };
  std::optional<Allocator> allocator;
  uint64_t connections = 0;

  /// What the process has asked for, as far as that is known.
  uint64_t in_use() const { return allocator ? allocator->allocated : used(); }
  uint64_t used() const {
    return memtables + block_cache + filters_and_indexes + clients + scan_cursors + tracking_table;
  }
};

}  // namespace cordwood::commands

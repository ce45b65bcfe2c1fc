#pragma once

// Of a collection in elements from which many are taken away in one command: whether these are
// deleted, or what stays is written anew and the object goes as a whole.
//
// Threads: any; no state.

#include <algorithm>
#include <cstdint>

#include "keyspace/core/keyspace.h"

namespace cordwood::keyspace {

/// So many are deleted in any case.
inline constexpr uint64_t kAlwaysDeleted = 8192;

/// What is deleted is held until all of it is in one batch.
inline uint64_t MostDeleted(const KeyspaceOptions& options) {
  constexpr uint64_t kShareOfEach = 1024;
  return std::max(kAlwaysDeleted, options.overlay_bytes_max / kShareOfEach);
}

/// Whichever is less work.
inline bool IsWrittenAnew(const KeyspaceOptions& options, uint64_t gone, uint64_t stay) {
  return gone > kAlwaysDeleted && (gone > stay || gone > MostDeleted(options));
}

}  // namespace cordwood::keyspace

#pragma once

// Whether what stays of a collection is stored anew, under another number, when much of it is taken
// away at once: in parts, while others have their turns. What is deleted is deleted in one batch.
//
// Threads: any; no state.

#include <cstdint>

namespace cordwood::keyspace {

/// Of so many elements. Storing costs as much as 64 deletes of what stays, so that a large
/// collection that is drained in portions is not written again and again.
inline bool IsStoredAnew(uint64_t deleted, uint64_t stay) {
  constexpr uint64_t kAlwaysDeleted = 8192;
  constexpr uint64_t kNeverDeleted = 65'536;
  constexpr uint64_t kStayForEach = 64;
  if (deleted <= kAlwaysDeleted) return false;
  return deleted > kNeverDeleted || stay / kStayForEach < deleted;
}

}  // namespace cordwood::keyspace

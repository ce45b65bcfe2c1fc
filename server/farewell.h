#pragma once

// How long a server that stops waits for its clients to take what they are still to get: as long as
// they take some of it, within bounds.
//
// Threads: one. Reads no clock.

#include <cstdint>

namespace cordwood::server {

/// A stop waits no longer than this for readers,
inline constexpr uint64_t kFarewellNs = 2'000'000'000;
/// nor longer than this for readers of whom none takes anything.
inline constexpr uint64_t kFarewellStalledNs = 1'000'000'000;

class Farewell {
 public:
  /// True: the wait is over. `left_bytes` are still to be taken by all clients together;
  /// `sent_bytes` were given to the kernel since any time before. The first call begins the wait.
  bool IsOver(uint64_t left_bytes, uint64_t sent_bytes, uint64_t now_ns);

 private:
  bool began_ = false;
  uint64_t began_ns_ = 0;
  uint64_t left_bytes_ = 0;
  uint64_t sent_bytes_ = 0;
  uint64_t taken_ns_ = 0;  // when some were taken last
};

}  // namespace cordwood::server

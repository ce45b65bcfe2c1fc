#pragma once

// Slows merges down while the log's syncs suffer: writers wait for those, and nobody waits for a
// merge that is not late. Flushes are never slowed.
//
// The rule is that of congestion control in networks (D.-M. Chiu and R. Jain, "Analysis of the
// increase and decrease algorithms for congestion avoidance in computer networks", 1989). Ten
// times a second it looks at how long syncs take: at more than twice of what they take when left
// alone the rate of merges is halved, otherwise it grows by an eighth, and beyond the last bound
// there is no limit. Merges that are late run as they can: their lateness would slow writers too.
//
// Owned by a store. Threads: any.

#include <cstdint>

#include "base/mutex.h"

namespace cordwood::storage {

class MergeThrottle {
 public:
  /// What it looks at.
  struct Signs {
    uint64_t now_ns = 0;   // monotonic
    uint64_t sync_ns = 0;  // what a sync took of late, on average; 0: there was none
    bool late = false;     // merges are behind
  };

  /// Whether syncs take much longer than they do when left alone.
  bool SyncsSuffer(const Signs& signs);

  /// How long a merge that has just moved `bytes` is to sleep.
  uint64_t SleepNs(uint64_t bytes, const Signs& signs);

  /// The limit now, in bytes a second; 0: none.
  uint64_t limit() const;

  static constexpr double kMost = 1e9;
  static constexpr double kLeast = 32e6;

 private:
  void Look(const Signs& signs) REQUIRES(mutex_);

  mutable Mutex mutex_;
  double rate_ GUARDED_BY(mutex_) = kMost;  // bytes a second
  bool syncs_suffer_ GUARDED_BY(mutex_) = false;
  double calm_sync_ns_ GUARDED_BY(mutex_) = 0;  // what a sync takes when left alone
  uint64_t next_look_ns_ GUARDED_BY(mutex_) = 0;
};

}  // namespace cordwood::storage

#pragma once

// Waits for the listener of a store: events are counted, and whoever saw the count before it looked
// at the store misses none.
//
// Threads: any.

#include <chrono>
#include <cstdint>

#include "base/mutex.h"

namespace cordwood::bench {

class Progress {
 public:
  void Note() {
    {
      const MutexLock lock(mutex_);
      ++events_;
    }
    happened_.NotifyAll();
  }

  uint64_t events() const {
    const MutexLock lock(mutex_);
    return events_;
  }

  /// Until there is an event beyond `seen`, or for so long.
  void Await(uint64_t seen, std::chrono::nanoseconds most) {
    const MutexLock lock(mutex_);
    if (events_ == seen) happened_.WaitFor(mutex_, most);
  }

 private:
  mutable Mutex mutex_;
  CondVar happened_;
  uint64_t events_ GUARDED_BY(mutex_) = 0;
};

}  // namespace cordwood::bench

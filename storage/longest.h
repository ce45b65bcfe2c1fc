#pragma once

// The longest that something took since somebody last asked.
//
// Threads: any.

#include <atomic>
#include <cstdint>

namespace cordwood::storage {

class Longest {
 public:
  void Note(uint64_t ns) {
    uint64_t longest = ns_.load(std::memory_order_relaxed);
    while (longest < ns && !ns_.compare_exchange_weak(longest, ns, std::memory_order_relaxed)) {
    }
  }
  /// 0: nothing was noted. From then on it counts anew.
  uint64_t Take() { return ns_.exchange(0, std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> ns_ = 0;
};

}  // namespace cordwood::storage

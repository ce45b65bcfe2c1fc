#pragma once

// Blocks for the arenas of large memtables, a huge page each, kept for the next memtable: the
// thread that writes takes one that the system has mapped already, and whoever destroys a memtable
// gives the system nothing back.
//
// Owned by the store; outlives the memtables. Threads: any.

#include <atomic>
#include <cstddef>
#include <vector>

#include "base/large_block.h"
#include "base/mutex.h"

namespace cordwood::storage {

class BlockPool {
 public:
  static constexpr size_t kBlockBytes = kHugePageBytes;
  using Block = LargeBlock;

  BlockPool() = default;
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  /// What is kept from now on of blocks that nobody uses, in bytes. None, without a call.
  void SetKept(size_t bytes);
  size_t kept() const;

  /// kBlockBytes, with anything in them.
  Block Take();
  void Return(Block block);

  /// Whether whoever takes the next blocks might have to wait for the system to map them: it takes
  /// milliseconds to clear a huge page.
  bool wants_blocks() const { return wants_blocks_.load(std::memory_order_relaxed); }
  /// Has blocks mapped ahead. On a background thread.
  void Prepare();

 private:
  void Keep(Block block) REQUIRES(mutex_);
  void Note() REQUIRES(mutex_);

  mutable Mutex mutex_;
  size_t kept_max_ GUARDED_BY(mutex_) = 0;  // blocks
  std::vector<Block> kept_ GUARDED_BY(mutex_);
  std::atomic<bool> wants_blocks_ = false;
};

}  // namespace cordwood::storage

#pragma once

// Memory that is handed out in small pieces and given back all at once: a pointer moves through
// blocks, which grow from 4 KiB to 1 MiB, or come from a pool. A piece too large to share a block
// gets one of its own, so that it wastes nothing of the current one.
//
// Owned by a memtable. The pool outlives it. Never moves or frees a piece before it is destroyed
// itself.
//
// Threads: Allocate from one thread at a time; bytes_used from any.

#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

#include "storage/memtable/block_pool.h"

namespace cordwood::storage {

class Arena {
 public:
  /// `pool` may be null.
  explicit Arena(BlockPool* pool = nullptr);
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// At least `bytes` bytes at a multiple of 8, not initialised.
  char* Allocate(size_t bytes);

  /// Bytes handed out, with their rounding.
  size_t bytes_used() const { return bytes_used_.load(std::memory_order_relaxed); }

 private:
  char* AllocateFromNewBlock(size_t bytes);
  char* NewBlock(size_t bytes);
  /// One to share, of next_block_bytes_.
  char* NewSharedBlock();

  BlockPool* const pool_;
  char* free_ = nullptr;
  size_t free_bytes_ = 0;
  size_t next_block_bytes_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::vector<BlockPool::Block> pool_blocks_;
  std::atomic<size_t> bytes_used_ = 0;
};

}  // namespace cordwood::storage

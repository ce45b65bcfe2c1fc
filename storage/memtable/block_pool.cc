#include "storage/memtable/block_pool.h"

#include <algorithm>
#include <utility>

#include "base/short_turns.h"

namespace cordwood::storage {
namespace {

// Blocks that are ready: what is written in about 60 ms at full speed.
constexpr size_t kReady = 4;

}  // namespace

void BlockPool::SetKept(size_t bytes) {
  std::vector<Block> too_many;  // given back when the lock is gone
  const MutexLock lock(mutex_);
  kept_max_ = bytes / kBlockBytes;
  for (; kept_.size() > kept_max_; kept_.pop_back()) too_many.push_back(std::move(kept_.back()));
  Note();
}

size_t BlockPool::kept() const {
  const MutexLock lock(mutex_);
  return kept_.size() * kBlockBytes;
}

BlockPool::Block BlockPool::Take() {
  {
    const MutexLock lock(mutex_);
    if (!kept_.empty()) {
      Block block = std::move(kept_.back());
      kept_.pop_back();
      Note();
      return block;
    }
  }
  return AllocateBlock(kBlockBytes, Pages::kSmall);
}

void BlockPool::Return(Block block) {
  const MutexLock lock(mutex_);
  Keep(std::move(block));
}

void BlockPool::Prepare() {
  ShortTurns turns(1);
  while (wants_blocks()) {
    turns.Did(1);
    Block block = AllocateBlock(kBlockBytes, Pages::kHuge);
    TouchBlock(block, kBlockBytes);
    const MutexLock lock(mutex_);
    Keep(std::move(block));
  }
}

void BlockPool::Keep(Block block) {
  if (kept_.size() < kept_max_) kept_.push_back(std::move(block));
  Note();
}

void BlockPool::Note() {
  wants_blocks_.store(kept_.size() < std::min(kReady, kept_max_), std::memory_order_relaxed);
}

}  // namespace cordwood::storage

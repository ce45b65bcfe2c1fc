#include "storage/memtable/block_pool.h"

#include <utility>

namespace cordwood::storage {

void BlockPool::SetKept(size_t bytes) {
  std::vector<Block> too_many;  // given back when the lock is gone
  const MutexLock lock(mutex_);
  kept_max_ = bytes / kBlockBytes;
  for (; kept_.size() > kept_max_; kept_.pop_back()) too_many.push_back(std::move(kept_.back()));
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
      return block;
    }
  }
  return AllocateHugeBlock(kBlockBytes);
}

void BlockPool::Return(Block block) {
  const MutexLock lock(mutex_);
  if (kept_.size() < kept_max_) kept_.push_back(std::move(block));
  // Else it goes with the argument, behind the lock.
}

}  // namespace cordwood::storage

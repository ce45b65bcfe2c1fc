#include "storage/memtable/arena.h"

#include <algorithm>
#include <utility>

namespace cordwood::storage {
namespace {

constexpr size_t kAlignment = 8;
constexpr size_t kFirstBlockBytes = 4 << 10;
constexpr size_t kBlockBytesMax = 1 << 20;

}  // namespace

Arena::Arena(BlockPool* pool)
    : pool_(pool), next_block_bytes_(pool == nullptr ? kFirstBlockBytes : BlockPool::kBlockBytes) {}

Arena::~Arena() {
  for (BlockPool::Block& block : pool_blocks_) pool_->Return(std::move(block));
}

char* Arena::Allocate(size_t bytes) {
  bytes = (bytes + kAlignment - 1) & ~(kAlignment - 1);
  // A plain store is enough: there is one writer.
  bytes_used_.store(bytes_used() + bytes, std::memory_order_relaxed);
  if (bytes > free_bytes_) return AllocateFromNewBlock(bytes);
  char* piece = free_;
  free_ += bytes;
  free_bytes_ -= bytes;
  return piece;
}

char* Arena::AllocateFromNewBlock(size_t bytes) {
  if (bytes > next_block_bytes_ / 4) return NewBlock(bytes);
  free_bytes_ = next_block_bytes_ - bytes;
  char* piece = NewSharedBlock();
  free_ = piece + bytes;
  return piece;
}

char* Arena::NewSharedBlock() {
  if (pool_ != nullptr) return pool_blocks_.emplace_back(pool_->Take()).get();
  char* block = NewBlock(next_block_bytes_);
  next_block_bytes_ = std::min(next_block_bytes_ * 2, kBlockBytesMax);
  return block;
}

char* Arena::NewBlock(size_t bytes) {
  return blocks_.emplace_back(std::make_unique_for_overwrite<char[]>(bytes)).get();
}

}  // namespace cordwood::storage

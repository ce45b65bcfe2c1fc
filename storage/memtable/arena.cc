#include "storage/memtable/arena.h"

#include <algorithm>

namespace cordwood::storage {
namespace {

constexpr size_t kAlignment = 8;
constexpr size_t kBlockBytesMax = 1 << 20;

}  // namespace

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
  char* piece = NewBlock(next_block_bytes_);
  free_ = piece + bytes;
  next_block_bytes_ = std::min(next_block_bytes_ * 2, kBlockBytesMax);
  return piece;
}

char* Arena::NewBlock(size_t bytes) {
  return blocks_.emplace_back(std::make_unique_for_overwrite<char[]>(bytes)).get();
}

}  // namespace cordwood::storage

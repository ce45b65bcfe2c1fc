#include "base/large_block.h"

#include <sys/mman.h>

#include <new>

namespace cordwood {

void FreeBlock::operator()(char* block) const {
  ::operator delete(block, std::align_val_t{kHugePageBytes});
}

LargeBlock AllocateBlock(size_t bytes, Pages pages) {
  void* const block = ::operator new(bytes, std::align_val_t{kHugePageBytes});
  // Advice: where there are no huge pages, small ones do. The allocator may hand out again what had
  // other advice before.
  ::madvise(block, bytes, pages == Pages::kHuge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
  return LargeBlock(static_cast<char*>(block));
}

void TouchBlock(LargeBlock& block, size_t bytes) {
  constexpr size_t kSmallPageBytes = 4096;
  for (size_t at = 0; at < bytes; at += kSmallPageBytes) block[at] = 0;
}

}  // namespace cordwood

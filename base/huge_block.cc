#include "base/huge_block.h"

#include <sys/mman.h>

#include <new>

namespace cordwood {

void FreeHugeBlock::operator()(char* block) const {
  ::operator delete(block, std::align_val_t{kHugePageBytes});
}

HugeBlock AllocateHugeBlock(size_t bytes) {
  void* const block = ::operator new(bytes, std::align_val_t{kHugePageBytes});
  // Advice: where there are no huge pages, small ones do.
  ::madvise(block, bytes, MADV_HUGEPAGE);
  return HugeBlock(static_cast<char*>(block));
}

}  // namespace cordwood

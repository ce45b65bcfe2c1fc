#pragma once

// A large block of memory that lies on huge pages where the system has them, which spares the TLB
// misses of those who look anywhere in it.
//
// Threads: any.

#include <cstddef>
#include <memory>

namespace cordwood {

/// The size of a huge page, and so what a block is aligned to.
inline constexpr size_t kHugePageBytes = 2 << 20;

struct FreeHugeBlock {
  void operator()(char* block) const;
};
using HugeBlock = std::unique_ptr<char[], FreeHugeBlock>;

/// `bytes`, with anything in them.
HugeBlock AllocateHugeBlock(size_t bytes);

}  // namespace cordwood

#pragma once

// Large blocks of memory. On huge pages, where the system has them, most misses of the TLB are
// spared to those who look anywhere in one; but the system clears a huge page when it is first
// touched, which takes milliseconds, and small ones one by one.
//
// Threads: any.

#include <cstddef>
#include <cstdint>
#include <memory>

namespace cordwood {

/// What a block is aligned to, and should be a multiple of.
inline constexpr size_t kHugePageBytes = 2 << 20;

struct FreeBlock {
  void operator()(char* block) const;
};
using LargeBlock = std::unique_ptr<char[], FreeBlock>;

enum class Pages : uint8_t { kSmall, kHuge };

/// `bytes`, with anything in them.
LargeBlock AllocateBlock(size_t bytes, Pages pages);

/// Has all of it mapped, so that nobody waits for that later; what is in it is lost.
void TouchBlock(LargeBlock& block, size_t bytes);

}  // namespace cordwood

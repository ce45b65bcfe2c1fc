#include "storage/memtable/arena.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "base/random.h"

namespace cordwood::storage {
namespace {

TEST(Arena, PiecesAreAlignedAndDoNotOverlap) {
  Arena arena;
  Random random(1);
  std::vector<std::pair<char*, size_t>> pieces;
  for (int i = 0; i < 5000; ++i) {
    const size_t bytes = 1 + random.Below(i % 100 == 0 ? 100'000 : 200);
    char* piece = arena.Allocate(bytes);
    ASSERT_EQ(reinterpret_cast<uintptr_t>(piece) % 8, 0u);
    std::memset(piece, i & 0xff, bytes);
    pieces.emplace_back(piece, bytes);
  }
  for (size_t i = 0; i < pieces.size(); ++i) {
    for (size_t at = 0; at < pieces[i].second; ++at) {
      ASSERT_EQ(static_cast<uint8_t>(pieces[i].first[at]), i & 0xff) << "piece " << i;
    }
  }
}

TEST(Arena, CountsWhatItHandedOut) {
  Arena arena;
  EXPECT_EQ(arena.bytes_used(), 0u);
  arena.Allocate(1);
  EXPECT_EQ(arena.bytes_used(), 8u);
  arena.Allocate(3 << 20);
  EXPECT_EQ(arena.bytes_used(), 8u + (3 << 20));
}

TEST(Arena, ALargePieceLeavesTheCurrentBlockInUse) {
  Arena arena;
  const char* first = arena.Allocate(16);
  arena.Allocate(1 << 20);
  EXPECT_EQ(arena.Allocate(16), first + 16);
}

}  // namespace
}  // namespace cordwood::storage

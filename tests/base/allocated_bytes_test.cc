#include "base/allocated_bytes.h"

#include <gtest/gtest.h>

namespace cordwood {
namespace {

TEST(AllocatedBytes, AreFourClassesToEachDoubling) {
  EXPECT_EQ(AllocatedBytes(0), 0u);
  EXPECT_EQ(AllocatedBytes(1), 16u);
  EXPECT_EQ(AllocatedBytes(17), 32u);
  EXPECT_EQ(AllocatedBytes(64), 64u);
  EXPECT_EQ(AllocatedBytes(65), 80u);
  EXPECT_EQ(AllocatedBytes(128), 128u);
  EXPECT_EQ(AllocatedBytes(129), 160u);
  EXPECT_EQ(AllocatedBytes(4097), 5120u);
  EXPECT_EQ(AllocatedBytes((1 << 20) + 1), (1 << 20) + (1 << 18));
}

TEST(AllocatedBytes, AreWhatWasAskedForAndAtMostAQuarterMore) {
  for (size_t bytes = 64; bytes < 100'000; ++bytes) {
    ASSERT_GE(AllocatedBytes(bytes), bytes);
    ASSERT_LE(AllocatedBytes(bytes), bytes + bytes / 4);
  }
}

}  // namespace
}  // namespace cordwood

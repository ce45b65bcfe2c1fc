#include "storage/log/group.h"

#include <gtest/gtest.h>

#include <string>

namespace cordwood::storage {
namespace {

constexpr uint64_t kKeepBytes = 1 << 20;
// Both headers, and the padding to a whole sector.
constexpr uint64_t kFraming = 3 * kLogAlign;

TEST(Group, ABatchThatIsLargeTakesItsSizeAndNoMore) {
  Group group(kKeepBytes);
  const std::string large(10 * kKeepBytes, 'x');
  group.Append(1, 1, large, true);
  EXPECT_LE(group.memory_bytes(), large.size() + kFraming);
  // Behind another one, and growing.
  group.Append(2, 1, large, true);
  EXPECT_LE(group.memory_bytes(), 2 * large.size() + kFraming);
  // Encoding pads it, and finds room for that.
  const uint64_t before = group.memory_bytes();
  group.Encode(kLogAlign, {}, 1, 0);
  EXPECT_EQ(group.memory_bytes(), before);
}

TEST(Group, ManySmallBatchesAreNotMoved) {
  Group group(kKeepBytes);
  const std::string batch(1000, 'x');
  group.Append(1, 1, batch, true);
  const uint64_t before = group.memory_bytes();
  EXPECT_LE(before, kKeepBytes);
  for (Seq seq = 2; group.payload_bytes() + batch.size() + kFraming < kKeepBytes; ++seq) {
    group.Append(seq, 1, batch, true);
    ASSERT_EQ(group.memory_bytes(), before);
  }
}

TEST(Group, KeepsItsMemoryUpToTheBoundWhenItIsEmptied) {
  Group group(kKeepBytes);
  group.Append(1, 1, std::string(kKeepBytes / 2, 'x'), true);
  const uint64_t before = group.memory_bytes();
  group.Clear();
  EXPECT_EQ(group.memory_bytes(), before);
  group.Append(1, 1, std::string(2 * kKeepBytes, 'x'), true);
  group.Clear();
  EXPECT_LE(group.memory_bytes(), kFraming);
  EXPECT_TRUE(group.empty());
  group.Append(1, 1, std::string(kKeepBytes / 2, 'x'), true);
  group.SetKeepBytes(kKeepBytes / 8);
  group.Clear();
  EXPECT_LE(group.memory_bytes(), kFraming);
}

}  // namespace
}  // namespace cordwood::storage

#include "storage/log/segment_size.h"

#include <gtest/gtest.h>

namespace cordwood::storage {
namespace {

constexpr uint64_t kMegabyte = 1 << 20;
constexpr uint64_t kSecond = 1'000'000'000;

class SegmentSizes : public ::testing::Test {
 protected:
  SegmentSize size_{8 * kMegabyte, 64 * kMegabyte};
};

TEST_F(SegmentSizes, AreSmallUntilEnoughComes) {
  EXPECT_EQ(size_.bytes(), 8 * kMegabyte);
  EXPECT_FALSE(size_.NoteWritten(4 * kMegabyte - 1, 100 * kSecond));
  EXPECT_EQ(size_.bytes(), 8 * kMegabyte);
  EXPECT_TRUE(size_.NoteWritten(1, 101 * kSecond));
  EXPECT_EQ(size_.bytes(), 64 * kMegabyte);
  EXPECT_FALSE(size_.NoteWritten(8 * kMegabyte, 102 * kSecond)) << "it was a load before";
}

TEST_F(SegmentSizes, AreSmallAgainThirtySecondsAfterALoad) {
  EXPECT_TRUE(size_.NoteWritten(8 * kMegabyte, 100 * kSecond));
  EXPECT_FALSE(size_.NoteWritten(4 * kMegabyte, 110 * kSecond));
  EXPECT_FALSE(size_.Tick(140 * kSecond - 1));
  EXPECT_TRUE(size_.Tick(140 * kSecond));
  EXPECT_FALSE(size_.under_load());
  EXPECT_FALSE(size_.Tick(141 * kSecond)) << "that was told";
  EXPECT_TRUE(size_.NoteWritten(4 * kMegabyte, 142 * kSecond));
}

// Somebody always writes a little.
TEST_F(SegmentSizes, ATrickleIsNoLoad) {
  EXPECT_TRUE(size_.NoteWritten(4 * kMegabyte, 100 * kSecond));
  uint64_t now = 100 * kSecond;
  for (int i = 0; i < 100; ++i) {
    now += 10 * kSecond;
    EXPECT_FALSE(size_.NoteWritten(kMegabyte, now));
    size_.Tick(now);
  }
  EXPECT_FALSE(size_.under_load());
}

TEST_F(SegmentSizes, NeverChangeWhereBothAreEqual) {
  SegmentSize size(kMegabyte, kMegabyte);
  size.NoteWritten(kMegabyte, kSecond);
  EXPECT_EQ(size.bytes(), kMegabyte);
}

}  // namespace
}  // namespace cordwood::storage

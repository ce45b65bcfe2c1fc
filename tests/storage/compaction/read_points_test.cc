#include "storage/compaction/read_points.h"

#include <gtest/gtest.h>

namespace cordwood::storage {
namespace {

TEST(ReadPoints, AreEverySeqFromTheVisibleOneOn) {
  const ReadPoints points({}, 10);
  EXPECT_EQ(points.horizon(), 10u);
  EXPECT_EQ(points.FirstFrom(3), 10u);
  EXPECT_EQ(points.FirstFrom(10), 10u);
  EXPECT_EQ(points.FirstFrom(12), 12u);
}

TEST(ReadPoints, AreThoseOfSnapshotsInAnyOrder) {
  const ReadPoints points({7, 3, 12, 7, 10}, 10);
  EXPECT_EQ(points.horizon(), 3u);
  EXPECT_EQ(points.visible(), 10u);
  EXPECT_EQ(points.FirstFrom(0), 3u);
  EXPECT_EQ(points.FirstFrom(3), 3u);
  EXPECT_EQ(points.FirstFrom(4), 7u);
  EXPECT_EQ(points.FirstFrom(8), 10u);
}

TEST(ReadPoints, LieInARangeThatIncludesItsBeginAndNotItsEnd) {
  const ReadPoints points({5}, 10);
  EXPECT_TRUE(points.AnyIn(5, 6));
  EXPECT_TRUE(points.AnyIn(4, 6));
  EXPECT_FALSE(points.AnyIn(4, 5));
  EXPECT_FALSE(points.AnyIn(6, 10));
  EXPECT_TRUE(points.AnyIn(9, 11));
  EXPECT_TRUE(points.AnyIn(30, 31));
}

}  // namespace
}  // namespace cordwood::storage

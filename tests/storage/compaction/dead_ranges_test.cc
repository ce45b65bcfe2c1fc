#include "storage/compaction/dead_ranges.h"

#include <gtest/gtest.h>

namespace cordwood::storage {
namespace {

DeadRange Dead(std::string begin, std::optional<std::string> end, Seq seq) {
  return {.range = {.begin = std::move(begin), .end = std::move(end)}, .seq = seq};
}

TEST(DeadRangeSweep, CoversFromItsBeginUpToItsEnd) {
  DeadRangeSweep sweep({Dead("b", "d", 10)}, 10);
  EXPECT_FALSE(sweep.Covers("a", 1));
  EXPECT_TRUE(sweep.Covers("b", 1));
  EXPECT_TRUE(sweep.Covers("czz", 1));
  EXPECT_FALSE(sweep.Covers("d", 1));
}

TEST(DeadRangeSweep, CoversWhatIsOlderOnly) {
  DeadRangeSweep sweep({Dead("b", "d", 10)}, 10);
  EXPECT_FALSE(sweep.Covers("b", 11));
  EXPECT_FALSE(sweep.Covers("b", 10));
  EXPECT_TRUE(sweep.Covers("b", 9));
}

TEST(DeadRangeSweep, LeavesOutWhatIsAboveTheHorizon) {
  DeadRangeSweep sweep({Dead("a", "c", 11), Dead("b", "d", 10)}, 10);
  EXPECT_FALSE(sweep.Covers("a", 1));
  EXPECT_TRUE(sweep.Covers("b", 1));
}

TEST(DeadRangeSweep, HasNoEndWithoutABound) {
  DeadRangeSweep sweep({DeadRange::From({.begin = "b", .end = "", .seq = 10})}, 10);
  EXPECT_FALSE(sweep.Covers("a", 1));
  EXPECT_TRUE(sweep.Covers("\xff\xff", 1));
}

TEST(DeadRangeSweep, ALongRangeGoesOnBehindShortOnesInsideIt) {
  // In no order, as fragments of several runs bring them.
  DeadRangeSweep sweep({Dead("c", "d", 20), Dead("a", "z", 5), Dead("b", "d", 10)}, 100);
  EXPECT_FALSE(sweep.Covers("a", 5));
  EXPECT_TRUE(sweep.Covers("b", 9));
  EXPECT_TRUE(sweep.Covers("c", 19));
  EXPECT_FALSE(sweep.Covers("d", 9));
  EXPECT_TRUE(sweep.Covers("d", 4));
}

TEST(DeadRangeSweep, SkipsRangesBetweenTwoKeys) {
  DeadRangeSweep sweep({Dead("b", "c", 10), Dead("d", "f", 10)}, 10);
  EXPECT_FALSE(sweep.Covers("a", 1));
  EXPECT_TRUE(sweep.Covers("e", 1));
  EXPECT_FALSE(sweep.Covers("f", 1));
}

TEST(DeadRangeClip, IsThePartInsideTheBounds) {
  const DeadRange dead = Dead("b", "f", 10);
  const std::optional<DeadRange> middle = Clip(dead, {.begin = "c", .end = "d"});
  ASSERT_TRUE(middle);
  EXPECT_EQ(middle->range, (KeyRange{.begin = "c", .end = "d"}));
  EXPECT_EQ(middle->seq, 10u);
  EXPECT_EQ(Clip(dead, {.begin = "a", .end = "c"})->range, (KeyRange{.begin = "b", .end = "c"}));
  EXPECT_EQ(Clip(dead, {.begin = "c"})->range, (KeyRange{.begin = "c", .end = "f"}));
  EXPECT_EQ(Clip(dead, {})->range, dead.range);
}

TEST(DeadRangeClip, ARangeWithoutABoundEndsWhereTheBoundsDo) {
  const DeadRange dead = Dead("b", std::nullopt, 10);
  EXPECT_EQ(Clip(dead, {.begin = "a", .end = "c"})->range, (KeyRange{.begin = "b", .end = "c"}));
  EXPECT_EQ(Clip(dead, {.begin = "c"})->range, (KeyRange{.begin = "c"}));
}

TEST(DeadRangeClip, IsNothingOutside) {
  const DeadRange dead = Dead("b", "d", 10);
  EXPECT_FALSE(Clip(dead, {.begin = "a", .end = "b"}));
  EXPECT_FALSE(Clip(dead, {.begin = "d"}));
}

}  // namespace
}  // namespace cordwood::storage

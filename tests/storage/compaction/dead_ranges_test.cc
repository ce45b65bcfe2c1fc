#include "storage/compaction/dead_ranges.h"

#include <gtest/gtest.h>

#include "base/format.h"
#include "base/random.h"
#include "tests/support/seeds.h"

namespace cordwood::storage {
namespace {

DeadRange Dead(std::string begin, std::optional<std::string> end, Seq seq) {
  return {.range = {.begin = std::move(begin), .end = std::move(end)}, .seq = seq};
}

using Ranges = std::vector<DeadRange>;

// "begin-end@seq" of what Flatten makes of them.
std::vector<std::string> Flat(const Ranges& ranges) {
  std::vector<DeadRangeView> views;
  for (const DeadRange& dead : ranges) views.push_back(dead.view());
  std::vector<std::string> flat;
  for (const DeadRangeView& dead : Flatten(views)) {
    flat.push_back(Format("{}-{}@{}", dead.begin, dead.end, dead.seq));
  }
  return flat;
}

using Flattened = std::vector<std::string>;

TEST(DeadRangeFlatten, PutsRangesSideBySideInOrder) {
  EXPECT_EQ(Flat({}), Flattened{});
  EXPECT_EQ(Flat({Dead("d", "e", 1), Dead("a", "b", 2)}), (Flattened{"a-b@2", "d-e@1"}));
}

TEST(DeadRangeFlatten, TheLargestSeqCountsWhereSeveralCover) {
  EXPECT_EQ(Flat({Dead("a", "d", 1), Dead("b", "c", 2)}), (Flattened{"a-b@1", "b-c@2", "c-d@1"}));
  EXPECT_EQ(Flat({Dead("a", "d", 2), Dead("b", "c", 1)}), (Flattened{"a-d@2"}));
  EXPECT_EQ(Flat({Dead("a", "c", 1), Dead("b", "d", 2)}), (Flattened{"a-b@1", "b-d@2"}));
  EXPECT_EQ(Flat({Dead("a", "c", 2), Dead("b", "d", 1)}), (Flattened{"a-c@2", "c-d@1"}));
  EXPECT_EQ(Flat({Dead("a", "z", 5), Dead("b", "d", 10), Dead("c", "d", 20)}),
            (Flattened{"a-b@5", "b-c@10", "c-d@20", "d-z@5"}));
}

TEST(DeadRangeFlatten, NeighboursOfOneSeqBecomeOne) {
  EXPECT_EQ(Flat({Dead("b", "c", 3), Dead("a", "b", 3)}), (Flattened{"a-c@3"}));
  EXPECT_EQ(Flat({Dead("a", "b", 3), Dead("a", "b", 3)}), (Flattened{"a-b@3"}));
  EXPECT_EQ(Flat({Dead("a", "b", 3), Dead("b", "c", 4)}), (Flattened{"a-b@3", "b-c@4"}));
}

TEST(DeadRangeFlatten, KnowsRangesWithoutAnEnd) {
  EXPECT_EQ(Flat({Dead("b", std::nullopt, 3), Dead("a", "c", 5), Dead("d", "e", 1)}),
            (Flattened{"a-c@5", "c-@3"}));
  EXPECT_EQ(Flat({Dead("b", std::nullopt, 3), Dead("d", "e", 4)}),
            (Flattened{"b-d@3", "d-e@4", "e-@3"}));
}

TEST(DeadRangeFlatten, SaysTheSameAsTheRanges) {
  for (const uint64_t seed : support::Seeds(200, 5000)) {
    SCOPED_TRACE("CORDWOOD_SEED=" + std::to_string(seed));
    Random random(seed);
    std::vector<DeadRangeView> ranges;
    const std::string_view keys = "abcdefghijkl";
    for (uint64_t i = random.Below(8); i > 0; --i) {
      DeadRangeView dead{.begin = keys.substr(random.Below(12), 1), .seq = random.Below(6)};
      if (!random.OneIn(5)) dead.end = keys.substr(random.Below(12), 1);
      ranges.push_back(dead);
    }
    const std::vector<DeadRangeView> flat = Flatten(ranges);
    for (size_t i = 0; i < keys.size(); ++i) {
      const std::string_view key = keys.substr(i, 1);
      const auto largest = [&](const std::vector<DeadRangeView>& all) {
        Seq seq = 0;
        for (const DeadRangeView& dead : all) {
          if (dead.begin <= key && (dead.end.empty() || key < dead.end)) {
            seq = std::max(seq, dead.seq);
          }
        }
        return seq;
      };
      EXPECT_EQ(largest(flat), largest(ranges)) << key;
      EXPECT_TRUE(i == 0 || flat.size() <= i || flat[i - 1].end <= flat[i].begin) << "not disjoint";
    }
  }
}

TEST(DeadRanges, CoverARangeWhole) {
  const std::vector<DeadRangeView> flat = {
      {"b", "c", 10}, {"c", "e", 20}, {"f", "g", 30}, {"h", "", 40}};
  size_t at = 0;
  EXPECT_FALSE(CoversWhole(flat, &at, {.begin = "a", .end = "c"}, 5));
  EXPECT_TRUE(CoversWhole(flat, &at, {.begin = "b", .end = "e"}, 9));
  EXPECT_FALSE(CoversWhole(flat, &at, {.begin = "b", .end = "e"}, 10)) << "not the first half";
  EXPECT_TRUE(CoversWhole(flat, &at, {.begin = "c", .end = "d"}, 19));
  EXPECT_FALSE(CoversWhole(flat, &at, {.begin = "d", .end = "g"}, 5)) << "a gap";
  EXPECT_FALSE(CoversWhole(flat, &at, {.begin = "f"}, 5));
  EXPECT_TRUE(CoversWhole(flat, &at, {.begin = "i"}, 5));
}

TEST(DeadRangeSweep, CoversFromItsBeginUpToItsEnd) {
  const Ranges ranges = {Dead("b", "d", 10)};
  DeadRangeSweep sweep(ranges, ReadPoints({}, 10));
  EXPECT_FALSE(sweep.Covers("a", 1));
  EXPECT_TRUE(sweep.Covers("b", 1));
  EXPECT_TRUE(sweep.Covers("czz", 1));
  EXPECT_FALSE(sweep.Covers("d", 1));
}

TEST(DeadRangeSweep, CoversWhatIsOlderOnly) {
  const Ranges ranges = {Dead("b", "d", 10)};
  DeadRangeSweep sweep(ranges, ReadPoints({}, 10));
  EXPECT_FALSE(sweep.Covers("b", 11));
  EXPECT_FALSE(sweep.Covers("b", 10));
  EXPECT_TRUE(sweep.Covers("b", 9));
}

TEST(DeadRangeSweep, LeavesOutWhatIsNotVisibleYet) {
  const Ranges ranges = {Dead("a", "c", 11), Dead("b", "d", 10)};
  DeadRangeSweep sweep(ranges, ReadPoints({}, 10));
  EXPECT_FALSE(sweep.Covers("a", 1));
  EXPECT_TRUE(sweep.Covers("b", 1));
}

TEST(DeadRangeSweep, SparesWhatSomebodyMayReadBeforeTheRange) {
  const Ranges ranges = {Dead("a", "d", 20), Dead("b", "d", 10)};
  DeadRangeSweep sweep(ranges, ReadPoints({5, 15}, 30));
  EXPECT_TRUE(sweep.Covers("a", 16));
  EXPECT_FALSE(sweep.Covers("a", 15)) << "somebody reads at 15";
  EXPECT_FALSE(sweep.Covers("b", 15));
  EXPECT_TRUE(sweep.Covers("b", 16));
  EXPECT_FALSE(sweep.Covers("b", 10));
  EXPECT_TRUE(sweep.Covers("b", 9)) << "whoever reads at 15 reads behind the older range";
  EXPECT_TRUE(sweep.Covers("c", 6));
  EXPECT_FALSE(sweep.Covers("c", 5)) << "somebody reads at 5";
}

TEST(DeadRangeSweep, HasNoEndWithoutABound) {
  const Ranges ranges = {DeadRange::From({.begin = "b", .end = "", .seq = 10})};
  DeadRangeSweep sweep(ranges, ReadPoints({}, 10));
  EXPECT_FALSE(sweep.Covers("a", 1));
  EXPECT_TRUE(sweep.Covers("\xff\xff", 1));
}

TEST(DeadRangeSweep, ALongRangeGoesOnBehindShortOnesInsideIt) {
  // In no order, as fragments of several runs bring them.
  const Ranges ranges = {Dead("c", "d", 20), Dead("a", "z", 5), Dead("b", "d", 10)};
  DeadRangeSweep sweep(ranges, ReadPoints({}, 100));
  EXPECT_FALSE(sweep.Covers("a", 5));
  EXPECT_TRUE(sweep.Covers("b", 9));
  EXPECT_TRUE(sweep.Covers("c", 19));
  EXPECT_FALSE(sweep.Covers("d", 9));
  EXPECT_TRUE(sweep.Covers("d", 4));
}

TEST(DeadRangeSweep, SkipsRangesBetweenTwoKeys) {
  const Ranges ranges = {Dead("b", "c", 10), Dead("d", "f", 10)};
  DeadRangeSweep sweep(ranges, ReadPoints({}, 10));
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

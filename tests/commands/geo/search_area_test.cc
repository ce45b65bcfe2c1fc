#include "commands/geo/search_area.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "commands/geo/arguments.h"

namespace cordwood::commands::geo {
namespace {

// As they are after they have been scores.
const Position kPalermoFound = PositionOf(3479099956230698);
const Position kCataniaFound = PositionOf(3479447370796909);

bool Covers(const std::vector<keyspace::ScoreRange>& ranges, double score) {
  return std::ranges::any_of(ranges, [&](const auto& range) { return range.Contains(score); });
}

TEST(Distance, IsThatOfTheDocumentation) {
  EXPECT_EQ(FormatDistance(Distance(kPalermoFound, kCataniaFound)), "166274.1516");
  EXPECT_EQ(FormatDistance(Distance(kPalermoFound, kCataniaFound) / 1000), "166.2742");
  EXPECT_EQ(FormatDistance(Distance(kPalermoFound, kCataniaFound) / 1609.34), "103.3182");
  EXPECT_EQ(FormatDistance(Distance(kPalermoFound, kPalermoFound)), "0.0000");
}

TEST(Distance, AlongAMeridianIsThatOfTheLatitudes) {
  const Position south = {.longitude = 20, .latitude = -10};
  const Position north = {.longitude = 20, .latitude = 50};
  EXPECT_DOUBLE_EQ(Distance(south, north), 6372797.560856 * M_PI / 3);
}

TEST(FormatDistance, HasFourPlaces) {
  EXPECT_EQ(FormatDistance(0), "0.0000");
  EXPECT_EQ(FormatDistance(0.00004), "0.0000");
  EXPECT_EQ(FormatDistance(0.05), "0.0500");
  EXPECT_EQ(FormatDistance(0.99996), "1.0000");
  EXPECT_EQ(FormatDistance(12.3456), "12.3456");
  EXPECT_EQ(FormatDistance(20020741.1234), "20020741.1234");
  // Halves go to the even digit.
  EXPECT_EQ(FormatDistance(0.00025 * 0.5), "0.0001");
  EXPECT_EQ(FormatDistance(3.0 / 8192), "0.0004");
}

TEST(SearchArea, ACircleHoldsWhatIsNear) {
  SearchArea area = {
      .center = {.longitude = 15, .latitude = 37}, .radius = 100, .unit_meters = 1000};
  EXPECT_FALSE(area.DistanceInside(kPalermoFound));
  ASSERT_TRUE(area.DistanceInside(kCataniaFound));
  EXPECT_EQ(FormatDistance(*area.DistanceInside(kCataniaFound) / 1000), "56.4413");
  area.radius = 200;
  ASSERT_TRUE(area.DistanceInside(kPalermoFound));
  EXPECT_EQ(FormatDistance(*area.DistanceInside(kPalermoFound) / 1000), "190.4424");
}

TEST(SearchArea, ABoxHoldsWhatIsNearInBothDirections) {
  SearchArea area = {.center = {.longitude = 15, .latitude = 37},
                     .is_box = true,
                     .width = 400,
                     .height = 400,
                     .unit_meters = 1000};
  ASSERT_TRUE(area.DistanceInside(kPalermoFound));
  EXPECT_EQ(FormatDistance(*area.DistanceInside(kPalermoFound) / 1000), "190.4424");
  area.height = 200;
  EXPECT_FALSE(area.DistanceInside(kPalermoFound));
  EXPECT_TRUE(area.DistanceInside(kCataniaFound));
  area = {.center = area.center, .is_box = true, .width = 200, .height = 400, .unit_meters = 1000};
  EXPECT_FALSE(area.DistanceInside(kPalermoFound));
}

TEST(SearchArea, NothingIsOnlyItself) {
  SearchArea area = {.center = kPalermoFound};
  EXPECT_EQ(area.DistanceInside(kPalermoFound), 0);
  EXPECT_FALSE(area.DistanceInside(kCataniaFound));
  EXPECT_TRUE(Covers(area.Scores(), 3479099956230698));
}

TEST(SearchArea, WhatIsInsideIsInOneOfItsRanges) {
  constexpr uint64_t kSeed = 14;
  SCOPED_TRACE(kSeed);
  Random random(kSeed);
  const auto part = [&] { return static_cast<double>(random.Next() >> 11) * 0x1p-53; };
  const auto between = [&](double low, double high) { return low + part() * (high - low); };
  int inside = 0;
  for (int i = 0; i < 20'000; ++i) {
    SearchArea area = {.center = {.longitude = between(-140, 140), .latitude = between(-60, 60)},
                       .is_box = random.Below(2) == 0};
    area.radius = std::pow(10, between(0, 6));
    area.width = std::pow(10, between(0, 6));
    area.height = std::pow(10, between(0, 6));
    const double reach = area.is_box ? std::max(area.width, area.height) / 2 : area.radius;
    const double degrees = reach / 111'000;
    const Position position = {.longitude = area.center.longitude + between(-2, 2) * degrees,
                               .latitude = area.center.latitude + between(-1, 1) * degrees};
    if (!position.is_inside() || !area.DistanceInside(position)) continue;
    ++inside;
    EXPECT_TRUE(Covers(area.Scores(), ScoreOf(position))) << i;
  }
  EXPECT_GT(inside, 2000);
}

TEST(SearchArea, RangesDoNotOverlap) {
  // So coarse that both directions of an axis lead to the same cell.
  SearchArea area = {.center = {.longitude = 1, .latitude = 1}, .radius = 10'000'000};
  const auto ranges = area.Scores();
  EXPECT_EQ(ranges.size(), 4u);
  for (const auto& one : ranges) {
    const auto overlaps = [&](const auto& other) { return other.Contains(one.min); };
    EXPECT_EQ(std::ranges::count_if(ranges, overlaps), 1);
  }
}

}  // namespace
}  // namespace cordwood::commands::geo

#include "commands/geo/geohash.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <string_view>

#include "base/random.h"

namespace cordwood::commands::geo {
namespace {

constexpr Position kPalermo = {.longitude = 13.361389, .latitude = 38.115556};
constexpr Position kCatania = {.longitude = 15.087269, .latitude = 37.502669};

Position RandomPosition(Random& random) {
  const auto part = [&] { return static_cast<double>(random.Next() >> 11) * 0x1p-53; };
  return {.longitude = (2 * part() - 1) * kLongitudeMax,
          .latitude = (2 * part() - 1) * kLatitudeMax};
}

TEST(Geohash, ScoresAreThoseOfTheDocumentation) {
  EXPECT_EQ(ScoreOf(kPalermo), 3479099956230698);
  EXPECT_EQ(ScoreOf(kCatania), 3479447370796909);
}

TEST(Geohash, PositionsAreThoseOfTheDocumentation) {
  const Position palermo = PositionOf(3479099956230698);
  EXPECT_EQ(palermo.longitude, 13.36138933897018433);
  EXPECT_EQ(palermo.latitude, 38.11555639549629859);
  const Position catania = PositionOf(3479447370796909);
  EXPECT_EQ(catania.longitude, 15.08726745843887329);
  EXPECT_EQ(catania.latitude, 37.50266842333162032);
}

TEST(Geohash, TextsAreThoseOfTheDocumentation) {
  EXPECT_EQ(GeohashOf(PositionOf(ScoreOf(kPalermo))), "sqc8b49rny0");
  EXPECT_EQ(GeohashOf(PositionOf(ScoreOf(kCatania))), "sqdtr74hyu0");
}

TEST(Geohash, BoundsArePartOfTheMap) {
  EXPECT_TRUE((Position{.longitude = 180, .latitude = -85.05112878}).is_inside());
  EXPECT_FALSE((Position{.longitude = 180.0001, .latitude = 0}).is_inside());
  EXPECT_FALSE((Position{.longitude = 0, .latitude = 85.0512}).is_inside());
  EXPECT_FALSE((Position{.longitude = std::nan(""), .latitude = 0}).is_inside());
  EXPECT_EQ(ScoreOf({.longitude = -180, .latitude = -kLatitudeMax}), 0);
  // The last part of an axis is full: its end lies one part further, beyond 52 bits.
  EXPECT_EQ(ScoreOf({.longitude = 180, .latitude = kLatitudeMax}), 0x3p52);
}

TEST(Geohash, ComesBackAsNearAsACellIsLarge) {
  constexpr uint64_t kSeed = 11;
  SCOPED_TRACE(kSeed);
  Random random(kSeed);
  for (int i = 0; i < 10'000; ++i) {
    const Position position = RandomPosition(random);
    const double score = ScoreOf(position);
    const Position back = PositionOf(score);
    EXPECT_NEAR(back.longitude, position.longitude, kLongitudeMax * 0x1p-26);
    EXPECT_NEAR(back.latitude, position.latitude, kLatitudeMax * 0x1p-26);
    EXPECT_EQ(ScoreOf(back), score);
  }
}

TEST(Geohash, ACellHoldsThePositionsWhoseScoresAreInItsRange) {
  constexpr uint64_t kSeed = 12;
  SCOPED_TRACE(kSeed);
  Random random(kSeed);
  for (int i = 0; i < 10'000; ++i) {
    const Position position = RandomPosition(random);
    const int step = static_cast<int>(random.Below(kStepMax)) + 1;
    const Cell cell = CellAt(position, step);
    const Box box = BoxOf(cell);
    EXPECT_LE(box.min.longitude, position.longitude);
    EXPECT_LE(box.min.latitude, position.latitude);
    EXPECT_GE(box.max.longitude, position.longitude);
    EXPECT_GE(box.max.latitude, position.latitude);
    const keyspace::ScoreRange scores = ScoresOf(cell);
    EXPECT_TRUE(scores.Contains(ScoreOf(position)));
    EXPECT_EQ(scores.max - scores.min, std::ldexp(1.0, 2 * (kStepMax - step)));
    EXPECT_FALSE(scores.Contains(scores.max));
  }
}

TEST(Geohash, NeighborsTouch) {
  constexpr uint64_t kSeed = 13;
  SCOPED_TRACE(kSeed);
  Random random(kSeed);
  for (int i = 0; i < 1000; ++i) {
    const Position position = {.longitude = RandomPosition(random).longitude / 2,
                               .latitude = RandomPosition(random).latitude / 2};
    const Cell cell = CellAt(position, static_cast<int>(random.Below(kStepMax - 2)) + 3);
    const Box box = BoxOf(cell);
    EXPECT_EQ(BoxOf(Neighbor(cell, 1, 0)).min.longitude, box.max.longitude);
    EXPECT_EQ(BoxOf(Neighbor(cell, 1, 0)).min.latitude, box.min.latitude);
    EXPECT_EQ(BoxOf(Neighbor(cell, 0, 1)).min.latitude, box.max.latitude);
    EXPECT_EQ(BoxOf(Neighbor(cell, -1, 1)).max.longitude, box.min.longitude);
    EXPECT_EQ(Neighbor(Neighbor(cell, 1, -1), -1, 1), cell);
  }
}

TEST(Geohash, TheOtherSideIsNextToTheEdge) {
  const Cell east = CellAt({.longitude = 179, .latitude = 10}, 5);
  EXPECT_EQ(Neighbor(east, 1, 0), CellAt({.longitude = -179, .latitude = 10}, 5));
  const Cell south = CellAt({.longitude = 10, .latitude = -85}, 5);
  EXPECT_EQ(Neighbor(south, 0, -1), CellAt({.longitude = 10, .latitude = 85}, 5));
}

TEST(Geohash, AnyScoreIsSomewhere) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const double score : {-1.0, 0.5, -0.0, 1e18, 1e19, 1e20, -1e300, kInfinity, -kInfinity}) {
    EXPECT_TRUE(PositionOf(score).is_inside()) << score;
  }
  // As redis-server on x86-64 has it.
  EXPECT_EQ(PositionOf(-1).longitude, 180);
  EXPECT_EQ(PositionOf(-1).latitude, kLatitudeMax);
  EXPECT_EQ(PositionOf(kInfinity).longitude, PositionOf(0).longitude);
}

}  // namespace
}  // namespace cordwood::commands::geo

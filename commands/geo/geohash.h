#pragma once

// Positions on the Earth as numbers. Each axis is halved again and again, up to 26 times; of each
// step a bit says which half it is, and the bits of both axes alternate, longitude first. So the 52
// bits of a position are a score of a sorted set, and all positions in a cell of the grid are one
// range of scores.
//
// The arithmetic is that of Redis, operation by operation: scores, and what is read out of them,
// are the same to the last bit.
//
// Threads: any; no state.

#include <cstdint>
#include <string>

#include "keyspace/types/sorted_set_ranges.h"

namespace cordwood::commands::geo {

// The square of the Web Mercator projection (EPSG:3857); poles lie outside of it.
inline constexpr double kLongitudeMax = 180;
inline constexpr double kLatitudeMax = 85.05112878;

/// In degrees.
struct Position {
  double longitude = 0;
  double latitude = 0;

  bool is_inside() const {
    return longitude >= -kLongitudeMax && longitude <= kLongitudeMax && latitude >= -kLatitudeMax &&
           latitude <= kLatitudeMax;
  }
};

inline constexpr int kStepMax = 26;

/// A cell of the grid of 2^step times 2^step cells.
struct Cell {
  uint64_t bits = 0;
  int step = kStepMax;

  bool operator==(const Cell&) const = default;
};

/// From its south-western corner to its north-eastern one.
struct Box {
  Position min;
  Position max;
};

/// REQUIRES: position.is_inside(), and 1 <= step <= kStepMax.
Cell CellAt(const Position& position, int step);
Box BoxOf(const Cell& cell);
/// So many cells further, each at most one; behind an edge comes the other side.
Cell Neighbor(const Cell& cell, int east, int north);
/// Those of all positions in the cell.
keyspace::ScoreRange ScoresOf(const Cell& cell);

/// REQUIRES: position.is_inside().
double ScoreOf(const Position& position);
/// The middle of the smallest cell. Any score gives some position, within the bounds.
Position PositionOf(double score);

/// The eleven letters by which others know the place, in the usual geohash: there latitudes go from
/// -90 to 90. The eleventh has no bits left, and is always a zero.
std::string GeohashOf(const Position& position);

}  // namespace cordwood::commands::geo

#pragma once

// A circle or a box on the Earth: which ranges of scores may hold what lies in it, and whether a
// position does. The Earth is a ball here, and distances are those along a great circle.
//
// As in geohash.h, every operation is the one that Redis does.
//
// Threads: any; no state.

#include <optional>
#include <vector>

#include "commands/geo/geohash.h"
#include "keyspace/types/sorted_set_ranges.h"

namespace cordwood::commands::geo {

/// In meters.
double Distance(const Position& from, const Position& to);

struct SearchArea {
  Position center;
  bool is_box = false;
  double radius = 0;  // of a circle
  double width = 0;   // of a box, with its center in the middle
  double height = 0;
  double unit_meters = 1;  // of the three

  /// How far from the center, in meters; nothing outside of the area.
  std::optional<double> DistanceInside(const Position& position) const;
  /// That of the cell of the center first, then those of its neighbors as far as they are needed,
  /// in the order in which Redis goes through them.
  std::vector<keyspace::ScoreRange> Scores() const;

 private:
  /// A box around it.
  Box Bounds() const;
  /// The cell of the center, so large that it and its neighbors cover the area, as a rule.
  int EstimateStep() const;
};

}  // namespace cordwood::commands::geo

#include "commands/geo/search_area.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace cordwood::commands::geo {
namespace {

constexpr double kEarthRadiusMeters = 6372797.560856;
// Half of the length of the equator on the map.
constexpr double kMercatorMax = 20037726.37;
constexpr double kRadiansOfDegree = std::numbers::pi / 180.0;

double ToRadians(double degrees) { return degrees * kRadiansOfDegree; }
double ToDegrees(double radians) { return radians / kRadiansOfDegree; }

double LatitudeDistance(double from, double to) {
  return kEarthRadiusMeters * std::fabs(ToRadians(to) - ToRadians(from));
}

struct Direction {
  int east;
  int north;
};
constexpr std::array<Direction, 9> kDirections = {
    {{0, 0}, {0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}}};

/// A cell, and the ones around it, do not reach as far as the bounds.
bool FallsShort(const Cell& cell, const Box& bounds) {
  return BoxOf(Neighbor(cell, 0, 1)).max.latitude < bounds.max.latitude ||
         BoxOf(Neighbor(cell, 0, -1)).min.latitude > bounds.min.latitude ||
         BoxOf(Neighbor(cell, 1, 0)).max.longitude < bounds.max.longitude ||
         BoxOf(Neighbor(cell, -1, 0)).min.longitude > bounds.min.longitude;
}

/// The cell itself reaches beyond the bounds in that direction.
bool IsUseless(const Direction& to, const Box& cell, const Box& bounds) {
  return (to.north < 0 && cell.min.latitude < bounds.min.latitude) ||
         (to.north > 0 && cell.max.latitude > bounds.max.latitude) ||
         (to.east < 0 && cell.min.longitude < bounds.min.longitude) ||
         (to.east > 0 && cell.max.longitude > bounds.max.longitude);
}

}  // namespace

/// By the haversine formula.
double Distance(const Position& from, const Position& to) {
  const double v = std::sin((ToRadians(to.longitude) - ToRadians(from.longitude)) / 2);
  if (v == 0.0) return LatitudeDistance(from.latitude, to.latitude);
  const double from_latitude = ToRadians(from.latitude);
  const double to_latitude = ToRadians(to.latitude);
  const double u = std::sin((to_latitude - from_latitude) / 2);
  const double a = u * u + std::cos(from_latitude) * std::cos(to_latitude) * v * v;
  return 2.0 * kEarthRadiusMeters * std::asin(std::sqrt(a));
}

std::optional<double> SearchArea::DistanceInside(const Position& position) const {
  if (!is_box) {
    const double distance = Distance(center, position);
    if (distance > radius * unit_meters) return std::nullopt;
    return distance;
  }
  if (LatitudeDistance(position.latitude, center.latitude) > height * unit_meters / 2) {
    return std::nullopt;
  }
  const Position beside = {.longitude = center.longitude, .latitude = position.latitude};
  if (Distance(position, beside) > width * unit_meters / 2) return std::nullopt;
  return Distance(center, position);
}

Box SearchArea::Bounds() const {
  const double up = unit_meters * (is_box ? height / 2 : radius);
  const double aside = unit_meters * (is_box ? width / 2 : radius);
  const double latitude_delta = ToDegrees(up / kEarthRadiusMeters);
  // Degrees of longitude are shortest where the area is nearest to a pole.
  const double nearest =
      center.latitude < 0 ? center.latitude - latitude_delta : center.latitude + latitude_delta;
  const double longitude_delta =
      ToDegrees(aside / kEarthRadiusMeters / std::cos(ToRadians(nearest)));
  return {.min = {.longitude = center.longitude - longitude_delta,
                  .latitude = center.latitude - latitude_delta},
          .max = {.longitude = center.longitude + longitude_delta,
                  .latitude = center.latitude + latitude_delta}};
}

int SearchArea::EstimateStep() const {
  double meters =
      is_box ? std::sqrt((width / 2) * (width / 2) + (height / 2) * (height / 2)) : radius;
  meters *= unit_meters;
  if (meters == 0) return kStepMax;
  int step = 1;
  for (; meters < kMercatorMax; meters *= 2) ++step;
  step -= 2;
  // Cells become narrow towards the poles.
  const double latitude = std::fabs(center.latitude);
  if (latitude > 66) --step;
  if (latitude > 80) --step;
  return std::clamp(step, 1, kStepMax);
}

std::vector<keyspace::ScoreRange> SearchArea::Scores() const {
  const Box bounds = Bounds();
  int step = EstimateStep();
  if (step > 1 && FallsShort(CellAt(center, step), bounds)) --step;
  const Cell cell = CellAt(center, step);
  const Box box = BoxOf(cell);
  std::vector<keyspace::ScoreRange> ranges;
  std::optional<Cell> last;
  for (const Direction& to : kDirections) {
    if (step >= 2 && IsUseless(to, box, bounds)) continue;
    const Cell neighbor = Neighbor(cell, to.east, to.north);
    // On the coarsest grid both directions of an axis lead to the same cell.
    if (neighbor == last) continue;
    ranges.push_back(ScoresOf(neighbor));
    last = neighbor;
  }
  return ranges;
}

}  // namespace cordwood::commands::geo

#include "commands/geo/arguments.h"

#include <cmath>
#include <cstdint>

#include "base/ascii.h"
#include "base/format.h"
#include "base/number.h"
#include "commands/core/error_texts.h"

namespace cordwood::commands::geo {

Argument<Position> ParsePosition(std::string_view longitude, std::string_view latitude) {
  const std::optional<double> east = ParseDouble(longitude);
  const std::optional<double> north = ParseDouble(latitude);
  if (!east || !north) return std::unexpected(std::string(kNotAFloat));
  const Position position = {.longitude = *east, .latitude = *north};
  if (position.is_inside()) return position;
  return std::unexpected(Format("ERR invalid longitude,latitude pair {:f},{:f}", *east, *north));
}

Argument<double> ParseUnit(std::string_view unit) {
  struct Unit {
    std::string_view name;
    double meters;
  };
  static constexpr Unit kUnits[] = {{"m", 1}, {"km", 1000}, {"ft", 0.3048}, {"mi", 1609.34}};
  for (const Unit& known : kUnits) {
    if (EqualsIgnoreCase(unit, known.name)) return known.meters;
  }
  return std::unexpected(std::string(kUnknownUnit));
}

std::string FormatDistance(double distance) {
  // Rounded once, to the nearest even: the last digit is that of Redis.
  constexpr double kParts = 10'000;
  const auto parts = static_cast<uint64_t>(std::llrint(distance * kParts));
  constexpr auto kWhole = static_cast<uint64_t>(kParts);
  return Format("{}.{:04}", parts / kWhole, parts % kWhole);
}

}  // namespace cordwood::commands::geo

#pragma once

// How clients write positions and units, and how distances are printed.
//
// Threads: any; no state.

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "commands/geo/geohash.h"

namespace cordwood::commands::geo {

inline constexpr std::string_view kUnknownUnit =
    "ERR unsupported unit provided. please use M, KM, FT, MI";

/// A value that was read, or the error to reply with.
template <typename T>
using Argument = std::expected<T, std::string>;

/// Within the bounds of what has a score.
Argument<Position> ParsePosition(std::string_view longitude, std::string_view latitude);
/// How many meters it has.
Argument<double> ParseUnit(std::string_view unit);

/// With four places behind the point.
std::string FormatDistance(double distance);

}  // namespace cordwood::commands::geo

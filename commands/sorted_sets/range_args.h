#pragma once

// How clients write a range of scores ("1.5", "(1.5", "-inf") and one of names ("[a", "(a", "-",
// "+"). What is taken is what Redis takes, which is more than a number elsewhere may be.
//
// Threads: any; no state.

#include <optional>
#include <string_view>

#include "keyspace/types/sorted_set_ranges.h"

namespace cordwood::commands::sorted_sets {

inline constexpr std::string_view kNotAScoreRange = "ERR min or max is not a float";
inline constexpr std::string_view kNotALexRange = "ERR min or max not valid string range item";

/// Nothing: the reply is kNotAScoreRange.
std::optional<keyspace::ScoreRange> ParseScoreRange(std::string_view min, std::string_view max);
/// Nothing: the reply is kNotALexRange. The range points into the arguments.
std::optional<keyspace::LexRange> ParseLexRange(std::string_view min, std::string_view max);

}  // namespace cordwood::commands::sorted_sets

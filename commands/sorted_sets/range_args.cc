#include "commands/sorted_sets/range_args.h"

#include "base/number.h"

namespace cordwood::commands::sorted_sets {
namespace {

using keyspace::LexBound;
using keyspace::LexRange;
using keyspace::ScoreRange;

std::optional<LexBound> ParseLexBound(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const std::string_view rest = text.substr(1);
  // Redis looks no further than a NUL.
  const bool is_alone = rest.empty() || rest.front() == '\0';
  switch (text.front()) {
    case '[':
      return LexBound{.kind = LexBound::Kind::kWith, .name = rest};
    case '(':
      return LexBound{.kind = LexBound::Kind::kWithout, .name = rest};
    case '-':
      if (is_alone) return LexBound{.kind = LexBound::Kind::kBeforeAll};
      return std::nullopt;
    case '+':
      if (is_alone) return LexBound{.kind = LexBound::Kind::kBehindAll};
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<ScoreRange> ParseScoreRange(std::string_view min, std::string_view max) {
  ScoreRange range{.without_min = min.starts_with('('), .without_max = max.starts_with('(')};
  const auto lowest = ParseDoubleLoosely(min.substr(range.without_min ? 1 : 0));
  const auto highest = ParseDoubleLoosely(max.substr(range.without_max ? 1 : 0));
  if (!lowest || !highest) return std::nullopt;
  range.min = *lowest;
  range.max = *highest;
  return range;
}

std::optional<LexRange> ParseLexRange(std::string_view min, std::string_view max) {
  const std::optional<LexBound> first = ParseLexBound(min);
  const std::optional<LexBound> last = ParseLexBound(max);
  if (!first || !last) return std::nullopt;
  return LexRange{.min = *first, .max = *last};
}

}  // namespace cordwood::commands::sorted_sets

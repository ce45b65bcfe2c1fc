#include "base/glob.h"

#include <utility>

#include "base/ascii.h"

namespace cordwood {
namespace {

char Fold(char c, GlobCase letter_case) {
  return letter_case == GlobCase::kIgnored ? ToLower(c) : c;
}

bool InRange(char c, char first, char last, GlobCase letter_case) {
  if (static_cast<uint8_t>(first) > static_cast<uint8_t>(last)) std::swap(first, last);
  const auto byte = static_cast<uint8_t>(Fold(c, letter_case));
  return byte >= static_cast<uint8_t>(Fold(first, letter_case)) &&
         byte <= static_cast<uint8_t>(Fold(last, letter_case));
}

struct Step {
  size_t pattern_bytes;  // how many bytes of the pattern the step uses up
  bool matches;
};

/// Matches `c` against the class that `pattern` begins with.
Step MatchClass(std::string_view pattern, char c, GlobCase letter_case) {
  size_t at = 1;
  const bool negated = at < pattern.size() && pattern[at] == '^';
  if (negated) ++at;
  bool found = false;
  while (at < pattern.size() && pattern[at] != ']') {
    const size_t left = pattern.size() - at;
    if (pattern[at] == '\\' && left >= 2) {
      // Redis compares an escaped byte exactly, whatever the case rule.
      found |= pattern[at + 1] == c;
      at += 2;
    } else if (left >= 3 && pattern[at + 1] == '-') {
      found |= InRange(c, pattern[at], pattern[at + 2], letter_case);
      at += 3;
    } else {
      found |= Fold(pattern[at], letter_case) == Fold(c, letter_case);
      ++at;
    }
  }
  if (at < pattern.size()) ++at;  // the closing bracket
  return {.pattern_bytes = at, .matches = found != negated};
}

/// Matches `c` against the one-byte element that `pattern` begins with; not a star.
Step MatchOne(std::string_view pattern, char c, GlobCase letter_case) {
  switch (pattern[0]) {
    case '?':
      return {.pattern_bytes = 1, .matches = true};
    case '[':
      return MatchClass(pattern, c, letter_case);
    case '\\':
      if (pattern.size() >= 2) {
        return {.pattern_bytes = 2,
                .matches = Fold(pattern[1], letter_case) == Fold(c, letter_case)};
      }
      break;
    default:
      break;
  }
  return {.pattern_bytes = 1, .matches = Fold(pattern[0], letter_case) == Fold(c, letter_case)};
}

}  // namespace

bool GlobMatch(std::string_view pattern, std::string_view text, GlobCase letter_case) {
  bool starred = false;
  std::string_view pattern_after_star;
  std::string_view text_after_star;
  while (!text.empty()) {
    if (!pattern.empty() && pattern[0] == '*') {
      pattern.remove_prefix(1);
      if (pattern.empty()) return true;
      starred = true;
      pattern_after_star = pattern;
      text_after_star = text;
      continue;
    }
    if (!pattern.empty()) {
      const Step step = MatchOne(pattern, text[0], letter_case);
      if (step.matches) {
        pattern.remove_prefix(step.pattern_bytes);
        text.remove_prefix(1);
        continue;
      }
    }
    if (!starred) return false;
    // The star takes one byte more.
    text_after_star.remove_prefix(1);
    text = text_after_star;
    pattern = pattern_after_star;
  }
  return pattern.find_first_not_of('*') == std::string_view::npos;
}

std::string_view GlobPrefix(std::string_view pattern) {
  return pattern.substr(0, pattern.find_first_of("*?[\\"));
}

}  // namespace cordwood

#pragma once

// Which part of a sorted set is meant: by scores, or by names if all scores are equal.
//
// Threads: any; values.

#include <cstdint>
#include <string_view>

namespace cordwood::keyspace {

struct ScoreRange {
  double min = 0;
  double max = 0;
  bool without_min = false;  // min is not part of it
  bool without_max = false;

  bool IsEmpty() const { return min > max || (min == max && (without_min || without_max)); }
  /// The range ends before `score`.
  bool IsBefore(double score) const { return without_max ? score >= max : score > max; }
  /// The range begins behind `score`.
  bool IsBehind(double score) const { return without_min ? score <= min : score < min; }
  bool Contains(double score) const { return !IsBefore(score) && !IsBehind(score); }
};

/// An end of a range of names, which are compared byte by byte.
struct LexBound {
  enum class Kind : uint8_t {
    kBeforeAll,  // lower than every name
    kBehindAll,  // higher than every name
    kWith,       // the name itself is part of the range
    kWithout,
  };
  Kind kind = Kind::kBeforeAll;
  std::string_view name = {};  // of the last two
};

struct LexRange {
  LexBound min;
  LexBound max;

  bool IsEmpty() const {
    using Kind = LexBound::Kind;
    if (min.kind == Kind::kBehindAll || max.kind == Kind::kBeforeAll) return true;
    if (min.kind == Kind::kBeforeAll || max.kind == Kind::kBehindAll) return false;
    const bool with_both = min.kind == Kind::kWith && max.kind == Kind::kWith;
    return min.name > max.name || (min.name == max.name && !with_both);
  }
  /// The range ends before `name`.
  bool IsBefore(std::string_view name) const {
    switch (max.kind) {
      case LexBound::Kind::kBeforeAll:
        return true;
      case LexBound::Kind::kBehindAll:
        return false;
      case LexBound::Kind::kWith:
        return name > max.name;
      case LexBound::Kind::kWithout:
        return name >= max.name;
    }
    return true;
  }
  /// The range begins behind `name`.
  bool IsBehind(std::string_view name) const {
    switch (min.kind) {
      case LexBound::Kind::kBeforeAll:
        return false;
      case LexBound::Kind::kBehindAll:
        return true;
      case LexBound::Kind::kWith:
        return name < min.name;
      case LexBound::Kind::kWithout:
        return name <= min.name;
    }
    return true;
  }
  bool Contains(std::string_view name) const { return !IsBefore(name) && !IsBehind(name); }
};

}  // namespace cordwood::keyspace

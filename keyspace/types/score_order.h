#pragma once

// The order of the members of a sorted set: by score, then by name.
//
//   subkey = be64 ordered score, name; in space 2 (keyspace/types/ordered_elements.h)
//   value  = nothing; one byte if the score is -0, which sorts with 0
//
// A stretch of the order is given by two of its places: strings that are compared with subkeys.
//
// Threads: any; no state.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/coding.h"
#include "base/error.h"
#include "keyspace/types/inline_items.h"
#include "keyspace/types/sorted_set_ranges.h"

namespace cordwood::keyspace {

struct ScoredMember {
  std::string_view member;
  double score = 0;
};

/// A number that compares as the score does. -0 has that of 0. REQUIRES: no NaN.
uint64_t OrderedScore(double score);

/// The value of an item, which is its score as it is.
std::string ScoreBytes(double score);
/// kCorruption if it is none.
Result<double> ScoreOfBytes(std::string_view bytes);

// --- elements of the order ---
std::string OrderSubkey(uint64_t ordered_score, std::string_view member);
inline std::string OrderSubkey(const ScoredMember& scored) {
  return OrderSubkey(OrderedScore(scored.score), scored.member);
}
std::string_view OrderValue(double score);
/// kCorruption if it is none.
Result<ScoredMember> OrderElementOf(std::string_view subkey, std::string_view value);
/// Whether the member's place is before another, as OrderSubkey(scored) < place.
bool IsBeforePlace(const ScoredMember& scored, std::string_view place);
bool IsBefore(const ScoredMember& a, const ScoredMember& b);

/// What lies from `begin` on and before `end`; an empty end: everything from there on.
struct OrderRange {
  std::string begin;
  std::string end;

  bool IsEmpty() const { return !end.empty() && end <= begin; }
};
OrderRange OrderOf(const ScoreRange& range);
/// Of names among members that have all this score. "-" and "+" are the ends of the whole order.
OrderRange OrderOf(const LexRange& range, uint64_t ordered_score);

}  // namespace cordwood::keyspace

#pragma once

// The union, intersection or difference of sets and sorted sets, member by member, in the order of
// their hashes and in slices, each in a transaction of its own at one state. However large the sets
// are, it holds a position in each and a batch of members.
//
//   union          all sets side by side
//   intersection   the smallest set, each member looked for in the others
//   difference     the first set, each member looked for in the others
//
// A member is looked for side by side, so that both sets are walked once, or, in a set that is much
// larger than the one that is gone through, by a look-up.
//
// A member's score is what its scores come to, set by set, the smallest set first: sums of doubles
// depend on their order, and this is the one of Redis. In a difference it is that of the first set.
//
// Threads: one at a time.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "keyspace/core/transaction.h"
#include "keyspace/types/aggregate.h"
#include "keyspace/types/set_cursor.h"

namespace cordwood::keyspace {

class SetOperation {
 public:
  enum class Kind : uint8_t { kUnion, kIntersection, kDifference };
  struct Source {
    SetCursor set;
    double weight = 1;  // by which scores are multiplied, but for a difference
  };

  /// Of a difference the first set is the one that others are taken off. REQUIRES: there is a set,
  /// and all are at their begins.
  SetOperation(Kind kind, std::vector<Source> sources, Aggregate aggregate = Aggregate::kSum);

  /// How many members the result has, if that can be told without going through it.
  std::optional<uint64_t> known_count() const;

  /// Answers whether to go on.
  using Visit = std::function<Result<bool>(std::string_view subkey, double score)>;
  /// Goes on for a slice. True at the end, or after `visit` had enough. An error of its own only if
  /// it has visited nothing; it goes on after kCold.
  Result<bool> Advance(Transaction& tx, const Visit& visit);

  /// Begins anew.
  void Rewind();

 private:
  /// A member of the set that is gone through.
  struct Candidate {
    std::string subkey;
    double score = 0;       // of what was found so far
    size_t looked_for = 0;  // in so many of the other sets
    bool is_out = false;
  };
  /// What a slice has done.
  struct Slice {
    size_t members = 0;
    size_t bytes = 0;
    bool visited = false;
  };

  Result<bool> AdvanceUnion(Transaction& tx, const Visit& visit, Slice& slice);
  /// A union goes through the set at index a behind that at b.
  bool IsBehind(size_t a, size_t b) const;
  /// Puts those that have moved among those of known place.
  Status SettleMoved(Transaction& tx, Slice& slice);
  Result<bool> AdvanceFilter(Transaction& tx, const Visit& visit, Slice& slice);
  Status Gather(Transaction& tx, Slice& slice);
  Status Decide(Transaction& tx);
  Status Decide(Transaction& tx, Candidate& candidate);

  Kind kind_;
  Aggregate aggregate_;
  std::vector<Source> sources_;
  // Of a union: indexes of sets. A heap of those whose place is known, the least in front.
  std::vector<size_t> placed_;
  std::vector<size_t> moved_;
  // Of the others: the first set is gone through, and so many behind it are walked beside it.
  size_t beside_ = 0;
  std::vector<Candidate> batch_;
};

}  // namespace cordwood::keyspace

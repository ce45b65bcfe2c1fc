#pragma once

// Finds the elements of a list in elements form that are equal to a value, from an end on, in steps
// between which others may push to the list and pop from it.
//
// What was walked is one stretch of the list. When the ends have moved it keeps what they left
// alone (Keep), and Advance walks what has come to the list in front of it, and goes on behind it.
// An edit elsewhere is not for it: then a search begins anew.
//
// Ownership: the transaction outlives it. Threads: the transaction's.

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "keyspace/core/key_change.h"
#include "keyspace/core/record.h"
#include "keyspace/core/transaction.h"
#include "keyspace/types/collection.h"
#include "keyspace/types/list_walk.h"

namespace cordwood::keyspace {

class ListSearch {
 public:
  /// For the first `most` that are equal to `value`, from an end on. Of more than `kept_max` it
  /// finds only one more. The value outlives it.
  ListSearch(std::string_view value, ListEnd from, uint64_t most, uint64_t kept_max)
      : value_(value), from_(from), most_(most), kept_max_(kept_max) {}

  /// Looks at elements of the list, which now is `object`, `steps` of them at most. True when it is
  /// known which ones are equal. kLong and other errors: as WriteSteps.
  Result<bool> Advance(Transaction& tx, Generation generation, const ObjectPayload& object,
                       uint64_t steps);
  /// Since the list was what Advance last saw its ends have moved, and left these positions alone.
  void Keep(const ListEnds& stayed, bool edited);

  /// How many are known.
  uint64_t matches() const { return matches_.size(); }
  /// Their subkeys, as they lie from the end on. REQUIRES: it is known which ones are equal.
  std::vector<std::string> TakeMatches();

 private:
  bool forwards() const { return from_ == ListEnd::kHead; }
  /// The bound of the list on the side that the search comes from, or on the other one.
  std::string NearBound(const ObjectPayload& object) const;
  std::string FarBound(const ObjectPayload& object) const;
  /// Whether `a` comes before `b`, or lies there, seen from the end.
  bool IsReached(std::string_view a, std::string_view b) const {
    return forwards() ? a <= b : a >= b;
  }
  bool IsEnough(size_t matches) const { return matches >= most_ || matches > kept_max_; }
  Result<bool> AdvanceNear(Transaction& tx, Generation generation, const ObjectPayload& object,
                           uint64_t& steps);
  Result<bool> AdvanceFar(Transaction& tx, Generation generation, const ObjectPayload& object,
                          uint64_t& steps);

  const std::string_view value_;
  const ListEnd from_;
  const uint64_t most_;
  const uint64_t kept_max_;
  // What is known: from near_, a whole position, up to far_; nothing while they are empty.
  std::string near_;
  std::string far_;
  std::deque<std::string> matches_;  // subkeys in it, from near_ on
};

/// Runs a search of a list to its end. In a transaction that has a guard pushes and pops of others
/// do not spoil it meanwhile: `list` is as they left it, and nobody comes in between before the
/// commit, which adds so many bytes. `frees`: it only removes what is found. If these are many, who
/// would write the key has to wait from then on. REQUIRES: it is in elements.
Status SearchBesideOthers(Collection& list, ListSearch& search, uint64_t added_bytes, bool frees);

}  // namespace cordwood::keyspace

#pragma once

// Makes a sorted set of members that come one by one: in the record if they fit there, else over
// keyspace/types/object_builder.h, whose errors are this one's.
//
// Ownership: the transaction outlives it. Threads: the transaction's.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "keyspace/core/record.h"
#include "keyspace/core/transaction.h"
#include "keyspace/types/object_builder.h"
#include "keyspace/types/score_order.h"

namespace cordwood::keyspace {

class SortedSetBuilder {
 public:
  /// For a key of `generation`.
  SortedSetBuilder(Transaction& tx, Generation generation) : tx_(tx), generation_(generation) {}

  /// No member comes twice; in any order. It is copied. REQUIRES: the score is not NaN.
  Status Add(const ScoredMember& member);
  uint64_t count() const { return count_; }

  /// All were added: a record that has what it holds, in form and shape. REQUIRES: count() > 0.
  Result<Record> Finish();
  /// The same in elements, with a given shape; also of none.
  Result<ObjectPayload> FinishObject(uint8_t shape);

 private:
  /// What was held goes into an object.
  Status Unload();
  Status PutElements(const ScoredMember& member);

  Transaction& tx_;
  const Generation generation_;
  uint64_t count_ = 0;
  size_t longest_ = 0;
  ScoreSpan scores_;
  std::vector<std::pair<std::string, double>> held_;  // while they fit inline
  uint64_t bytes_ = 0;                                // that they would take
  std::optional<ObjectBuilder> object_;
};

}  // namespace cordwood::keyspace

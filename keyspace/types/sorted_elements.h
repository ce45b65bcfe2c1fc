#pragma once

// The elements of a sorted set in elements form: each member has two.
//
//   space 1   keyspace/types/hashed_elements.h; the value is the score
//   space 2   keyspace/types/score_order.h
//
// Whoever works on them puts object() into the key's record afterwards if it changed, or removes
// the key if the count is 0. What is taken away is deleted in both spaces.
//
// Ownership: the transaction outlives it. Threads: the transaction's.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "keyspace/core/record.h"
#include "keyspace/core/transaction.h"
#include "keyspace/types/element_walk.h"
#include "keyspace/types/hashed_elements.h"
#include "keyspace/types/score_order.h"

namespace cordwood::keyspace {

class SortedElements {
 public:
  using Object = OrderedElements::Object;
  using Name = HashedElements::Name;

  /// REQUIRES: object.scores.
  SortedElements(Transaction& tx, Generation generation, const ObjectPayload& object,
                 Object state = Object::kStored);

  const ObjectPayload& object() const { return object_; }
  uint64_t count() const { return object_.count; }
  void SetShape(uint8_t shape) { object_.shape = shape; }

  Result<std::optional<double>> Score(const Name& member);
  /// The members by name, for looking at some of them before.
  HashedElements items() const { return items_; }
  /// REQUIRES: it is not there.
  void Add(const Name& member, double score);
  /// REQUIRES: it is there, with the score `from`, which sorts otherwise than `to`.
  void Move(const Name& member, double from, double to);
  /// REQUIRES: it is there.
  void Delete(const Name& member, double score);

  /// Of a stretch that is not empty.
  ElementWalk Walk(const OrderRange& range, ElementWalk::Direction direction,
                   std::string position = {}) const;
  /// All is written: ranks, if there are any, follow. Before object() is put. kCold, and kLong: it
  /// is to be done by a transaction that waits.
  Status FollowRanks();
  /// Nothing is left in the stretch; something is elsewhere. The hints of the scores go inwards if
  /// it is at an end.
  void NoteEmpty(const OrderRange& range);

 private:
  void PutOrder(std::string_view member, double score);
  /// Where the member lies in the order it goes on lying.
  void PutInPlace(std::string_view member, double score);
  void DeleteOrder(std::string_view member, double score);

  Transaction& tx_;
  const Generation generation_;
  ObjectPayload object_;
  HashedElements items_;
  OrderedElements order_;
  // Elements of the order, if there are ranks that have to follow.
  std::vector<std::string> put_;
  std::vector<std::string> deleted_;
};

}  // namespace cordwood::keyspace

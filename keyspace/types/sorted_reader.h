#pragma once

// Reads the members of a sorted set in their order, in either form and from either end, within a
// stretch of the order.
//
// A reader can stop anywhere; another one, in another transaction at the same state, goes on at its
// position, in either direction: it is a place between two members.
//
// Ownership: the transaction and the record outlive it. Threads: the transaction's.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "keyspace/core/record.h"
#include "keyspace/core/transaction.h"
#include "keyspace/types/element_walk.h"
#include "keyspace/types/score_order.h"

namespace cordwood::keyspace {

/// The members of a sorted set in inline form, in their order. Views into `items`.
Result<std::vector<ScoredMember>> InlineMembers(std::string_view items);

/// The stretch of `range` in which there may be elements: hints of the least and the greatest score
/// bound it.
OrderRange WithinScores(OrderRange range, const ScoreSpan& scores);

class SortedReader {
 public:
  using Direction = ElementWalk::Direction;

  /// Of a key of `generation`. Goes on at `position`; empty: begins at the end that it comes from.
  SortedReader(Transaction& tx, Generation generation, const Record& record, OrderRange range,
               Direction direction, std::string position = {});
  SortedReader(const SortedReader&) = delete;
  SortedReader& operator=(const SortedReader&) = delete;

  /// As ElementWalk's.
  void SetBudget(uint64_t entries) { budget_ = entries; }
  /// The next member, which lives until the next call; nothing behind the last one. kCold, kPaused
  /// and other errors: position() tells how far it got.
  Result<std::optional<ScoredMember>> Next();
  /// Behind the last member, in the direction of reading, or where it got to since.
  std::string position() const;

 private:
  bool forwards() const { return direction_ == Direction::kForwards; }
  Status Open();
  Status OpenInline();
  std::optional<ScoredMember> NextInline();

  Transaction& tx_;
  const Generation generation_;
  const Record& record_;
  const OrderRange range_;
  const Direction direction_;
  const std::string position_;  // where it began
  uint64_t budget_ = UINT64_MAX;
  bool opened_ = false;
  bool is_empty_ = false;
  std::optional<ElementWalk> walk_;  // of elements
  // Of inline members: those in the range that are left.
  std::vector<ScoredMember> members_;
  size_t first_ = 0;
  size_t end_ = 0;
  std::optional<ScoredMember> met_;
};

}  // namespace cordwood::keyspace

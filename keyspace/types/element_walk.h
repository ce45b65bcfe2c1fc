#pragma once

// Walks the elements of a stretch of an object's space, from either end.
//
// A walk can stop anywhere; another one, in another transaction at the same state, goes on at its
// position. A position is a place between two elements: what lies before it and behind it are the
// same elements for walks in both directions.
//
// Ownership: the transaction outlives it. Threads: the transaction's.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "keyspace/core/transaction.h"
#include "keyspace/types/ordered_elements.h"

namespace cordwood::keyspace {

class ElementWalk {
 public:
  enum class Direction : uint8_t { kForwards, kBackwards };
  /// The subkeys from `begin` on and before `end`.
  struct Stretch {
    std::string begin;
    std::string end;
  };

  /// Goes on at `position`; empty: begins at the end that it comes from.
  ElementWalk(Transaction& tx, OrderedElements elements, const Stretch& stretch,
              Direction direction, std::string position = {});
  ElementWalk(const ElementWalk&) = delete;
  ElementWalk& operator=(const ElementWalk&) = delete;

  /// As RangeWalk has one. In a transaction that waits others have their turn when it is used up,
  /// and the walk goes on.
  void SetBudget(uint64_t entries) { budget_ = entries; }

  uint64_t stepped() const { return walk_.stepped(); }

  struct Element {
    std::string_view subkey;
    std::string_view value;
  };
  /// The next element, which lives until the next call; nothing behind the last one. kCold, kPaused
  /// and other errors: position() tells how far it got.
  Result<std::optional<Element>> Next();

  /// Behind the last element, in the direction of the walk, or where it got to since.
  std::string position() const;

 private:
  bool forwards() const { return direction_ == Direction::kForwards; }
  void Move();

  Transaction& tx_;
  const Direction direction_;
  const OrderedElements elements_;
  OrderedElements::Walk walk_;
  std::string position_;
  uint64_t budget_ = UINT64_MAX;
  bool opened_ = false;
  bool met_ = false;  // the walk is at the element that Next gave
};

}  // namespace cordwood::keyspace

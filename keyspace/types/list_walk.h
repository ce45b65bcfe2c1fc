#pragma once

// Walks the elements of a list in elements form, from either end, within the list's bounds.
//
//   subkey = position u64 (big-endian), suffix; in space 1 (keyspace/types/ordered_elements.h)
//   value  = the element
//
// A push takes the next position and no suffix; what was inserted between two others has the
// position of the one on its left (keyspace/types/list_suffix.h). What lies outside of the span is
// no part of the list.
//
// A walk can stop anywhere; another one, in another transaction at the same state, goes on at its
// position.
//
// Ownership: the transaction outlives it. Threads: the transaction's.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "keyspace/core/record.h"
#include "keyspace/core/transaction.h"
#include "keyspace/types/ordered_elements.h"

namespace cordwood::keyspace {

enum class ListEnd : uint8_t { kHead, kTail };

inline ListEnd OtherEnd(ListEnd end) {
  return end == ListEnd::kHead ? ListEnd::kTail : ListEnd::kHead;
}

/// The subkey at a position, without a suffix.
std::string ListSubkey(uint64_t position, std::string_view suffix = {});
/// REQUIRES: the subkey is one.
uint64_t PositionOf(std::string_view subkey);
std::string_view SuffixOf(std::string_view subkey);

class ListWalk {
 public:
  /// Goes on at `position`; empty: begins at the end that it comes from. REQUIRES: object.list.
  ListWalk(Transaction& tx, Generation generation, const ObjectPayload& object, ListEnd from,
           std::string position = {});
  ListWalk(const ListWalk&) = delete;
  ListWalk& operator=(const ListWalk&) = delete;

  /// Where a walk begins that leaves out so many. Of an edited list this takes walking: nothing.
  static std::optional<std::string> PositionBehind(const ObjectPayload& object, ListEnd from,
                                                   uint64_t elements);

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
  bool forwards() const { return from_ == ListEnd::kHead; }
  void Move();

  Transaction& tx_;
  const ListEnd from_;
  OrderedElements elements_;
  OrderedElements::Walk walk_;
  std::string position_;
  uint64_t budget_ = UINT64_MAX;
  bool opened_ = false;
  bool met_ = false;  // the walk is at the element that Next gave
};

}  // namespace cordwood::keyspace

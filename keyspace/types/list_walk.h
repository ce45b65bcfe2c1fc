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
// It stops and goes on as an ElementWalk (keyspace/types/element_walk.h).
//
// Ownership: the transaction outlives it. Threads: the transaction's.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "keyspace/core/record.h"
#include "keyspace/core/transaction.h"
#include "keyspace/types/element_walk.h"

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

  /// As ElementWalk's.
  void SetBudget(uint64_t entries) { walk_.SetBudget(entries); }
  uint64_t stepped() const { return walk_.stepped(); }
  using Element = ElementWalk::Element;
  Result<std::optional<Element>> Next();
  std::string position() const { return walk_.position(); }

 private:
  ElementWalk walk_;
};

}  // namespace cordwood::keyspace

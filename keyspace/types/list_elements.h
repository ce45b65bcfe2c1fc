#pragma once

// The elements of a list in elements form: how they are added, taken away and edited. Whoever works
// on them puts object() into the key's record afterwards, or removes the key if the count is 0.
//
// An unedited list has one element at each position. Its ends move without anything being deleted:
// what lies outside of the bounds is overwritten when they move back. Once something is removed
// from its middle, or put there, it is edited: what is taken away from such a list is deleted.
//
// What takes more steps than a turn should answers kLong, and is for a transaction that waits.
//
// Ownership: the transaction outlives it. Threads: the transaction's.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "keyspace/core/record.h"
#include "keyspace/core/transaction.h"
#include "keyspace/types/list_walk.h"
#include "keyspace/types/object_builder.h"
#include "keyspace/types/ordered_elements.h"

namespace cordwood::keyspace {

/// Writes the elements of a new list, from the head on.
class ListBuilder {
 public:
  ListBuilder(Transaction& tx, Generation generation);
  /// Errors as ObjectBuilder::Put.
  Status Put(std::string_view value);
  Result<ObjectPayload> Finish(uint8_t shape);

 private:
  ObjectBuilder builder_;
  ListSpan span_;
};

class ListElements {
 public:
  using Element = ListWalk::Element;
  using Visit = std::function<void(const Element&)>;

  /// REQUIRES: object.list.
  ListElements(Transaction& tx, Generation generation, const ObjectPayload& object);

  const ObjectPayload& object() const { return object_; }
  uint64_t count() const { return object_.count; }
  void SetShape(uint8_t shape) { object_.shape = shape; }

  // --- ends (list_elements.cc) ---
  Status Push(ListEnd end, std::span<const std::string_view> values);
  /// Calls visit(element) for the first `count` from an end. REQUIRES: there are so many.
  Status VisitEnd(ListEnd end, uint64_t count, const Visit& visit);
  /// The same, and takes them off. REQUIRES: more are there.
  Status TakeOff(ListEnd end, uint64_t count, const Visit& visit);
  /// Leaves `count` from `first` on. REQUIRES: that is a part of the list, and not empty.
  Status Trim(uint64_t first, uint64_t count);
  /// Counts the packed bytes, if they are not known and that takes few steps.
  Status CountPackedBytes();

  // --- edits (list_edits.cc) ---
  /// Where the element at an index lies. REQUIRES: there is one.
  Result<std::string> SubkeyAt(uint64_t index);
  Status Replace(std::string_view subkey, std::string_view value);
  /// Between two neighbours; empty: there is none on that side.
  struct Place {
    std::string left;
    std::string right;
  };
  /// Before the first element that is equal to `pivot`, or behind it. Nothing if there is none.
  Result<std::optional<Place>> PlaceBeside(std::string_view pivot, bool before);
  /// REQUIRES: both are there.
  Status InsertBetween(std::string_view left, std::string_view right, std::string_view value);
  /// Removes up to `most` that are equal to `value`, from an end on; returns how many. If these are
  /// all, they stay, and the count is 0.
  Result<uint64_t> RemoveEqual(std::string_view value, ListEnd from, uint64_t most);
  /// Its elements are few, and lie far apart.
  bool IsSparse() const;
  /// Under a fresh oid, unedited.
  Status WriteAnew();

 private:
  ListSpan& span() { return *object_.list; }
  bool edited() const { return (object_.shape & kEdited) != 0; }
  ListWalk Walk(ListEnd from, std::string position = {}) {
    return {tx_, generation_, object_, from, std::move(position)};
  }

  /// Has dead ranges cover what lies around the bounds of an unedited list, if it is much.
  void ClearAround();
  /// Moves a bound of an edited list to the next element that is there.
  Status SettleBound(ListEnd end);
  Status TakeOffEdited(ListEnd end, uint64_t count, const Visit& visit);
  Status TrimEdited(uint64_t first, uint64_t count);
  /// What is left, if so many are taken off an unedited list.
  Status CountTrimmed(uint64_t before, uint64_t behind);
  /// Of a part of the list. In any order.
  Status DeleteEach(std::vector<std::string> subkeys);
  /// All at the position of `left`, with `value` behind that one.
  Status SpreadPosition(std::string_view left, std::string_view value);
  /// Takes `count` elements from `position` on through `rewrite`, which puts what there is to be.
  using Rewrite = std::function<Status(const Element&, ListBuilder&)>;
  Status WriteAnew(std::string position, uint64_t count, const Rewrite& rewrite);

  Transaction& tx_;
  const Generation generation_;
  ObjectPayload object_;
};

/// Some of a list's elements cannot be found.
Error ListElementIsMissing();

}  // namespace cordwood::keyspace

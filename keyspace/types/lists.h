#pragma once

// The list type, over keyspace/types/collection.h.
//
//   inline      items: the elements, from the head on
//   elements    keyspace/types/list_walk.h; the record says between which positions they lie
//
// A push writes an element and the record. A pop moves the bound in the record past what it took
// and deletes nothing: what lies outside of the bounds is never looked at, and is overwritten when
// the list grows back over it. Dead ranges give its space back. So a queue never steps over its own
// tombstones.
//
// A list becomes edited when something is removed from its middle or put there: then its elements
// no longer lie at every position, and what is taken away is deleted.
//
// A write that takes more steps than one turn should answers kLong, and is done by a transaction
// that waits.
//
// Ownership: the transaction outlives it; the key's name is not copied. Threads: the
// transaction's.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "keyspace/types/collection.h"
#include "keyspace/types/inline_items.h"
#include "keyspace/types/list_walk.h"

namespace cordwood::keyspace {

/// For the type's row in keyspace/types/traits.h. kCorruption if the bytes are no element.
Result<Item> TakeInlineElement(ByteReader& in);
Result<Item> ListElementOf(std::string_view subkey, std::string_view stored);
/// The elements of a list in inline form. Views into `items`.
Result<std::vector<std::string_view>> InlineElements(std::string_view items);

class List {
 public:
  /// As for a Collection.
  List(Transaction& tx, const KeyName& name, Lookup&& found)
      : collection_(tx, name, std::move(found), Type::kList) {}

  bool exists() const { return collection_.exists(); }
  bool in_elements() const { return collection_.in_elements(); }

  Result<uint64_t> Length() const;

  /// Puts one behind the other at an end. Creates the key.
  Status Push(ListEnd end, std::span<const std::string_view> values);

  /// Takes so many off an end, or all that there are, and calls visit(value) for each. Removes the
  /// key with its last element.
  using Visit = std::function<void(std::string_view)>;
  Status Pop(ListEnd end, uint64_t count, const Visit& visit);
  /// Takes one off an end and puts it at another; the key stays. Calls visit(value). REQUIRES:
  /// exists().
  Status Rotate(ListEnd from, ListEnd to, const Visit& visit);

 private:
  using Values = std::vector<std::string_view>;

  Transaction& tx() const { return collection_.tx(); }
  OrderedElements ElementsOf(const ObjectPayload& object) const {
    return {tx(), collection_.generation(), object.oid, kItemSpace};
  }

  /// The whole list, inline if it may lie there, else in elements. Removes the key if there are
  /// none. REQUIRES: !in_elements().
  Status PutInline(const Values& values, uint8_t shape, Collection::Write write);
  /// Moves them to elements of a new object.
  Result<ObjectPayload> Convert(const Values& values, uint8_t shape);
  Status PushInline(ListEnd end, std::span<const std::string_view> values);
  Status PushElements(ObjectPayload object, ListEnd end, std::span<const std::string_view> values);
  Status PopInline(ListEnd end, uint64_t count, const Visit& visit);
  Status PopElements(ObjectPayload object, ListEnd end, uint64_t count, const Visit& visit);

  /// Calls visit(walk element) for the first `count` from an end.
  using VisitElement = std::function<void(const ListWalk::Element&)>;
  Status VisitEnd(const ObjectPayload& object, ListEnd end, uint64_t count,
                  const VisitElement& visit);
  /// Takes `count` elements off an end, less than there are, and tells `visit` which.
  Status TakeOff(ObjectPayload& object, ListEnd end, uint64_t count, const VisitElement& visit);
  /// Has dead ranges cover what lies around the bounds, if it is much.
  void ClearAround(ObjectPayload& object);

  // --- what OBJECT ENCODING says ---
  /// With these values added to a list of so many elements.
  uint8_t GrownShape(uint8_t shape, uint64_t count, std::optional<uint64_t> packed_bytes,
                     std::span<const std::string_view> values) const;
  /// After something was taken away. REQUIRES: `object` is what the store holds then.
  Status Shrink(ObjectPayload& object);
  uint8_t ShrunkShape(uint8_t shape, uint64_t count, std::optional<uint64_t> packed_bytes) const;

  Collection collection_;
};

}  // namespace cordwood::keyspace

#pragma once

// A collection of named items that lie in the order of a hash once they are elements: what hashes
// and sets have in common, over keyspace/types/collection.h.
//
//   inline      items: a value is what stands in front of every value of the type, then the value
//   elements    keyspace/types/hashed_elements.h; the count is exact
//
// A type says by its rules what distinguishes it.
//
// Reads of several items go on past cold ones and answer kCold at the end.
//
// Ownership: the transaction outlives it; the key's name is not copied. Threads: the
// transaction's.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "keyspace/types/collection.h"
#include "keyspace/types/hashed_elements.h"
#include "keyspace/types/inline_items.h"

namespace cordwood::keyspace {

/// What a write adds to a collection, or a part of it.
struct Growth {
  std::span<const Item> put;
  std::span<const size_t> added;  // which of them are new, ascending
  uint64_t before = 0;            // items that there were
  uint64_t named = 0;             // items that the whole write names
};

struct HashedRules {
  Type type;
  std::string_view value_head;
  /// Whether putting an item that is there writes its value again.
  bool replaces = true;
  /// What a collection of this shape has become.
  uint8_t (*shape_with)(const KeyspaceOptions& options, uint8_t shape, const Growth& growth);
};

/// One inline item off the front. kCorruption if its value does not begin with `value_head`.
Result<Item> TakeHeadedItem(ByteReader& in, std::string_view value_head);

class HashedCollection {
 public:
  /// As for a Collection; `rules` live as long as the process.
  HashedCollection(Transaction& tx, const KeyName& name, Lookup&& found, const HashedRules& rules)
      : rules_(rules), collection_(tx, name, std::move(found), rules.type) {}

  bool exists() const { return collection_.exists(); }
  bool in_elements() const { return collection_.in_elements(); }

  Result<uint64_t> Length() const;
  Result<std::optional<std::string>> Get(std::string_view name);
  /// Calls visit(value) for each name, in order, with nothing for one that is absent, until it
  /// answers false. The value lives as long as the call. On kCold, and on other errors, what was
  /// visited is not complete.
  using VisitValue = std::function<bool(std::optional<std::string_view>)>;
  Status GetMany(std::span<const std::string_view> names, const VisitValue& visit);

  /// Everything, in order. Views live until the next write. REQUIRES: !in_elements().
  Result<std::vector<Item>> Inline() const;
  /// REQUIRES: in_elements().
  Result<HashedElements> Elements() const;

  /// Puts items, the last value for a name that occurs twice; returns how many are new. Creates the
  /// key.
  Result<uint64_t> Put(std::span<const Item> items);
  /// Returns how many were there. Removes the key with its last item.
  Result<uint64_t> Remove(std::span<const std::string_view> names);

 private:
  Result<uint64_t> PutInline(std::span<const Item> items);
  /// PutInline for one item, without taking the others apart; nothing, with nothing done, if it
  /// does not fit.
  Result<std::optional<uint64_t>> PutOne(const InlinePayload& payload, const Item& item);
  Result<uint64_t> PutElements(HashedElements& elements, ObjectPayload object,
                               std::span<const Item> items, uint64_t named);
  /// PutElements for some of them. What it does to the object it does there.
  Result<uint64_t> PutSome(HashedElements& elements, ObjectPayload& object,
                           std::span<const Item> items, uint64_t named);
  /// Takes those away that are there. If none is left, the last of them stay.
  Status RemoveSome(HashedElements& elements, ObjectPayload& object,
                    std::span<const std::string_view> names);
  Result<uint64_t> RemoveInline(std::span<const std::string_view> names);
  Result<uint64_t> RemoveElements(std::span<const std::string_view> names);

  Status WriteInline(std::span<const Item> items, uint8_t shape, Collection::Write write);
  /// Moves `kept`, all different, to elements of a new object and puts `items` there.
  Result<uint64_t> Convert(std::span<const Item> kept, std::span<const Item> items, uint8_t shape,
                           uint64_t named);
  uint8_t ShapeWith(uint8_t shape, const Growth& growth) const {
    return rules_.shape_with(collection_.tx().keyspace().options(), shape, growth);
  }
  uint64_t BytesOf(const Item& item) const {
    return InlineItemBytes(item.name.size(), rules_.value_head.size() + item.value.size());
  }

  const HashedRules& rules_;
  Collection collection_;
};

}  // namespace cordwood::keyspace

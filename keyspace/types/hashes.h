#pragma once

// The hash type, over keyspace/types/collection.h.
//
//   inline      items: name = field, value as below
//   elements    keyspace/types/hashed_elements.h: name = field; the count is exact
//   value       the field's expiry, a varint64 that is 0 for none, then the value
//
// Expiries of fields are reserved: this version writes none.
//
// Reads of several fields go on past cold ones and answer kCold at the end.
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
#include "keyspace/types/hashed_elements.h"
#include "keyspace/types/inline_items.h"

namespace cordwood::keyspace {

/// What stands before the value of a field that does not expire.
inline constexpr std::string_view kNoFieldExpiry{"\0", 1};

/// For the type's row in keyspace/types/traits.h. kCorruption if the bytes are no field.
Result<Item> TakeInlineField(ByteReader& in);
Result<Item> FieldOf(std::string_view subkey, std::string_view stored);

class Hash {
 public:
  /// As for a Collection.
  Hash(Transaction& tx, const KeyName& name, Lookup&& found)
      : collection_(tx, name, std::move(found), Type::kHash) {}

  bool exists() const { return collection_.exists(); }
  bool in_elements() const { return collection_.in_elements(); }

  Result<uint64_t> Length() const;
  Result<std::optional<std::string>> Get(std::string_view field);
  /// Calls visit(value) for each field, in order, with nothing for one that is absent, until it
  /// answers false. The value lives as long as the call. On kCold, and on other errors, what was
  /// visited is not complete.
  using VisitValue = std::function<bool(std::optional<std::string_view>)>;
  Status GetMany(std::span<const std::string_view> fields, const VisitValue& visit);

  /// Everything, in order. Views live until the next write. REQUIRES: !in_elements().
  Result<std::vector<Item>> Inline() const;
  /// REQUIRES: in_elements().
  Result<HashedElements> Elements() const;

  /// Sets fields, the last value for one that is named twice; returns how many are new. Creates
  /// the key.
  Result<uint64_t> Set(std::span<const Item> pairs);
  /// Returns how many were there. Removes the key with its last field.
  Result<uint64_t> Remove(std::span<const std::string_view> fields);

 private:
  Result<uint64_t> SetInline(std::span<const Item> pairs);
  /// SetInline for one pair, without taking the others apart; nothing, with nothing done, if it
  /// does not fit.
  Result<std::optional<uint64_t>> SetOne(const InlinePayload& payload, const Item& pair,
                                         uint8_t shape);
  Result<uint64_t> SetElements(HashedElements& elements, ObjectPayload object,
                               std::span<const Item> pairs);
  Result<uint64_t> RemoveInline(std::span<const std::string_view> fields);
  Result<uint64_t> RemoveElements(std::span<const std::string_view> fields);

  Status PutInline(std::span<const Item> pairs, uint8_t shape, Collection::Write write);
  /// Moves `kept`, all different, to elements of a new object and sets `pairs` there.
  Result<uint64_t> Convert(std::span<const Item> kept, std::span<const Item> pairs, uint8_t shape);
  /// With what `pairs` are too long for.
  uint8_t ShapeWith(uint8_t shape, std::span<const Item> pairs) const;
  uint8_t ShapeOf(uint8_t shape, uint64_t count) const;

  Collection collection_;
};

}  // namespace cordwood::keyspace

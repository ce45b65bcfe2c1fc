#pragma once

// The hash type, over keyspace/types/hashed_collection.h.
//
//   item     name = field
//   value    the field's expiry, a varint64 that is 0 for none, then the value
//
// Expiries of fields are reserved: this version writes none.
//
// Ownership and threads: as there.

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "keyspace/types/hashed_collection.h"

namespace cordwood::keyspace {

/// What stands before the value of a field that does not expire.
inline constexpr std::string_view kNoFieldExpiry{"\0", 1};

/// For the type's row in keyspace/types/traits.h. kCorruption if the bytes are no field.
Result<Item> TakeInlineField(ByteReader& in);
Result<Item> FieldOf(std::string_view subkey, std::string_view stored);

class Hash : public HashedCollection {
 public:
  static constexpr Type kType = Type::kHash;

  /// As for a Collection.
  Hash(Transaction& tx, const KeyName& name, Lookup&& found);

  /// Sets fields, the last value for one that is named twice; returns how many are new. Creates
  /// the key.
  Result<uint64_t> Set(std::span<const Item> pairs) { return Put(pairs); }
};

}  // namespace cordwood::keyspace

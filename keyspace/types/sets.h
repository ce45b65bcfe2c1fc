#pragma once

// The set type, over keyspace/types/hashed_collection.h.
//
//   item     name = member
//   value    nothing
//
// Ownership and threads: as there.

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "keyspace/types/hashed_collection.h"

namespace cordwood::keyspace {

/// For the type's row in keyspace/types/traits.h. kCorruption if the bytes are no member.
Result<Item> TakeInlineMember(ByteReader& in);
Result<Item> MemberOf(std::string_view subkey, std::string_view stored);

/// What a set of this shape with `count` members has become when `member` comes to it, as Redis
/// 7.2 has it: an intset of integers, a listpack, or a hash table.
uint8_t SetShapeWith(const KeyspaceOptions& options, uint8_t shape, uint64_t count,
                     std::string_view member);

class Set : public HashedCollection {
 public:
  static constexpr Type kType = Type::kSet;

  /// As for a Collection.
  Set(Transaction& tx, const KeyName& name, Lookup&& found);

  /// Returns how many are new; writes nothing if none is. Creates the key.
  Result<uint64_t> Add(std::span<const std::string_view> members);
  Result<bool> Contains(std::string_view member);
};

}  // namespace cordwood::keyspace

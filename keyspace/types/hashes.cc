#include "keyspace/types/hashes.h"

#include <algorithm>

namespace cordwood::keyspace {
namespace {

/// Of a hash that Redis would not keep as a listpack any more.
uint8_t HashShapeWith(const KeyspaceOptions& options, uint8_t shape, const Growth& growth) {
  const uint64_t longest = options.hash_listpack_value_bytes;
  const bool too_long = std::ranges::any_of(growth.put, [&](const Item& pair) {
    return pair.name.size() > longest || pair.value.size() > longest;
  });
  const bool too_many = growth.before + growth.added.size() > options.hash_listpack_entries;
  return too_long || too_many ? shape | kBeyondListpack : shape;
}

constexpr HashedRules kHashRules = {
    .type = Type::kHash, .value_head = kNoFieldExpiry, .shape_with = HashShapeWith};

}  // namespace

Result<Item> TakeInlineField(ByteReader& in) { return TakeHeadedItem(in, kNoFieldExpiry); }

Result<Item> FieldOf(std::string_view subkey, std::string_view stored) {
  return HashedElements::ItemOf(subkey, stored, kNoFieldExpiry);
}

Hash::Hash(Transaction& tx, const KeyName& name, Lookup&& found)
    : HashedCollection(tx, name, std::move(found), kHashRules) {}

}  // namespace cordwood::keyspace

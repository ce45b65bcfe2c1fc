#include "keyspace/types/sets.h"

#include <vector>

#include "base/number.h"

namespace cordwood::keyspace {
namespace {

constexpr uint8_t kTable = kBeyondIntset | kBeyondListpack;

/// Before any member is added Redis looks at how many are named, new or not.
uint8_t ShapeForNamed(const KeyspaceOptions& options, uint8_t shape, const Growth& growth) {
  const bool fits_listpack = growth.named <= options.set_listpack_entries;
  const bool fits_intset = growth.named <= options.set_intset_entries;
  if (growth.before == 0) {
    if (fits_intset && ParseInt64(growth.put.front().name)) return shape;
    return fits_listpack ? shape | kBeyondIntset : shape | kTable;
  }
  const bool fits = (shape & kBeyondIntset) == 0 ? fits_intset : fits_listpack;
  return fits ? shape : shape | kTable;
}

uint8_t ShapeWithMembers(const KeyspaceOptions& options, uint8_t shape, const Growth& growth) {
  if (growth.added.empty()) return shape;
  shape = ShapeForNamed(options, shape, growth);
  uint64_t count = growth.before;
  for (const size_t i : growth.added) {
    if ((shape & kTable) == kTable) break;
    shape = SetShapeWith(options, shape, count++, growth.put[i].name);
  }
  return shape;
}

constexpr HashedRules kSetRules = {
    .type = Type::kSet, .value_head = {}, .replaces = false, .shape_with = ShapeWithMembers};

}  // namespace

Result<Item> TakeInlineMember(ByteReader& in) {
  CW_ASSIGN(const Item item, TakeHeadedItem(in, {}));
  if (item.value.empty()) return item;
  return Fail(ErrorCode::kCorruption, "a member in the record of a set has a value");
}

Result<Item> MemberOf(std::string_view subkey, std::string_view stored) {
  if (stored.empty()) return HashedElements::ItemOf(subkey, stored, {});
  return Fail(ErrorCode::kCorruption, "a member of a set has a value");
}

uint8_t SetShapeWith(const KeyspaceOptions& options, uint8_t shape, uint64_t count,
                     std::string_view member) {
  const bool too_long = member.size() > options.set_listpack_value_bytes;
  if ((shape & kBeyondIntset) == 0 && ParseInt64(member)) {
    // While it is an intset it does not matter what is too long, but it is not forgotten.
    if (too_long) shape |= kBeyondListpack;
    return count + 1 > options.set_intset_entries ? shape | kTable : shape;
  }
  const bool fits = !too_long && count < options.set_listpack_entries;
  return fits ? shape | kBeyondIntset : shape | kTable;
}

Set::Set(Transaction& tx, const KeyName& name, Lookup&& found)
    : HashedCollection(tx, name, std::move(found), kSetRules) {}

Result<uint64_t> Set::Add(std::span<const std::string_view> members) {
  if (members.size() == 1) {  // mostly
    const Item item = {.name = members.front(), .value = {}};
    return Put({&item, 1});
  }
  std::vector<Item> items;
  items.reserve(members.size());
  for (const std::string_view member : members) items.push_back({.name = member, .value = {}});
  return Put(items);
}

Result<bool> Set::Contains(std::string_view member) {
  CW_ASSIGN(const std::optional<std::string> value, Get(member));
  return value.has_value();
}

}  // namespace cordwood::keyspace

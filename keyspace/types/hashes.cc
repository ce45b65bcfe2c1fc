#include "keyspace/types/hashes.h"

#include <algorithm>
#include <functional>
#include <unordered_set>

#include "base/check.h"
#include "base/coding.h"
#include "keyspace/core/gathered_reads.h"

namespace cordwood::keyspace {
namespace {

using Write = Collection::Write;

/// Calls visit(pair) for each pair in order until it answers false.
template <typename Visit>
Status VisitPairs(std::string_view items, const Visit& visit) {
  bool known = true;
  CW_TRY(VisitInlineItems(items, [&](const Item& item) {
    known = item.value.starts_with(kNoFieldExpiry);
    if (!known) return false;
    return visit(Item{.name = item.name, .value = item.value.substr(kNoFieldExpiry.size())});
  }));
  if (known) return {};
  return Fail(ErrorCode::kCorruption, "a field in the record of a hash is malformed");
}

Result<std::vector<Item>> PairsOf(std::string_view items) {
  std::vector<Item> pairs;
  CW_TRY(VisitPairs(items, [&](const Item& pair) {
    pairs.push_back(pair);
    return true;
  }));
  return pairs;
}

uint64_t PairBytes(const Item& pair) {
  return InlineItemBytes(pair.name.size(), kNoFieldExpiry.size() + pair.value.size());
}

std::optional<std::string_view> FindField(std::span<const Item> pairs, std::string_view field) {
  const auto it = std::ranges::find(pairs, field, &Item::name);
  if (it == pairs.end()) return std::nullopt;
  return it->value;
}

}  // namespace

Result<Item> TakeInlineField(ByteReader& in) {
  const std::optional<Item> item = TakeInlineItem(in);
  if (item && item->value.starts_with(kNoFieldExpiry)) {
    return Item{.name = item->name, .value = item->value.substr(kNoFieldExpiry.size())};
  }
  return Fail(ErrorCode::kCorruption, "a field in the record of a hash is malformed");
}

Result<Item> FieldOf(std::string_view subkey, std::string_view stored) {
  return HashedElements::ItemOf(subkey, stored, kNoFieldExpiry);
}

// --- reading ---

Result<std::vector<Item>> Hash::Inline() const {
  CW_ASSIGN(const InlinePayload payload, collection_.Inline());
  return PairsOf(payload.items);
}

Result<HashedElements> Hash::Elements() const {
  CW_ASSIGN(const ObjectPayload object, collection_.Object());
  return HashedElements(collection_.tx(), collection_.generation(), object.oid, kNoFieldExpiry);
}

Result<uint64_t> Hash::Length() const {
  if (in_elements()) {
    CW_ASSIGN(const ObjectPayload object, collection_.Object());
    return object.count;
  }
  CW_ASSIGN(const InlinePayload payload, collection_.Inline());
  uint64_t count = 0;
  CW_TRY(VisitPairs(payload.items, [&](const Item&) {
    ++count;
    return true;
  }));
  return count;
}

Result<std::optional<std::string>> Hash::Get(std::string_view field) {
  std::optional<std::string> value;
  if (in_elements()) {
    CW_ASSIGN(HashedElements elements, Elements());
    CW_ASSIGN(value, elements.Get(field));
    return value;
  }
  CW_ASSIGN(const InlinePayload payload, collection_.Inline());
  CW_TRY(VisitPairs(payload.items, [&](const Item& pair) {
    if (pair.name != field) return true;
    value = pair.value;
    return false;
  }));
  return value;
}

Status Hash::GetMany(std::span<const std::string_view> fields, const VisitValue& visit) {
  if (!in_elements()) {
    CW_ASSIGN(const std::vector<Item> pairs, Inline());
    for (const std::string_view field : fields) {
      if (!visit(FindField(pairs, field))) break;
    }
    return {};
  }
  CW_ASSIGN(HashedElements elements, Elements());
  GatheredReads reads;
  for (const std::string_view field : fields) {
    const storage::ReadScope scope(collection_.tx().view());
    const Result<std::optional<std::string_view>> value = elements.Get(field);
    if (reads.Ok(value) && !visit(*value)) break;
    if (reads.failed()) break;
  }
  return reads.status();
}

// --- writing ---

uint8_t Hash::ShapeWith(uint8_t shape, std::span<const Item> pairs) const {
  const uint64_t longest = collection_.tx().keyspace().options().hash_listpack_value_bytes;
  const bool too_long = std::ranges::any_of(pairs, [&](const Item& pair) {
    return pair.name.size() > longest || pair.value.size() > longest;
  });
  return too_long ? shape | kBeyondListpack : shape;
}

uint8_t Hash::ShapeOf(uint8_t shape, uint64_t count) const {
  const uint64_t most = collection_.tx().keyspace().options().hash_listpack_entries;
  return count > most ? shape | kBeyondListpack : shape;
}

Status Hash::PutInline(std::span<const Item> pairs, uint8_t shape, Write write) {
  uint64_t bytes = 0;
  for (const Item& pair : pairs) bytes += PairBytes(pair);
  std::string payload = InlinePayload::Begin(shape, bytes);
  for (const Item& pair : pairs) AppendInlineItem(payload, pair.name, kNoFieldExpiry, pair.value);
  return collection_.PutInline(std::move(payload), write);
}

Result<uint64_t> Hash::Set(std::span<const Item> pairs) {
  CHECK(!pairs.empty());
  if (!in_elements()) return SetInline(pairs);
  CW_ASSIGN(HashedElements elements, Elements());
  CW_ASSIGN(const ObjectPayload object, collection_.Object());
  return SetElements(elements, object, pairs);
}

Result<std::optional<uint64_t>> Hash::SetOne(const InlinePayload& payload, const Item& pair,
                                             uint8_t shape) {
  const std::string_view items = payload.items;
  size_t before = items.size();  // where the field lies, or its place behind all
  size_t behind = items.size();
  uint64_t count = 0;
  size_t begin = 0;
  CW_TRY(VisitPairs(items, [&](const Item& other) {
    ++count;
    const auto end = static_cast<size_t>(other.value.data() + other.value.size() - items.data());
    if (behind == before && other.name == pair.name) {
      before = begin;
      behind = end;
    }
    begin = end;
    return true;
  }));
  const bool is_new = before == behind;
  if (is_new) ++count;
  const uint64_t bytes = items.size() - (behind - before) + PairBytes(pair);
  if (!collection_.FitsInline(count, bytes)) return std::nullopt;
  std::string changed = InlinePayload::Begin(ShapeOf(shape, count), bytes);
  changed += items.substr(0, before);
  AppendInlineItem(changed, pair.name, kNoFieldExpiry, pair.value);
  changed += items.substr(behind);
  CW_TRY(collection_.PutInline(std::move(changed), Write::kAdds));
  return is_new ? 1 : 0;
}

Result<uint64_t> Hash::SetInline(std::span<const Item> pairs) {
  CW_ASSIGN(const InlinePayload payload, collection_.Inline());
  const uint8_t shape = ShapeWith(payload.shape, pairs);
  if (pairs.size() == 1) {
    CW_ASSIGN(const std::optional<uint64_t> created, SetOne(payload, pairs.front(), shape));
    if (created) return *created;
  }
  CW_ASSIGN(std::vector<Item> all, PairsOf(payload.items));
  const size_t before = all.size();
  uint64_t bytes = payload.items.size();
  for (size_t i = 0; i < pairs.size(); ++i) {
    const auto same = std::ranges::find(all, pairs[i].name, &Item::name);
    if (same != all.end()) {
      bytes -= PairBytes(*same);
      same->value = pairs[i].value;
    } else {
      all.push_back(pairs[i]);
    }
    bytes += PairBytes(pairs[i]);
    if (!collection_.FitsInline(all.size(), bytes)) {
      const uint64_t created = all.size() - before;
      CW_ASSIGN(const uint64_t more, Convert(all, pairs.subspan(i + 1), shape));
      return created + more;
    }
  }
  CW_TRY(PutInline(all, ShapeOf(shape, all.size()), Write::kAdds));
  return all.size() - before;
}

Result<uint64_t> Hash::Convert(std::span<const Item> kept, std::span<const Item> pairs,
                               uint8_t shape) {
  Transaction& tx = collection_.tx();
  ObjectPayload object{.oid = tx.NewOid(), .count = kept.size(), .shape = shape};
  object.NoteEntries(kept.size());
  HashedElements elements(tx, collection_.generation(), object.oid, kNoFieldExpiry,
                          HashedElements::Object::kNew);
  for (const Item& pair : kept) elements.PutNew(HashedElements::Name(pair.name), pair.value);
  // The views of `kept` end with the record that this replaces.
  CW_TRY(collection_.PutObject(object));
  return SetElements(elements, object, pairs);
}

Result<uint64_t> Hash::SetElements(HashedElements& elements, ObjectPayload object,
                                   std::span<const Item> pairs) {
  GatheredReads reads;
  uint64_t created = 0;
  const std::vector<HashedElements::Name> names =
      HashedElements::InOrder(pairs, [](const Item& pair) { return pair.name; });
  for (size_t i = 0; i < names.size(); ++i) {
    if (i + 1 < names.size() && names[i].name == names[i + 1].name)
      continue;  // the last one counts
    const storage::ReadScope scope(collection_.tx().view());
    const Result<bool> was_there = elements.Put(names[i], pairs[names[i].index].value);
    if (reads.Ok(was_there)) {
      created += *was_there ? 0 : 1;
    } else if (reads.failed()) {
      break;
    }
  }
  CW_TRY(reads.status());
  const uint8_t shape = ShapeOf(ShapeWith(object.shape, pairs), object.count + created);
  if (created == 0 && shape == object.shape) {
    collection_.NoteChange();
    return 0;
  }
  object.count += created;
  object.NoteEntries(created);
  object.shape = shape;
  CW_TRY(collection_.PutObject(object));
  return created;
}

Result<uint64_t> Hash::Remove(std::span<const std::string_view> fields) {
  if (!exists()) return 0;
  return in_elements() ? RemoveElements(fields) : RemoveInline(fields);
}

Result<uint64_t> Hash::RemoveInline(std::span<const std::string_view> fields) {
  CW_ASSIGN(const InlinePayload payload, collection_.Inline());
  CW_ASSIGN(std::vector<Item> pairs, PairsOf(payload.items));
  const std::unordered_set<std::string_view> gone(fields.begin(), fields.end());
  const uint64_t removed =
      std::erase_if(pairs, [&](const Item& pair) { return gone.contains(pair.name); });
  if (pairs.empty()) {
    CW_TRY(collection_.Remove());
  } else if (removed > 0) {
    CW_TRY(PutInline(pairs, payload.shape, Write::kTakesAway));
  }
  return removed;
}

Result<uint64_t> Hash::RemoveElements(std::span<const std::string_view> fields) {
  CW_ASSIGN(ObjectPayload object, collection_.Object());
  CW_ASSIGN(HashedElements elements, Elements());
  GatheredReads reads;
  std::vector<HashedElements::Name> there;
  for (const HashedElements::Name& name : HashedElements::InOrder(fields, std::identity())) {
    if (!there.empty() && there.back().name == name.name) continue;
    const storage::ReadScope scope(collection_.tx().view());
    const Result<std::optional<std::string_view>> old = elements.Get(name);
    if (reads.Ok(old) && *old) there.push_back(name);
    if (reads.failed()) break;
  }
  CW_TRY(reads.status());
  if (there.empty()) return 0;
  if (there.size() >= object.count) {
    CW_TRY(collection_.Remove());
    return there.size();
  }
  for (const HashedElements::Name& name : there) elements.Delete(name);
  object.count -= there.size();
  CW_TRY(collection_.PutObject(object, Write::kTakesAway));
  return there.size();
}

}  // namespace cordwood::keyspace

#include "keyspace/types/hashed_collection.h"

#include <algorithm>
#include <functional>

#include "base/check.h"
#include "base/coding.h"
#include "keyspace/core/gathered_reads.h"
#include "keyspace/core/in_turns.h"
#include "keyspace/types/named_items.h"

namespace cordwood::keyspace {
namespace {

using Write = Collection::Write;

/// Calls visit(item) for each item in order, its value without `head`, until it answers false.
template <typename Visit>
Status VisitHeadedItems(std::string_view items, std::string_view head, const Visit& visit) {
  for (ByteReader in(items); !in.empty();) {
    CW_ASSIGN(const Item item, TakeHeadedItem(in, head));
    if (!visit(item)) return {};
  }
  return {};
}

Result<std::vector<Item>> ItemsOf(std::string_view items, std::string_view head) {
  std::vector<Item> all;
  CW_TRY(VisitHeadedItems(items, head, [&](const Item& item) {
    all.push_back(item);
    return true;
  }));
  return all;
}

std::optional<std::string_view> FindValue(std::span<const Item> items, std::string_view name) {
  const auto it = std::ranges::find(items, name, &Item::name);
  if (it == items.end()) return std::nullopt;
  return it->value;
}

}  // namespace

Result<Item> TakeHeadedItem(ByteReader& in, std::string_view value_head) {
  const std::optional<Item> item = TakeInlineItem(in);
  if (item && item->value.starts_with(value_head)) {
    return Item{.name = item->name, .value = item->value.substr(value_head.size())};
  }
  return Fail(ErrorCode::kCorruption, "an item in the record of a collection is malformed");
}

// --- reading ---

Result<std::vector<Item>> HashedCollection::Inline() const {
  CW_ASSIGN(const InlinePayload payload, collection_.Inline());
  return ItemsOf(payload.items, rules_.value_head);
}

Result<HashedElements> HashedCollection::Elements() const {
  CW_ASSIGN(const ObjectPayload object, collection_.Object());
  return HashedElements(collection_.tx(), collection_.generation(), object.oid, rules_.value_head);
}

Result<uint64_t> HashedCollection::Length() const {
  if (in_elements()) {
    CW_ASSIGN(const ObjectPayload object, collection_.Object());
    return object.count;
  }
  CW_ASSIGN(const InlinePayload payload, collection_.Inline());
  uint64_t count = 0;
  CW_TRY(VisitHeadedItems(payload.items, rules_.value_head, [&](const Item&) {
    ++count;
    return true;
  }));
  return count;
}

Result<std::optional<std::string>> HashedCollection::Get(std::string_view name) {
  std::optional<std::string> value;
  if (in_elements()) {
    CW_ASSIGN(HashedElements elements, Elements());
    CW_ASSIGN(value, elements.Get(name));
    return value;
  }
  CW_ASSIGN(const InlinePayload payload, collection_.Inline());
  CW_TRY(VisitHeadedItems(payload.items, rules_.value_head, [&](const Item& item) {
    if (item.name != name) return true;
    value = item.value;
    return false;
  }));
  return value;
}

Status HashedCollection::GetMany(std::span<const std::string_view> names, const VisitValue& visit) {
  if (!in_elements()) {
    CW_ASSIGN(const std::vector<Item> items, Inline());
    for (const std::string_view name : names) {
      CW_TRY(collection_.tx().Breathe());
      if (!visit(FindValue(items, name))) break;
    }
    return {};
  }
  CW_ASSIGN(HashedElements elements, Elements());
  HashedElements ahead = elements;
  const auto look = [&](std::string_view name) { static_cast<void>(ahead.Get(name)); };
  Transaction& tx = collection_.tx();
  GatheredReads reads;
  bool enough = false;
  CW_TRY(ReadInTurns(tx, names, look, [&](std::span<const std::string_view> some) -> Status {
    for (size_t i = 0; i < some.size() && !enough; ++i) {
      const storage::ReadScope scope(tx.view());
      const Result<std::optional<std::string_view>> value = elements.Get(some[i]);
      enough = reads.Ok(value) ? !visit(*value) : reads.failed();
    }
    return {};
  }));
  return reads.status();
}

// --- writing ---

Status HashedCollection::WriteInline(std::span<const Item> items, uint8_t shape, Write write) {
  uint64_t bytes = 0;
  for (const Item& item : items) bytes += BytesOf(item);
  std::string payload = InlinePayload::Begin(shape, bytes);
  for (const Item& item : items) {
    AppendInlineItem(payload, item.name, rules_.value_head, item.value);
  }
  return collection_.PutInline(std::move(payload), write);
}

Result<uint64_t> HashedCollection::Put(std::span<const Item> items) {
  CHECK(!items.empty());
  if (!in_elements()) return PutInline(items);
  CW_ASSIGN(HashedElements elements, Elements());
  CW_ASSIGN(const ObjectPayload object, collection_.Object());
  return PutElements(elements, object, items, items.size());
}

Result<std::optional<uint64_t>> HashedCollection::PutOne(const InlinePayload& payload,
                                                         const Item& item) {
  const std::string_view items = payload.items;
  size_t before = items.size();  // where the item lies, or its place behind all
  size_t behind = items.size();
  uint64_t count = 0;
  size_t begin = 0;
  CW_TRY(VisitHeadedItems(items, rules_.value_head, [&](const Item& other) {
    ++count;
    const auto end = static_cast<size_t>(other.value.data() + other.value.size() - items.data());
    if (behind == before && other.name == item.name) {
      before = begin;
      behind = end;
    }
    begin = end;
    return true;
  }));
  const bool is_new = before == behind;
  if (!is_new && !rules_.replaces) return 0;
  const uint64_t bytes = items.size() - (behind - before) + BytesOf(item);
  if (!collection_.FitsInline(count + (is_new ? 1 : 0), bytes)) return std::nullopt;
  const size_t first = 0;
  const Growth growth = {
      .put = {&item, 1}, .added = {&first, is_new ? size_t{1} : 0}, .before = count, .named = 1};
  std::string changed = InlinePayload::Begin(ShapeWith(payload.shape, growth), bytes);
  changed += items.substr(0, before);
  AppendInlineItem(changed, item.name, rules_.value_head, item.value);
  changed += items.substr(behind);
  CW_TRY(collection_.PutInline(std::move(changed), Write::kAdds));
  return is_new ? 1 : 0;
}

Result<uint64_t> HashedCollection::PutInline(std::span<const Item> items) {
  CW_ASSIGN(const InlinePayload payload, collection_.Inline());
  if (items.size() == 1) {
    CW_ASSIGN(const std::optional<uint64_t> created, PutOne(payload, items.front()));
    if (created) return *created;
  }
  CW_ASSIGN(std::vector<Item> all, ItemsOf(payload.items, rules_.value_head));
  std::vector<size_t> added;
  const size_t before = all.size();
  uint64_t bytes = payload.items.size();
  const auto shape_with = [&](size_t put) {
    return ShapeWith(
        payload.shape,
        {.put = items.first(put), .added = added, .before = before, .named = items.size()});
  };
  for (size_t i = 0; i < items.size(); ++i) {
    CW_TRY(collection_.tx().Breathe());
    const auto same = std::ranges::find(all, items[i].name, &Item::name);
    if (same != all.end()) {
      if (!rules_.replaces) continue;
      bytes -= BytesOf(*same);
      same->value = items[i].value;
    } else {
      all.push_back(items[i]);
      added.push_back(i);
    }
    bytes += BytesOf(items[i]);
    if (!collection_.FitsInline(all.size(), bytes)) {
      CW_ASSIGN(const uint64_t more,
                Convert(all, items.subspan(i + 1), shape_with(i + 1), items.size()));
      return added.size() + more;
    }
  }
  if (added.empty() && !rules_.replaces) return 0;
  CW_TRY(WriteInline(all, shape_with(items.size()), Write::kAdds));
  return added.size();
}

Result<uint64_t> HashedCollection::Convert(std::span<const Item> kept, std::span<const Item> items,
                                           uint8_t shape, uint64_t named) {
  Transaction& tx = collection_.tx();
  ObjectPayload object{.oid = tx.NewOid(), .count = kept.size(), .shape = shape};
  object.NoteEntries(kept.size());
  HashedElements elements(tx, collection_.generation(), object.oid, rules_.value_head,
                          HashedElements::Object::kNew);
  for (const Item& item : kept) elements.PutNew(HashedElements::Name(item.name), item.value);
  // The views of `kept` end with the record that this replaces.
  CW_TRY(collection_.PutObject(object));
  return items.empty() ? 0 : PutElements(elements, object, items, named);
}

Result<uint64_t> HashedCollection::PutElements(HashedElements& elements, ObjectPayload object,
                                               std::span<const Item> items, uint64_t named) {
  const ObjectPayload before = object;
  uint64_t added = 0;
  HashedElements ahead = elements;
  const auto look = [&](const Item& item) { static_cast<void>(ahead.Get(item.name)); };
  CW_TRY(ReadInTurns(collection_.tx(), items, look, [&](std::span<const Item> some) -> Status {
    CW_ASSIGN(const uint64_t more, PutSome(elements, object, some, named));
    added += more;
    return {};
  }));
  if (added == 0 && !rules_.replaces) return 0;
  if (added == 0 && object.shape == before.shape) {
    collection_.NoteChange();
    return 0;
  }
  CW_TRY(collection_.PutObject(object));
  return added;
}

Result<uint64_t> HashedCollection::PutSome(HashedElements& elements, ObjectPayload& object,
                                           std::span<const Item> items, uint64_t named) {
  GatheredReads reads;
  std::vector<size_t> added;
  const std::vector<HashedElements::Name> names =
      HashedElements::InOrder(items, [](const Item& item) { return item.name; });
  for (size_t i = 0; i < names.size(); ++i) {
    const bool is_repeated = i + 1 < names.size() && names[i].name == names[i + 1].name;
    if (is_repeated && rules_.replaces) continue;  // the last one counts
    const storage::ReadScope scope(collection_.tx().view());
    const std::string_view value = items[names[i].index].value;
    const Result<bool> was_there =
        rules_.replaces ? elements.Put(names[i], value) : elements.PutIfAbsent(names[i], value);
    if (reads.Ok(was_there)) {
      if (!*was_there) added.push_back(names[i].index);
    } else if (reads.failed()) {
      break;
    }
  }
  CW_TRY(reads.status());
  if (added.empty() && !rules_.replaces) return 0;
  std::ranges::sort(added);
  const uint8_t shape = ShapeWith(
      object.shape, {.put = items, .added = added, .before = object.count, .named = named});
  object.count += added.size();
  object.NoteEntries(added.size());
  object.shape = shape;
  return added.size();
}

Result<uint64_t> HashedCollection::Remove(std::span<const std::string_view> names) {
  if (!exists()) return 0;
  return in_elements() ? RemoveElements(names) : RemoveInline(names);
}

Result<uint64_t> HashedCollection::RemoveInline(std::span<const std::string_view> names) {
  CW_ASSIGN(const InlinePayload payload, collection_.Inline());
  CW_ASSIGN(std::vector<Item> items, ItemsOf(payload.items, rules_.value_head));
  CW_ASSIGN(const uint64_t removed, EraseNamed(collection_.tx(), items, names, &Item::name));
  if (items.empty()) {
    CW_TRY(collection_.Remove());
  } else if (removed > 0) {
    CW_TRY(WriteInline(items, payload.shape, Write::kTakesAway));
  }
  return removed;
}

Result<uint64_t> HashedCollection::RemoveElements(std::span<const std::string_view> names) {
  CW_ASSIGN(ObjectPayload object, collection_.Object());
  CW_ASSIGN(HashedElements elements, Elements());
  const uint64_t before = object.count;
  HashedElements ahead = elements;
  const auto look = [&](std::string_view name) { static_cast<void>(ahead.Get(name)); };
  CW_TRY(ReadInTurns(collection_.tx(), names, look, [&](std::span<const std::string_view> some) {
    return RemoveSome(elements, object, some);
  }));
  const uint64_t removed = before - object.count;
  if (removed == 0) return 0;
  CW_TRY(object.count == 0 ? collection_.Remove()
                           : collection_.PutObject(object, Write::kTakesAway));
  return removed;
}

Status HashedCollection::RemoveSome(HashedElements& elements, ObjectPayload& object,
                                    std::span<const std::string_view> names) {
  GatheredReads reads;
  std::vector<HashedElements::Name> there;
  for (const HashedElements::Name& name : HashedElements::InOrder(names, std::identity())) {
    if (!there.empty() && there.back().name == name.name) continue;
    const storage::ReadScope scope(collection_.tx().view());
    const Result<std::optional<std::string_view>> old = elements.Get(name);
    if (reads.Ok(old) && *old) there.push_back(name);
    if (reads.failed()) break;
  }
  CW_TRY(reads.status());
  object.count -= std::min<uint64_t>(object.count, there.size());
  if (object.count == 0) return {};  // all of it goes with the key
  for (const HashedElements::Name& name : there) elements.Delete(name);
  return {};
}

}  // namespace cordwood::keyspace

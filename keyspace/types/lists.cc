#include "keyspace/types/lists.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/coding.h"
#include "keyspace/types/list_search.h"
#include "keyspace/types/object_ranks.h"
#include "keyspace/types/written_anew.h"

namespace cordwood::keyspace {
namespace {

using Write = Collection::Write;

/// What is written anew anyway comes back inline up to so many bytes.
constexpr uint64_t kInlineAgainBytes = 256;

PackedList PackedOf(const ObjectPayload& object) {
  return {.shape = object.shape, .count = object.count, .bytes = object.list->packed_bytes};
}

uint64_t InlineBytes(std::span<const std::string_view> values) {
  uint64_t bytes = 0;
  for (const std::string_view value : values) bytes += VarintBytes(value.size()) + value.size();
  return bytes;
}

}  // namespace

Result<Item> TakeInlineElement(ByteReader& in) {
  const std::optional<std::string_view> value = in.LengthPrefixed();
  if (value) return Item{.name = {}, .value = *value};
  return Fail(ErrorCode::kCorruption, "an element in the record of a list is malformed");
}

Result<Item> ListElementOf(std::string_view subkey, std::string_view stored) {
  if (subkey.size() >= sizeof(uint64_t)) return Item{.name = {}, .value = stored};
  return Fail(ErrorCode::kCorruption, "an element's key is too short for its position");
}

Result<std::vector<std::string_view>> InlineElements(std::string_view items) {
  std::vector<std::string_view> values;
  for (ByteReader in(items); !in.empty();) {
    CW_ASSIGN(const Item item, TakeInlineElement(in));
    values.push_back(item.value);
  }
  return values;
}

// --- both forms ---

PackedList List::Inline::packed() const {
  return {.shape = shape, .count = values.size(), .bytes = ListpackEntryBytes(values)};
}

Result<List::Inline> List::TakeInline() const {
  CW_ASSIGN(const InlinePayload payload, collection_.Inline());
  CW_ASSIGN(Values values, InlineElements(payload.items));
  if (exists() && values.empty()) {
    return Fail(ErrorCode::kCorruption, "the record of a list has no elements");
  }
  return Inline{.shape = payload.shape, .values = std::move(values)};
}

Status List::PutInline(const Inline& list, Write write) {
  if (list.values.empty()) return collection_.Remove();
  const uint64_t bytes = InlineBytes(list.values);
  if (!collection_.FitsInline(list.values.size(), bytes)) {
    CW_ASSIGN(const ListElements elements, Convert(list));
    return collection_.PutObject(elements.object(), write);
  }
  std::string payload = InlinePayload::Begin(list.shape, bytes);
  for (const std::string_view value : list.values) AppendLengthPrefixed(payload, value);
  return collection_.PutInline(std::move(payload), write);
}

Status List::PutInlineShrunk(Inline list) {
  list.shape = ShrunkShape(listpack_size(), list.packed());
  return PutInline(list, Write::kTakesAway);
}

Result<ListElements> List::Convert(const Inline& list) {
  ListBuilder builder(tx(), collection_.generation());
  for (const std::string_view value : list.values) CW_TRY(builder.Put(value));
  CW_ASSIGN(const ObjectPayload object, builder.Finish(list.shape));
  return ListElements(tx(), collection_.generation(), object);
}

Result<ListElements> List::Elements() const {
  CW_ASSIGN(const ObjectPayload object, collection_.Object());
  return ListElements(tx(), collection_.generation(), object);
}

void List::SetGrown(ListElements& elements, const PackedList& before,
                    std::span<const std::string_view> added) {
  const uint8_t grown = GrownShape(listpack_size(), before, added);
  elements.SetShape(elements.object().shape | (grown & kBeyondListpack));
}

Status List::SetShrunk(ListElements& elements) {
  if ((elements.object().shape & kBeyondListpack) == 0) return {};
  CW_TRY(elements.CountPackedBytes());
  elements.SetShape(ShrunkShape(listpack_size(), PackedOf(elements.object())));
  return {};
}

Result<uint64_t> List::Length() const {
  if (in_elements()) {
    CW_ASSIGN(const ObjectPayload object, collection_.Object());
    return object.count;
  }
  CW_ASSIGN(const Inline list, TakeInline());
  return list.values.size();
}

// --- pushing ---

Status List::Push(ListEnd end, std::span<const std::string_view> values) {
  CHECK(!values.empty());
  collection_.Signal();
  if (!in_elements()) return PushInline(end, values);
  CW_ASSIGN(ListElements elements, Elements());
  if (elements.IsSparse()) [[unlikely]] {
    CW_ASSIGN(const bool is_inline, GatherSparse(elements));
    if (is_inline) return PushInline(end, values);
  }
  return PushElements(elements, end, values);
}

Status List::PushInline(ListEnd end, std::span<const std::string_view> values) {
  CW_ASSIGN(Inline list, TakeInline());
  const uint64_t bytes = InlineBytes(list.values) + InlineBytes(values);
  if (!collection_.FitsInline(list.values.size() + values.size(), bytes)) {
    CW_ASSIGN(ListElements elements, Convert(list));
    return PushElements(elements, end, values);
  }
  list.shape = GrownShape(listpack_size(), list.packed(), values);
  if (end == ListEnd::kTail) {
    list.values.insert(list.values.end(), values.begin(), values.end());
  } else {
    list.values.insert(list.values.begin(), values.rbegin(), values.rend());
  }
  return PutInline(list, Write::kAdds);
}

Status List::PushElements(ListElements& elements, ListEnd end,
                          std::span<const std::string_view> values) {
  constexpr size_t kPushedAtOnce = 512;
  for (size_t i = 0; i < values.size(); i += kPushedAtOnce) {
    const auto some = values.subspan(i, std::min(kPushedAtOnce, values.size() - i));
    const PackedList before = PackedOf(elements.object());
    CW_TRY(elements.Push(end, some));
    SetGrown(elements, before, some);
    CW_TRY(tx().Breathe());
  }
  return collection_.PutMoved(elements.object(), Write::kAdds);
}

Result<bool> List::GatherSparse(ListElements& elements) {
  std::vector<std::string> texts;
  const auto take = [&](const ListWalk::Element& element) { texts.emplace_back(element.value); };
  if (*elements.object().list->packed_bytes > kInlineAgainBytes) {
    CW_TRY(elements.WriteAnew());
    return false;
  }
  CW_TRY(elements.VisitEnd(ListEnd::kHead, elements.count(), take));
  const auto shape = static_cast<uint8_t>(elements.object().shape & ~kEdited);
  const Inline list{.shape = shape, .values = Values(texts.begin(), texts.end())};
  const uint64_t bytes = InlineBytes(list.values);
  if (bytes > kInlineAgainBytes || !collection_.FitsInline(list.values.size(), bytes)) {
    CW_TRY(elements.WriteAnew());
    return false;
  }
  CW_TRY(PutInline(list, Write::kAdds));
  return true;
}

// --- popping ---

Status List::Pop(ListEnd end, uint64_t count, const Visit& visit) {
  if (!exists() || count == 0) return {};
  if (!in_elements()) {
    CW_ASSIGN(Inline list, TakeInline());
    Values& values = list.values;
    if (end == ListEnd::kHead) std::ranges::reverse(values);
    for (; count > 0 && !values.empty(); --count) {
      visit(values.back());
      values.pop_back();
    }
    if (end == ListEnd::kHead) std::ranges::reverse(values);
    return PutInlineShrunk(std::move(list));
  }
  CW_ASSIGN(ListElements elements, Elements());
  const auto visit_value = [&](const ListWalk::Element& element) { visit(element.value); };
  if (count >= elements.count()) {
    CW_TRY(elements.VisitEnd(end, elements.count(), visit_value));
    return collection_.Remove();
  }
  CW_TRY(elements.TakeOff(end, count, visit_value));
  CW_TRY(SetShrunk(elements));
  return collection_.PutMoved(elements.object(), Write::kTakesAway);
}

Status List::Rotate(ListEnd from, ListEnd to, const Visit& visit) {
  CHECK(exists());
  CW_ASSIGN(const uint64_t length, Length());
  if (length > 1 && from != to) {
    std::string value;
    CW_TRY(Pop(from, 1, [&](std::string_view popped) { value = popped; }));
    visit(value);
    const std::string_view pushed = value;
    return Push(to, {&pushed, 1});
  }
  // It comes back to its place. For Redis that is a change, which those who watch the key see.
  collection_.Signal();
  if (!in_elements()) {
    CW_ASSIGN(const Inline list, TakeInline());
    visit(from == ListEnd::kHead ? list.values.front() : list.values.back());
    return PutInline(list, Write::kAdds);
  }
  CW_ASSIGN(ListElements elements, Elements());
  CW_TRY(
      elements.VisitEnd(from, 1, [&](const ListWalk::Element& element) { visit(element.value); }));
  return collection_.PutMoved(elements.object(), Write::kAdds);
}

// --- edits ---

Status List::Trim(uint64_t first, uint64_t count) {
  if (count == 0) return collection_.Remove();
  if (!in_elements()) {
    CW_ASSIGN(Inline list, TakeInline());
    const auto begin = list.values.begin() + static_cast<ptrdiff_t>(first);
    list.values = Values(begin, begin + static_cast<ptrdiff_t>(count));
    return PutInlineShrunk(std::move(list));
  }
  CW_ASSIGN(ListElements elements, Elements());
  AskForRanksAt(tx(), collection_.name(), elements.object(), first);
  CW_TRY(elements.Trim(first, count));
  CW_TRY(SetShrunk(elements));
  return collection_.PutMoved(elements.object(), Write::kTakesAway);
}

Status List::Set(uint64_t index, std::string_view value) {
  // As in Redis, it counts as one that is added, and then as one that was taken away.
  const std::span<const std::string_view> added(&value, 1);
  if (!in_elements()) {
    CW_ASSIGN(Inline list, TakeInline());
    list.shape = GrownShape(listpack_size(), list.packed(), added);
    list.values[index] = value;
    list.shape = ShrunkShape(listpack_size(), list.packed());
    return PutInline(list, Write::kAdds);
  }
  CW_ASSIGN(ListElements elements, Elements());
  const ObjectPayload before = elements.object();
  AskForRanksAt(tx(), collection_.name(), before, index);
  elements.SetShape(GrownShape(listpack_size(), PackedOf(before), added));
  CW_ASSIGN(const std::string subkey, elements.SubkeyAt(index));
  CW_TRY(elements.Replace(subkey, value));
  elements.SetShape(ShrunkShape(listpack_size(), PackedOf(elements.object())));
  const ObjectPayload& after = elements.object();
  if (after.shape == before.shape && after.list == before.list) {
    collection_.NoteChange();
    return {};
  }
  return collection_.PutObject(after);
}

Result<bool> List::Insert(Side side, std::string_view pivot, std::string_view value) {
  if (!in_elements()) return InsertInline(side, pivot, value);
  ListSearch search(pivot, ListEnd::kHead, 1, 1);
  CW_TRY(SearchBesideOthers(collection_, search, value.size(), false));
  std::vector<std::string> found = search.TakeMatches();
  if (found.empty()) return false;
  CW_ASSIGN(ListElements elements, Elements());
  CW_ASSIGN(const ListElements::Place place,
            elements.PlaceBeside(std::move(found.front()), side == Side::kBefore));
  const std::span<const std::string_view> added(&value, 1);
  const PackedList before = PackedOf(elements.object());
  if (place.left.empty()) {
    CW_TRY(elements.Push(ListEnd::kHead, added));
  } else if (place.right.empty()) {
    CW_TRY(elements.Push(ListEnd::kTail, added));
  } else {
    CW_TRY(elements.InsertBetween(place.left, place.right, value));
  }
  SetGrown(elements, before, added);
  CW_TRY(collection_.PutObject(elements.object()));
  return true;
}

Result<bool> List::InsertInline(Side side, std::string_view pivot, std::string_view value) {
  CW_ASSIGN(Inline list, TakeInline());
  const auto at = std::ranges::find(list.values, pivot);
  if (at == list.values.end()) return false;
  list.shape = GrownShape(listpack_size(), list.packed(), {&value, 1});
  list.values.insert(side == Side::kBefore ? at : at + 1, value);
  CW_TRY(PutInline(list, Write::kAdds));
  return true;
}

Result<uint64_t> List::RemoveEqual(std::string_view value, ListEnd from, uint64_t most) {
  if (!in_elements()) {
    CW_ASSIGN(Inline list, TakeInline());
    uint64_t removed = 0;
    Values& values = list.values;
    if (from == ListEnd::kTail) std::ranges::reverse(values);
    std::erase_if(values, [&](std::string_view other) {
      const bool goes = removed < most && other == value;
      removed += goes ? 1 : 0;
      return goes;
    });
    if (from == ListEnd::kTail) std::ranges::reverse(values);
    if (removed > 0) CW_TRY(PutInlineShrunk(std::move(list)));
    return removed;
  }
  ListSearch search(value, from, most, MostDeleted(tx().keyspace().options()));
  CW_TRY(SearchBesideOthers(collection_, search, 0, true));
  CW_ASSIGN(ListElements elements, Elements());
  uint64_t removed = 0;
  std::vector<std::string> found = search.TakeMatches();
  if (found.empty()) return 0;
  if (elements.IsWrittenAnewWithout(found.size())) {
    CW_ASSIGN(removed, elements.WriteAnewWithout(value, from, most));
  } else {
    removed = found.size();
    CW_TRY(elements.RemoveEach(std::move(found), value));
  }
  if (elements.count() == 0) {
    CW_TRY(collection_.Remove());
    return removed;
  }
  CW_TRY(SetShrunk(elements));
  CW_TRY(collection_.PutObject(elements.object(), Write::kTakesAway));
  return removed;
}

}  // namespace cordwood::keyspace

#include "keyspace/types/lists.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/coding.h"
#include "keyspace/types/list_steps.h"
#include "keyspace/types/listpack.h"
#include "keyspace/types/object_builder.h"

namespace cordwood::keyspace {
namespace {

using Write = Collection::Write;

/// The first element of a list that is not pushed to an older one.
constexpr uint64_t kFirstPosition = uint64_t{1} << 63;
/// A dead range is written for so many popped elements at once.
constexpr uint64_t kClearedTogether = 256;

uint64_t PackedBytes(std::span<const std::string_view> values) {
  uint64_t bytes = 0;
  for (const std::string_view value : values) bytes += ListpackEntryBytes(value);
  return bytes;
}

Error ElementIsMissing() {
  return {ErrorCode::kCorruption, "a list has fewer elements than its record says"};
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

Result<uint64_t> List::Length() const {
  if (in_elements()) {
    CW_ASSIGN(const ObjectPayload object, collection_.Object());
    return object.count;
  }
  CW_ASSIGN(const InlinePayload payload, collection_.Inline());
  CW_ASSIGN(const Values values, InlineElements(payload.items));
  return values.size();
}

// --- both forms ---

Status List::PutInline(const Values& values, uint8_t shape, Write write) {
  if (values.empty()) return collection_.Remove();
  uint64_t bytes = 0;
  for (const std::string_view value : values) bytes += VarintBytes(value.size()) + value.size();
  if (!collection_.FitsInline(values.size(), bytes)) {
    CW_ASSIGN(const ObjectPayload object, Convert(values, shape));
    return collection_.PutObject(object, write);
  }
  std::string payload = InlinePayload::Begin(shape, bytes);
  for (const std::string_view value : values) AppendLengthPrefixed(payload, value);
  return collection_.PutInline(std::move(payload), write);
}

Result<ObjectPayload> List::Convert(const Values& values, uint8_t shape) {
  ListSpan span{.head = kFirstPosition,
                .tail = kFirstPosition,
                .cleared = kFirstPosition,
                .packed_bytes = PackedBytes(values)};
  ObjectBuilder builder(tx(), collection_.generation());
  for (const std::string_view value : values) {
    CW_TRY(builder.Put({.head = ListSubkey(span.tail++)}, value));
  }
  span.tail_cleared = span.tail;
  ObjectPayload object{.count = values.size(), .shape = shape, .list = span};
  object.NoteEntries(values.size());
  CW_ASSIGN(object.oid, builder.Finish());
  return object;
}

// --- pushing ---

Status List::Push(ListEnd end, std::span<const std::string_view> values) {
  CHECK(!values.empty());
  collection_.Signal();
  if (!in_elements()) return PushInline(end, values);
  CW_ASSIGN(const ObjectPayload object, collection_.Object());
  return PushElements(object, end, values);
}

Status List::PushInline(ListEnd end, std::span<const std::string_view> values) {
  CW_ASSIGN(const InlinePayload payload, collection_.Inline());
  CW_ASSIGN(Values all, InlineElements(payload.items));
  uint64_t bytes = payload.items.size();
  for (const std::string_view value : values) bytes += VarintBytes(value.size()) + value.size();
  if (!collection_.FitsInline(all.size() + values.size(), bytes)) {
    CW_ASSIGN(const ObjectPayload object, Convert(all, payload.shape));
    return PushElements(object, end, values);
  }
  const uint8_t shape = GrownShape(payload.shape, all.size(), PackedBytes(all), values);
  if (end == ListEnd::kTail) {
    all.insert(all.end(), values.begin(), values.end());
  } else {
    all.insert(all.begin(), values.rbegin(), values.rend());
  }
  return PutInline(all, shape, Write::kAdds);
}

Status List::PushElements(ObjectPayload object, ListEnd end,
                          std::span<const std::string_view> values) {
  ListSpan& span = *object.list;
  OrderedElements elements = ElementsOf(object);
  for (const std::string_view value : values) {
    const uint64_t position = end == ListEnd::kHead ? --span.head : span.tail++;
    elements.Put({.head = ListSubkey(position)}, value);
  }
  span.cleared = std::min(span.cleared, span.head);
  span.tail_cleared = std::max(span.tail_cleared, span.tail);
  object.shape = GrownShape(object.shape, object.count, span.packed_bytes, values);
  object.count += values.size();
  object.NoteEntries(values.size());
  if (span.packed_bytes) *span.packed_bytes += PackedBytes(values);
  return collection_.PutObject(object);
}

// --- popping ---

Status List::Pop(ListEnd end, uint64_t count, const Visit& visit) {
  if (!exists() || count == 0) return {};
  if (!in_elements()) return PopInline(end, count, visit);
  CW_ASSIGN(const ObjectPayload object, collection_.Object());
  return PopElements(object, end, count, visit);
}

Status List::PopInline(ListEnd end, uint64_t count, const Visit& visit) {
  CW_ASSIGN(const InlinePayload payload, collection_.Inline());
  CW_ASSIGN(Values values, InlineElements(payload.items));
  if (end == ListEnd::kHead) std::ranges::reverse(values);
  for (; count > 0 && !values.empty(); --count) {
    visit(values.back());
    values.pop_back();
  }
  if (end == ListEnd::kHead) std::ranges::reverse(values);
  const uint8_t shape = ShrunkShape(payload.shape, values.size(), PackedBytes(values));
  return PutInline(values, shape, Write::kTakesAway);
}

Status List::PopElements(ObjectPayload object, ListEnd end, uint64_t count, const Visit& visit) {
  const auto visit_value = [&](const ListWalk::Element& element) { visit(element.value); };
  if (count >= object.count) {
    CW_TRY(VisitEnd(object, end, object.count, visit_value));
    return collection_.Remove();
  }
  CW_TRY(TakeOff(object, end, count, visit_value));
  CW_TRY(Shrink(object));
  return collection_.PutObject(object, Write::kTakesAway);
}

Status List::VisitEnd(const ObjectPayload& object, ListEnd end, uint64_t count,
                      const VisitElement& visit) {
  const ListSpan& span = *object.list;
  if (count == 1 && (object.shape & kEdited) == 0) {
    const std::string subkey = ListSubkey(end == ListEnd::kHead ? span.head : span.tail - 1);
    OrderedElements elements = ElementsOf(object);
    CW_ASSIGN(const std::optional<std::string_view> value, elements.Get({.head = subkey}));
    if (!value) return std::unexpected(ElementIsMissing());
    visit({.subkey = subkey, .value = *value});
    return {};
  }
  ListWalk walk(tx(), collection_.generation(), object, end);
  WriteSteps steps(tx());
  for (; count > 0; --count) {
    CW_ASSIGN(const std::optional<ListWalk::Element> element, steps.Next(walk));
    if (!element) return std::unexpected(ElementIsMissing());
    visit(*element);
  }
  return {};
}

Status List::TakeOff(ObjectPayload& object, ListEnd end, uint64_t count,
                     const VisitElement& visit) {
  ListSpan& span = *object.list;
  const auto take = [&](const ListWalk::Element& element) {
    if (span.packed_bytes) *span.packed_bytes -= ListpackEntryBytes(element.value);
    visit(element);
  };
  CW_TRY(VisitEnd(object, end, count, take));
  object.count -= count;
  (end == ListEnd::kHead ? span.head : span.tail) += end == ListEnd::kHead ? count : -count;
  ClearAround(object);
  return {};
}

void List::ClearAround(ObjectPayload& object) {
  ListSpan& span = *object.list;
  const std::string prefix = SpacePrefix(collection_.generation(), object.oid, kItemSpace);
  const auto drop = [&](uint64_t begin, uint64_t end) {
    tx().DropRange(prefix + ListSubkey(begin), prefix + ListSubkey(end));
  };
  if (span.head - span.cleared >= kClearedTogether) {
    drop(span.cleared, span.head);
    span.cleared = span.head;
  }
  if (span.tail_cleared - span.tail >= kClearedTogether) {
    drop(span.tail, span.tail_cleared);
    span.tail_cleared = span.tail;
  }
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
  // It comes back to its place. For Redis that is a change.
  collection_.NoteChange();
  collection_.Signal();
  if (!in_elements()) {
    CW_ASSIGN(const InlinePayload payload, collection_.Inline());
    CW_ASSIGN(const Values values, InlineElements(payload.items));
    visit(from == ListEnd::kHead ? values.front() : values.back());
    return {};
  }
  CW_ASSIGN(const ObjectPayload object, collection_.Object());
  return VisitEnd(object, from, 1, [&](const ListWalk::Element& element) { visit(element.value); });
}

// --- what OBJECT ENCODING says ---

uint8_t List::GrownShape(uint8_t shape, uint64_t count, std::optional<uint64_t> packed_bytes,
                         std::span<const std::string_view> values) const {
  // What is to be added counts as it comes, as in Redis.
  uint64_t bytes = kEmptyListpackBytes + packed_bytes.value_or(0);
  for (const std::string_view value : values) bytes += value.size();
  const int64_t max_size = tx().keyspace().options().list_listpack_size;
  return IsBeyondListpack(max_size, bytes, count + values.size()) ? shape | kBeyondListpack : shape;
}

uint8_t List::ShrunkShape(uint8_t shape, uint64_t count,
                          std::optional<uint64_t> packed_bytes) const {
  if ((shape & kBeyondListpack) == 0 || !packed_bytes) return shape;
  const int64_t max_size = tx().keyspace().options().list_listpack_size;
  const bool again = IsListpackAgain(max_size, kEmptyListpackBytes + *packed_bytes, count);
  return again ? shape & ~kBeyondListpack : shape;
}

Status List::Shrink(ObjectPayload& object) {
  object.shape = ShrunkShape(object.shape, object.count, object.list->packed_bytes);
  return {};
}

}  // namespace cordwood::keyspace

#include "keyspace/types/list_elements.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "keyspace/types/listpack.h"
#include "keyspace/types/object_ranks.h"
#include "keyspace/types/write_steps.h"

namespace cordwood::keyspace {
namespace {

/// The first element of a list that is not pushed to an older one.
constexpr uint64_t kFirstPosition = uint64_t{1} << 63;
/// A dead range is written for so many popped elements at once.
constexpr uint64_t kClearedTogether = 256;
/// So many are looked at for what OBJECT ENCODING says alone.
constexpr uint64_t kCountedAtOnce = 1024;

}  // namespace

Error ListElementIsMissing() {
  return {ErrorCode::kCorruption, "a list has fewer elements than its record says"};
}

// --- a new list ---

ListBuilder::ListBuilder(Transaction& tx, Generation generation)
    : builder_(tx, generation),
      span_{.head = kFirstPosition,
            .tail = kFirstPosition,
            .cleared = kFirstPosition,
            .tail_cleared = kFirstPosition,
            .packed_bytes = 0} {}

Status ListBuilder::Put(std::string_view value) {
  *span_.packed_bytes += ListpackEntryBytes(value);
  return builder_.Put({.head = ListSubkey(span_.tail++)}, value);
}

Result<ObjectPayload> ListBuilder::Finish(uint8_t shape) {
  span_.tail_cleared = span_.tail;
  ObjectPayload object{.count = span_.tail - span_.head, .shape = shape, .list = span_};
  object.NoteEntries(object.count);
  CW_ASSIGN(object.oid, builder_.Finish());
  return object;
}

ListElements::ListElements(Transaction& tx, Generation generation, const ObjectPayload& object)
    : tx_(tx), generation_(generation), object_(object) {
  CHECK(object_.list.has_value());
}

// --- ends ---

Status ListElements::Push(ListEnd end, std::span<const std::string_view> values) {
  OrderedElements elements(tx_, generation_, object_.oid, kItemSpace);
  std::vector<std::string> ranked;
  for (const std::string_view value : values) {
    const uint64_t position = end == ListEnd::kHead ? --span().head : span().tail++;
    elements.Put({.head = ListSubkey(position)}, value);
    if (object_.ranks != Ranks::kNone) ranked.push_back(ListSubkey(position));
  }
  span().cleared = std::min(span().cleared, span().head);
  span().tail_cleared = std::max(span().tail_cleared, span().tail);
  object_.count += values.size();
  object_.NoteEntries(values.size());
  if (span().packed_bytes) *span().packed_bytes += ListpackEntryBytes(values);
  return NoteInRanks(tx_, generation_, object_, {}, std::move(ranked));
}

Status ListElements::VisitEnd(ListEnd end, uint64_t count, const Visit& visit) {
  if (count == 1 && !edited()) {
    const std::string subkey = ListSubkey(end == ListEnd::kHead ? span().head : span().tail - 1);
    OrderedElements elements(tx_, generation_, object_.oid, kItemSpace);
    CW_ASSIGN(const std::optional<std::string_view> value, elements.Get({.head = subkey}));
    if (!value) return std::unexpected(ListElementIsMissing());
    visit({.subkey = subkey, .value = *value});
    return {};
  }
  ListWalk walk = Walk(end);
  WriteSteps steps(tx_);
  for (; count > 0; --count) {
    CW_ASSIGN(const std::optional<Element> element, steps.Next(walk));
    if (!element) return std::unexpected(ListElementIsMissing());
    visit(*element);
  }
  return {};
}

Status ListElements::TakeOff(ListEnd end, uint64_t count, const Visit& visit) {
  CHECK(count < object_.count);
  if (count == 0) return {};
  const auto take = [&](const Element& element) {
    if (span().packed_bytes) *span().packed_bytes -= ListpackEntryBytes(element.value);
    visit(element);
  };
  if (edited()) return TakeOffEdited(end, count, take);
  CW_TRY(VisitEnd(end, count, take));
  object_.count -= count;
  if (end == ListEnd::kHead) {
    span().head += count;
  } else {
    span().tail -= count;
  }
  ClearAround();
  return {};
}

Status ListElements::Trim(uint64_t first, uint64_t count) {
  CHECK(count > 0 && first <= object_.count && count <= object_.count - first);
  if (edited()) return TrimEdited(first, count);
  const uint64_t behind = object_.count - first - count;
  const bool known = span().packed_bytes.has_value();
  const bool beyond = (object_.shape & kBeyondListpack) != 0;
  const bool counts = known && (!beyond || std::min(first + behind, count) <= kCountedAtOnce);
  if (counts) CW_TRY(CountTrimmed(first, behind));
  if (!counts) span().packed_bytes.reset();
  span().head += first;
  span().tail -= behind;
  object_.count = count;
  ClearAround();
  return {};
}

// Looks at what goes, or at what stays, whichever is less.
Status ListElements::CountTrimmed(uint64_t before, uint64_t behind) {
  uint64_t bytes = 0;
  const auto add = [&](const Element& element) { bytes += ListpackEntryBytes(element.value); };
  const uint64_t kept = object_.count - before - behind;
  if (before + behind <= kept) {
    CW_TRY(VisitEnd(ListEnd::kHead, before, add));
    CW_TRY(VisitEnd(ListEnd::kTail, behind, add));
    *span().packed_bytes -= bytes;
    return {};
  }
  ObjectPayload rest = object_;
  rest.list->head += before;
  rest.list->tail -= behind;
  CW_TRY(ListElements(tx_, generation_, rest).VisitEnd(ListEnd::kHead, kept, add));
  span().packed_bytes = bytes;
  return {};
}

Status ListElements::CountPackedBytes() {
  if (span().packed_bytes || object_.count > kCountedAtOnce) return {};
  uint64_t bytes = 0;
  CW_TRY(VisitEnd(ListEnd::kHead, object_.count,
                  [&](const Element& element) { bytes += ListpackEntryBytes(element.value); }));
  span().packed_bytes = bytes;
  return {};
}

void ListElements::ClearAround() {
  // A range that covers a tombstone lets merges drop it before what lies beneath. Where a push
  // takes a position again it puts an element over that, but not over those that were inserted
  // behind it.
  if (edited()) return;
  const auto drop = [&](uint64_t begin, uint64_t end) {
    const std::string prefix = SpacePrefix(generation_, object_.oid, kItemSpace);
    tx_.DropRange(prefix + ListSubkey(begin), prefix + ListSubkey(end));
  };
  if (span().head - span().cleared >= kClearedTogether) {
    drop(span().cleared, span().head);
    span().cleared = span().head;
  }
  if (span().tail_cleared - span().tail >= kClearedTogether) {
    drop(span().tail, span().tail_cleared);
    span().tail_cleared = span().tail;
  }
}

}  // namespace cordwood::keyspace

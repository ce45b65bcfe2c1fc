// What makes a list edited, and what is done differently with one that is: see
// keyspace/types/list_elements.h.

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "keyspace/types/list_elements.h"
#include "keyspace/types/list_suffix.h"
#include "keyspace/types/listpack.h"
#include "keyspace/types/object_ranks.h"
#include "keyspace/types/write_steps.h"
#include "keyspace/types/written_anew.h"

namespace cordwood::keyspace {
namespace {

constexpr size_t kSuffixBytesMax = 64;
/// More suffixes than these are not spread anew by themselves, and a sparse list of more elements
/// is left as it is: so much is done within a turn.
constexpr uint64_t kSpreadElements = 1024;
constexpr uint64_t kSpreadBytes = uint64_t{1} << 20;
/// Positions that a sparse list has more than these for each element.
constexpr uint64_t kPositionsForEach = 8;
constexpr uint64_t kPositionsSpare = 1024;

}  // namespace

// --- single elements ---

Result<std::string> ListElements::SubkeyAt(uint64_t index) {
  CHECK(index < object_.count);
  CW_ASSIGN(std::optional<std::string> ranked, SubkeyByRank(tx_, generation_, object_, index));
  if (ranked) return *std::move(ranked);
  const bool from_head = index <= object_.count / 2;
  std::string subkey;
  CW_TRY(VisitEnd(from_head ? ListEnd::kHead : ListEnd::kTail,
                  from_head ? index + 1 : object_.count - index,
                  [&](const Element& element) { subkey = element.subkey; }));
  return subkey;
}

Status ListElements::Replace(std::string_view subkey, std::string_view value) {
  OrderedElements elements(tx_, generation_, object_.oid, kItemSpace);
  CW_ASSIGN(const std::optional<std::string_view> old, elements.Get({.head = subkey}));
  if (!old) return std::unexpected(ListElementIsMissing());
  if (span().packed_bytes) {
    *span().packed_bytes += ListpackEntryBytes(value) - ListpackEntryBytes(*old);
  }
  elements.Put({.head = subkey}, value);
  return {};
}

// --- inserting ---

Result<ListElements::Place> ListElements::PlaceBeside(std::string subkey, bool before) {
  const ListEnd from = before ? ListEnd::kTail : ListEnd::kHead;
  ListWalk walk = Walk(from, before ? subkey : subkey + '\0');
  CW_ASSIGN(const std::optional<Element> element, WriteSteps(tx_).Next(walk));
  std::string neighbour(element ? element->subkey : std::string_view());
  return before ? Place{.left = std::move(neighbour), .right = std::move(subkey)}
                : Place{.left = std::move(subkey), .right = std::move(neighbour)};
}

Status ListElements::InsertBetween(std::string_view left, std::string_view right,
                                   std::string_view value) {
  std::optional<std::string_view> right_suffix;
  if (PositionOf(left) == PositionOf(right)) right_suffix = SuffixOf(right);
  const std::string suffix = SuffixBetween(SuffixOf(left), right_suffix);
  if (suffix.size() > kSuffixBytesMax) return SpreadPosition(left, value);
  OrderedElements elements(tx_, generation_, object_.oid, kItemSpace);
  std::string subkey = ListSubkey(PositionOf(left), suffix);
  elements.Put({.head = subkey}, value);
  if (span().packed_bytes) *span().packed_bytes += ListpackEntryBytes(value);
  object_.shape |= kEdited;
  object_.count += 1;
  object_.NoteEntries(1);
  return NoteInRanks(tx_, generation_, object_, {}, {std::move(subkey)});
}

Status ListElements::SpreadPosition(std::string_view left, std::string_view value) {
  const uint64_t position = PositionOf(left);
  ObjectPayload there = object_;
  there.list->head = position;
  there.list->tail = position + 1;
  ListWalk walk(tx_, generation_, there, ListEnd::kHead);
  WriteSteps steps(tx_);
  std::vector<std::string> subkeys;
  std::vector<std::string> values;
  uint64_t bytes = value.size();
  for (;;) {
    CW_ASSIGN(const std::optional<Element> element, steps.Next(walk));
    if (!element) break;
    bytes += element->value.size();
    if (values.size() >= kSpreadElements || bytes > kSpreadBytes) {
      return WriteAnew({}, object_.count, [&](const Element& each, ListBuilder& builder) -> Status {
        const bool is_left = each.subkey == left;
        CW_TRY(builder.Put(each.value));
        return is_left ? builder.Put(value) : Status();
      });
    }
    subkeys.emplace_back(element->subkey);
    values.emplace_back(element->value);
    if (subkeys.back() == left) values.emplace_back(value);
  }
  OrderedElements elements(tx_, generation_, object_.oid, kItemSpace);
  for (const std::string& subkey : subkeys) elements.Delete({.head = subkey});
  std::vector<std::string> spread;
  for (const std::string& suffix : SpreadSuffixes(values.size())) {
    elements.Put({.head = ListSubkey(position, suffix)}, values[spread.size()]);
    spread.push_back(ListSubkey(position, suffix));
  }
  if (span().packed_bytes) *span().packed_bytes += ListpackEntryBytes(value);
  object_.count += 1;
  object_.NoteEntries(values.size());
  return NoteInRanks(tx_, generation_, object_, std::move(subkeys), std::move(spread));
}

// --- removing ---

Status ListElements::RemoveEach(std::vector<std::string> subkeys, std::string_view value) {
  object_.count -= subkeys.size();
  if (object_.count == 0) return {};
  if (span().packed_bytes) *span().packed_bytes -= subkeys.size() * ListpackEntryBytes(value);
  if (subkeys.front() > subkeys.back()) std::ranges::reverse(subkeys);
  return DeleteEach(std::move(subkeys));
}

Result<uint64_t> ListElements::WriteAnewWithout(std::string_view value, ListEnd from,
                                                uint64_t most) {
  // Which ones go is known as they come by, unless they are counted from the other end.
  const bool is_known = from == ListEnd::kHead || most >= object_.count;
  std::string last;
  if (!is_known) {
    CW_ASSIGN(last, LastOfEqual(value, from, most));
  }
  uint64_t removed = 0;
  CW_TRY(WriteAnew({}, object_.count, [&](const Element& element, ListBuilder& builder) {
    const bool goes = element.value == value && removed < most && element.subkey >= last;
    if (!goes) return builder.Put(element.value);
    ++removed;
    return Status();
  }));
  return removed;
}

Result<std::string> ListElements::LastOfEqual(std::string_view value, ListEnd from, uint64_t most) {
  std::string last;
  ListWalk walk = Walk(from);
  uint64_t equal = 0;
  for (WriteSteps steps(tx_); equal < most;) {
    CW_ASSIGN(const std::optional<Element> element, steps.Next(walk));
    if (!element) break;
    if (element->value != value) continue;
    ++equal;
    last = element->subkey;
  }
  return last;
}

Status ListElements::DeleteEach(std::vector<std::string> all) {
  std::span<const std::string> subkeys = all;
  if (edited()) {
    CW_TRY(SettleBounds(subkeys));
  } else {
    // Those at the ends are popped.
    while (!subkeys.empty() && PositionOf(subkeys.front()) == span().head) {
      ++span().head;
      subkeys = subkeys.subspan(1);
    }
    while (!subkeys.empty() && PositionOf(subkeys.back()) == span().tail - 1) {
      --span().tail;
      subkeys = subkeys.first(subkeys.size() - 1);
    }
    if (!subkeys.empty()) object_.shape |= kEdited;
  }
  CW_TRY(Delete(subkeys));
  ClearAround();
  return NoteInRanks(tx_, generation_, object_, std::move(all), {});
}

Status ListElements::Delete(std::span<const std::string> subkeys) {
  OrderedElements elements(tx_, generation_, object_.oid, kItemSpace);
  for (const std::string& subkey : subkeys) {
    elements.Delete({.head = subkey});
    CW_TRY(tx_.Breathe());
  }
  return {};
}

bool ListElements::IsWrittenAnewWithout(uint64_t elements) const {
  return IsWrittenAnew(tx_.keyspace().options(), elements, object_.count - elements);
}

Status ListElements::SettleBounds(std::span<const std::string> gone) {
  const auto settle = [&](ListEnd end) -> Status {
    ListWalk walk = Walk(end);
    for (WriteSteps steps(tx_);;) {
      CW_ASSIGN(const std::optional<Element> element, steps.Next(walk));
      if (!element) return std::unexpected(ListElementIsMissing());
      if (gone.empty() || element->subkey != (end == ListEnd::kHead ? gone.front() : gone.back())) {
        SetBound(end, element->subkey);
        return {};
      }
      gone = end == ListEnd::kHead ? gone.subspan(1) : gone.first(gone.size() - 1);
    }
  };
  const ListSpan before = span();
  if (PositionOf(gone.front()) <= before.head) CW_TRY(settle(ListEnd::kHead));
  if (!gone.empty() && PositionOf(gone.back()) + 1 >= before.tail) {
    CW_TRY(settle(ListEnd::kTail));
  }
  return {};
}

void ListElements::SetBound(ListEnd end, std::string_view outermost) {
  if (end == ListEnd::kHead) {
    span().head = PositionOf(outermost);
  } else {
    span().tail = PositionOf(outermost) + 1;
  }
}

Status ListElements::TakeOffEdited(ListEnd end, uint64_t count, const Visit& visit) {
  const bool is_written_anew = IsWrittenAnewWithout(count);
  std::vector<std::string> subkeys;
  std::string last;
  CW_TRY(VisitEnd(end, count, [&](const Element& element) {
    visit(element);
    last = element.subkey;
    if (!is_written_anew) subkeys.push_back(last);
  }));
  object_.count -= count;
  if (is_written_anew) {
    std::string rest = end == ListEnd::kHead ? last + '\0' : std::string();
    return WriteAnew(
        std::move(rest), object_.count,
        [](const Element& element, ListBuilder& builder) { return builder.Put(element.value); });
  }
  // Before they are deleted, or a walk would step over them.
  ListWalk walk = Walk(end, end == ListEnd::kHead ? last + '\0' : last);
  CW_ASSIGN(const std::optional<Element> next, WriteSteps(tx_).Next(walk));
  if (!next) return std::unexpected(ListElementIsMissing());
  SetBound(end, next->subkey);
  CW_TRY(Delete(subkeys));
  ClearAround();
  return NoteInRanks(tx_, generation_, object_, std::move(subkeys), {});
}

Status ListElements::TrimEdited(uint64_t first, uint64_t count) {
  const uint64_t behind = object_.count - first - count;
  if (IsWrittenAnewWithout(first + behind)) {
    CW_ASSIGN(std::string from, SubkeyAt(first));
    return WriteAnew(std::move(from), count, [](const Element& element, ListBuilder& builder) {
      return builder.Put(element.value);
    });
  }
  CW_TRY(TakeOff(ListEnd::kHead, first, [](const Element&) {}));
  return TakeOff(ListEnd::kTail, behind, [](const Element&) {});
}

// --- writing anew ---

bool ListElements::IsSparse() const {
  const ListSpan& span = *object_.list;
  return edited() && object_.count <= kSpreadElements && span.packed_bytes &&
         *span.packed_bytes <= kSpreadBytes &&
         span.tail - span.head > kPositionsForEach * object_.count + kPositionsSpare;
}

Status ListElements::WriteAnew() {
  return WriteAnew({}, object_.count, [](const Element& element, ListBuilder& builder) {
    return builder.Put(element.value);
  });
}

Status ListElements::WriteAnew(std::string position, uint64_t count, const Rewrite& rewrite) {
  ListBuilder builder(tx_, generation_);
  ListWalk walk = Walk(ListEnd::kHead, std::move(position));
  for (WriteSteps steps(tx_); count > 0; --count) {
    CW_ASSIGN(const std::optional<Element> element, steps.Next(walk));
    if (!element) return std::unexpected(ListElementIsMissing());
    CW_TRY(rewrite(*element, builder));
  }
  CW_ASSIGN(object_, builder.Finish(object_.shape & ~kEdited));
  return {};
}

}  // namespace cordwood::keyspace

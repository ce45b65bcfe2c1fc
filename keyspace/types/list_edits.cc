// What makes a list edited, and what is done differently with one that is: see
// keyspace/types/list_elements.h.

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "keyspace/types/list_elements.h"
#include "keyspace/types/list_ranks.h"
#include "keyspace/types/list_suffix.h"
#include "keyspace/types/listpack.h"
#include "keyspace/types/write_steps.h"

namespace cordwood::keyspace {
namespace {

constexpr size_t kSuffixBytesMax = 64;
/// More suffixes than these are not spread anew by themselves, and a sparse list of more elements
/// is left as it is: so much is done within a turn.
constexpr uint64_t kSpreadElements = 1024;
constexpr uint64_t kSpreadBytes = uint64_t{1} << 20;
/// If more would be deleted, what stays is written anew.
constexpr uint64_t kDeletedAtOnce = 4096;
/// Positions that a sparse list has more than these for each element.
constexpr uint64_t kPositionsForEach = 8;
constexpr uint64_t kPositionsSpare = 1024;

}  // namespace

// --- single elements ---

Result<std::string> ListElements::SubkeyAt(uint64_t index) {
  CHECK(index < object_.count);
  if (!edited()) return ListSubkey(span().head + index);
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

Result<std::optional<ListElements::Place>> ListElements::PlaceBeside(std::string_view pivot,
                                                                     bool before) {
  Place place;
  ListWalk walk = Walk(ListEnd::kHead);
  for (WriteSteps steps(tx_);;) {
    CW_ASSIGN(std::optional<Element> element, steps.Next(walk));
    if (!element) return std::nullopt;
    const bool is_pivot = element->value == pivot;
    if (is_pivot && before) {
      place.right = element->subkey;
      return place;
    }
    place.left = element->subkey;
    if (!is_pivot) continue;
    CW_ASSIGN(element, steps.Next(walk));
    if (element) place.right = element->subkey;
    return place;
  }
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
  return NotePut(tx_, generation_, object_, {std::move(subkey)});
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
  CW_TRY(NoteDeleted(tx_, generation_, object_, std::move(subkeys)));
  return NotePut(tx_, generation_, object_, std::move(spread));
}

// --- removing ---

Result<uint64_t> ListElements::RemoveEqual(std::string_view value, ListEnd from, uint64_t most) {
  std::vector<std::string> subkeys;
  std::string last;
  uint64_t removed = 0;
  ListWalk walk = Walk(from);
  for (WriteSteps steps(tx_); removed < most;) {
    CW_ASSIGN(const std::optional<Element> element, steps.Next(walk));
    if (!element) break;
    if (element->value != value) continue;
    ++removed;
    last = element->subkey;
    if (subkeys.size() <= kDeletedAtOnce) subkeys.push_back(last);
  }
  if (removed == 0) return 0;
  if (removed == object_.count) {
    object_.count = 0;
    return removed;
  }
  if (subkeys.size() > kDeletedAtOnce) {
    CW_TRY(WriteAnew({}, object_.count, [&](const Element& element, ListBuilder& builder) {
      const bool reached = from == ListEnd::kHead ? element.subkey <= last : element.subkey >= last;
      return reached && element.value == value ? Status() : builder.Put(element.value);
    }));
    return removed;
  }
  if (span().packed_bytes) *span().packed_bytes -= removed * ListpackEntryBytes(value);
  object_.count -= removed;
  CW_TRY(DeleteEach(std::move(subkeys)));
  return removed;
}

Status ListElements::DeleteEach(std::vector<std::string> subkeys) {
  std::ranges::sort(subkeys);
  auto first = subkeys.begin();
  auto last = subkeys.end();
  if (!edited()) {
    // Those at the ends are popped.
    for (; first != last && PositionOf(*first) == span().head; ++first) ++span().head;
    for (; first != last && PositionOf(*(last - 1)) == span().tail - 1; --last) --span().tail;
    if (first != last) object_.shape |= kEdited;
  }
  OrderedElements elements(tx_, generation_, object_.oid, kItemSpace);
  for (auto it = first; it != last; ++it) elements.Delete({.head = *it});
  if (edited()) {
    const bool at_head = PositionOf(subkeys.front()) <= span().head;
    const bool at_tail = PositionOf(subkeys.back()) + 1 >= span().tail;
    if (at_head) CW_TRY(SettleBound(ListEnd::kHead));
    if (at_tail) CW_TRY(SettleBound(ListEnd::kTail));
  }
  ClearAround();
  return NoteDeleted(tx_, generation_, object_, std::move(subkeys));
}

Status ListElements::SettleBound(ListEnd end) {
  uint64_t position = 0;
  CW_TRY(VisitEnd(end, 1, [&](const Element& element) { position = PositionOf(element.subkey); }));
  if (end == ListEnd::kHead) {
    span().head = position;
  } else {
    span().tail = position + 1;
  }
  return {};
}

Status ListElements::TakeOffEdited(ListEnd end, uint64_t count, const Visit& visit) {
  std::vector<std::string> subkeys;
  std::string last;
  CW_TRY(VisitEnd(end, count, [&](const Element& element) {
    visit(element);
    last = element.subkey;
    if (subkeys.size() <= kDeletedAtOnce) subkeys.push_back(last);
  }));
  object_.count -= count;
  if (subkeys.size() > kDeletedAtOnce) {
    std::string rest = end == ListEnd::kHead ? last + '\0' : std::string();
    return WriteAnew(
        std::move(rest), object_.count,
        [](const Element& element, ListBuilder& builder) { return builder.Put(element.value); });
  }
  OrderedElements elements(tx_, generation_, object_.oid, kItemSpace);
  for (const std::string& subkey : subkeys) elements.Delete({.head = subkey});
  CW_TRY(SettleBound(end));
  ClearAround();
  return NoteDeleted(tx_, generation_, object_, std::move(subkeys));
}

Status ListElements::TrimEdited(uint64_t first, uint64_t count) {
  const uint64_t behind = object_.count - first - count;
  if (first + behind > kDeletedAtOnce) {
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

// LSET, LINSERT, LREM and LTRIM.

#include <cstdint>
#include <optional>

#include "commands/all_commands.h"
#include "commands/core/arg_reader.h"
#include "commands/core/events.h"
#include "commands/core/open.h"
#include "commands/core/row.h"
#include "keyspace/types/list_index.h"
#include "keyspace/types/lists.h"

namespace cordwood::commands::lists {
namespace {

using keyspace::List;
using keyspace::ListEnd;

constexpr Event kElementSet = {.event_class = EventClass::kList, .name = "lset"};
constexpr Event kInserted = {.event_class = EventClass::kList, .name = "linsert"};
constexpr Event kRemoved = {.event_class = EventClass::kList, .name = "lrem"};
constexpr Event kTrimmed = {.event_class = EventClass::kList, .name = "ltrim"};

Status LSet(Call& call) {
  std::optional<List> list;
  CW_TRY(OpenForWrite(call, call.argv[1], list));
  if (!list) return {};
  if (!list->exists()) return call.Error(kNoSuchKey);
  const std::optional<int64_t> index = ArgReader(call, 2).Int64();
  if (!index) return {};
  CW_ASSIGN(const uint64_t length, list->Length());
  const std::optional<uint64_t> at = keyspace::IndexIn(length, *index);
  if (!at) return call.Error("ERR index out of range");
  CW_TRY(list->Set(*at, call.argv[3]));
  Notify(call, kElementSet, call.argv[1]);
  call.reply.Ok();
  return {};
}

Status LInsert(Call& call) {
  ArgReader args(call, 2);
  const bool before = args.Match("BEFORE");
  if (!before && !args.Match("AFTER")) return call.Error(kSyntaxError);
  std::optional<List> list;
  CW_TRY(OpenForWrite(call, call.argv[1], list));
  if (!list) return {};
  if (!list->exists()) {
    call.reply.Integer(0);
    return {};
  }
  CW_ASSIGN(const bool inserted, list->Insert(before ? List::Side::kBefore : List::Side::kAfter,
                                              call.argv[3], call.argv[4]));
  if (inserted) Notify(call, kInserted, call.argv[1]);
  CW_ASSIGN(const uint64_t length, list->Length());
  call.reply.Integer(inserted ? static_cast<int64_t>(length) : -1);
  return {};
}

Status LRem(Call& call) {
  const std::optional<int64_t> count = ArgReader(call, 2).Int64();
  if (!count) return {};
  std::optional<List> list;
  CW_TRY(OpenForWrite(call, call.argv[1], list));
  if (!list) return {};
  uint64_t removed = 0;
  if (list->exists()) {
    const auto number = static_cast<uint64_t>(*count);
    const uint64_t most = *count < 0 ? -number : number;
    CW_ASSIGN(removed, list->RemoveEqual(call.argv[3], *count < 0 ? ListEnd::kTail : ListEnd::kHead,
                                         most == 0 ? UINT64_MAX : most));
  }
  if (removed > 0) NotifyTaken(call, kRemoved, call.argv[1], !list->exists());
  call.reply.Integer(static_cast<int64_t>(removed));
  return {};
}

Status LTrim(Call& call) {
  ArgReader args(call, 2);
  const std::optional<int64_t> start = args.Int64();
  if (!start) return {};
  const std::optional<int64_t> stop = args.Int64();
  if (!stop) return {};
  std::optional<List> list;
  CW_TRY(OpenForWrite(call, call.argv[1], list));
  if (!list) return {};
  if (list->exists()) {
    CW_ASSIGN(const uint64_t length, list->Length());
    const keyspace::IndexRange range = keyspace::RangeIn(length, *start, *stop);
    CW_TRY(list->Trim(range.first, range.count));
    NotifyTaken(call, kTrimmed, call.argv[1], !list->exists());
  }
  call.reply.Ok();
  return {};
}

constexpr Command kRowsOfEdit[] = {
    {.name = "linsert",
     .arity = 5,
     .flags = kWrite | kDenyOom,
     .keys = {Key(1, kRW | kInsert)},
     .handler = LInsert,
     .categories = kListCategory,
     .docs = {.group = "list",
              .since = "2.2.0",
              .complexity = "O(N) where N is the number of elements before the pivot",
              .arguments = "key#0 where=(BEFORE | AFTER) pivot element",
              .summary = "Puts an element beside another one of a list."}},
    {.name = "lrem",
     .arity = 4,
     .flags = kWrite | kFrees,
     .keys = {Key(1, kRW | kDelete)},
     .handler = LRem,
     .categories = kListCategory,
     .docs = {.group = "list",
              .since = "1.0.0",
              .complexity = "O(N) where N is the number of elements looked at",
              .arguments = "key#0 count:integer element",
              .summary = "Removes elements that are equal to a value, and the list with its last "
                         "one."}},
    {.name = "lset",
     .arity = 4,
     .flags = kWrite | kDenyOom,
     .keys = {Key(1, kRW | kUpdate)},
     .handler = LSet,
     .categories = kListCategory,
     .docs =
         {.group = "list",
          .since = "1.0.0",
          .complexity =
              "O(1); in a list that was edited O(log(N)), once walks to far indexes have had its "
              "elements counted",
          .arguments = "key#0 index:integer element",
          .summary = "Overwrites the element at an index."}},
    {.name = "ltrim",
     .arity = 4,
     .flags = kWrite | kFrees,
     .keys = {Key(1, kRW | kDelete)},
     .handler = LTrim,
     .categories = kListCategory,
     .docs = {.group = "list",
              .since = "1.0.0",
              .complexity =
                  "O(1); in a list that was edited O(N) where N is the number of elements "
                  "removed, or of those that stay",
              .arguments = "key#0 start:integer stop:integer",
              .summary = "Removes the elements that do not lie between two indexes."}},
};

}  // namespace

Rows EditRows() { return kRowsOfEdit; }

}  // namespace cordwood::commands::lists

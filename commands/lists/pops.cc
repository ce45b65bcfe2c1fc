// LPOP, RPOP and LMPOP.

#include "commands/lists/pops.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "commands/all_commands.h"
#include "commands/core/arg_reader.h"
#include "commands/core/error_texts.h"
#include "commands/core/lookup.h"
#include "commands/core/many_pops.h"
#include "commands/core/open.h"
#include "commands/core/row.h"
#include "commands/lists/list_end.h"
#include "commands/lists/list_events.h"
#include "keyspace/types/lists.h"

namespace cordwood::commands::lists {
namespace {

using keyspace::List;
using keyspace::ListEnd;

/// LPOP with a count.
Status PopMany(Call& call, ListEnd end) {
  ArgReader args(call, 2);
  const std::optional<uint64_t> count = args.CountFrom(0, kMustBePositive);
  if (!count) return {};
  if (*count == 0) {
    std::optional<List> list;
    CW_TRY(OpenForWrite(call, call.argv[1], list));
    if (!list) return {};
    list->exists() ? call.reply.ArrayHeader(0) : call.reply.NullArray();
    return {};
  }
  CW_ASSIGN(const bool replied,
            PopFirst(call, call.argv.subspan(1, 1), end, *count, PopReply::kValues));
  if (!replied) call.reply.NullArray();
  return {};
}

Status PopFrom(Call& call, ListEnd end, std::string_view command) {
  if (call.argv.size() > 3) return call.Error(WrongArity(command));
  if (call.argv.size() == 3) return PopMany(call, end);
  CW_ASSIGN(const bool replied, PopFirst(call, call.argv.subspan(1), end, 1, PopReply::kValue));
  if (!replied) call.reply.Null();
  return {};
}

Status LPop(Call& call) { return PopFrom(call, ListEnd::kHead, "lpop"); }

Status RPop(Call& call) { return PopFrom(call, ListEnd::kTail, "rpop"); }

Status LMPop(Call& call) {
  const std::optional<ManyPops> pops = TakeManyPops(call, 1, kListEnds);
  if (!pops) return {};
  CW_ASSIGN(const bool replied,
            PopFirst(call, pops->keys, EndOf(*pops), pops->count, PopReply::kKeyAndValues));
  if (!replied) call.reply.NullArray();
  return {};
}

constexpr Command kRowsOfPop[] = {
    {.name = "lmpop",
     .arity = -4,
     .flags = kWrite | kFrees,
     .keys = {CountedKeys(1, kRW | kAccess | kDelete)},
     .handler = LMPop,
     .categories = kListCategory,
     .docs = {.group = "list",
              .since = "7.0.0",
              .complexity = "O(N+M) where N is the number of keys and M that of elements popped",
              .arguments = "numkeys:integer key#0... where=(LEFT | RIGHT) [COUNT count:integer]",
              .summary = "Pops elements off the first list that is there."}},
    {.name = "lpop",
     .arity = -2,
     .flags = kWrite | kFrees | kFast,
     .keys = {Key(1, kRW | kAccess | kDelete)},
     .handler = LPop,
     .categories = kListCategory,
     .docs = {.group = "list",
              .since = "1.0.0",
              .complexity = "O(N) where N is the number of elements popped",
              .arguments = "key#0 [count:integer@6.2.0]",
              .summary = "Pops elements off the head of a list."}},
    {.name = "rpop",
     .arity = -2,
     .flags = kWrite | kFrees | kFast,
     .keys = {Key(1, kRW | kAccess | kDelete)},
     .handler = RPop,
     .categories = kListCategory,
     .docs = {.group = "list",
              .since = "1.0.0",
              .complexity = "O(N) where N is the number of elements popped",
              .arguments = "key#0 [count:integer@6.2.0]",
              .summary = "Pops elements off the tail of a list."}},
};

}  // namespace

Result<bool> PopFirst(Call& call, std::span<const std::string_view> keys, ListEnd end,
                      uint64_t count, PopReply form) {
  for (const std::string_view key : keys) {
    CW_TRY(call.tx.Breathe());
    std::optional<List> list;
    CW_TRY(OpenForWrite(call, key, list));
    if (!list) return true;
    if (!list->exists()) continue;
    const bool with_key = form == PopReply::kKeyAndValue || form == PopReply::kKeyAndValues;
    if (with_key) {
      call.reply.ArrayHeader(2);
      call.reply.Bulk(key);
    }
    if (form == PopReply::kValues || form == PopReply::kKeyAndValues) {
      CW_ASSIGN(const uint64_t length, list->Length());
      call.reply.ArrayHeader(std::min(count, length));
    }
    CW_TRY(list->Pop(end, count, [&](std::string_view value) { call.reply.Bulk(value); }));
    NotifyTaken(call, PoppedAt(end), key, !list->exists());
    return true;
  }
  return false;
}

Rows PopRows() { return kRowsOfPop; }

}  // namespace cordwood::commands::lists

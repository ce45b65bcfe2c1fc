// LMOVE and RPOPLPUSH.

#include <optional>
#include <string>

#include "commands/all_commands.h"
#include "commands/core/arg_reader.h"
#include "commands/core/open.h"
#include "commands/core/row.h"
#include "commands/lists/list_end.h"
#include "commands/lists/list_events.h"
#include "commands/lists/pops.h"
#include "keyspace/types/lists.h"

namespace cordwood::commands::lists {
namespace {

using keyspace::List;
using keyspace::ListEnd;

Status MoveOrNull(Call& call, ListEnd from, ListEnd to) {
  CW_ASSIGN(const bool replied, MoveElement(call, from, to));
  if (!replied) call.reply.Null();
  return {};
}

Status LMove(Call& call) {
  ArgReader args(call, 3);
  const std::optional<ListEnd> from = TakeListEnd(args, call);
  if (!from) return {};
  const std::optional<ListEnd> to = TakeListEnd(args, call);
  return to ? MoveOrNull(call, *from, *to) : Status();
}

Status RPopLPush(Call& call) { return MoveOrNull(call, ListEnd::kTail, ListEnd::kHead); }

constexpr Command kRowsOfMove[] = {
    {.name = "lmove",
     .arity = 5,
     .flags = kWrite | kDenyOom,
     .keys = {Key(1, kRW | kAccess | kDelete), Key(2, kRW | kInsert)},
     .handler = LMove,
     .categories = kListCategory,
     .docs = {.group = "list",
              .since = "6.2.0",
              .complexity = "O(1)",
              .arguments = "source#0 destination#1 wherefrom=(LEFT | RIGHT) whereto=(LEFT | RIGHT)",
              .summary = "Pops an element off a list and pushes it to another."}},
    {.name = "rpoplpush",
     .arity = 3,
     .flags = kWrite | kDenyOom,
     .keys = {Key(1, kRW | kAccess | kDelete), Key(2, kRW | kInsert)},
     .handler = RPopLPush,
     .categories = kListCategory,
     .docs = {.group = "list",
              .since = "1.2.0",
              .complexity = "O(1)",
              .arguments = "source#0 destination#1",
              .summary = "Pops an element off the tail of a list and pushes it to the head of "
                         "another.",
              .deprecated_since = "6.2.0",
              .replaced_by = "`LMOVE` with the `RIGHT` and `LEFT` arguments"}},
};

}  // namespace

Result<bool> MoveElement(Call& call, ListEnd from, ListEnd to) {
  std::optional<List> source;
  CW_TRY(OpenForWrite(call, call.argv[1], source));
  if (!source) return true;
  if (!source->exists()) return false;
  if (call.argv[1] == call.argv[2]) {
    CW_TRY(source->Rotate(from, to, [&](std::string_view value) { call.reply.Bulk(value); }));
    Notify(call, PushedAt(to), call.argv[2]);
    Notify(call, PoppedAt(from), call.argv[1]);
    return true;
  }
  std::optional<List> destination;
  CW_TRY(OpenForWrite(call, call.argv[2], destination));
  if (!destination) return true;
  std::string value;
  CW_TRY(source->Pop(from, 1, [&](std::string_view popped) { value = popped; }));
  const std::string_view pushed = value;
  CW_TRY(destination->Push(to, {&pushed, 1}));
  Notify(call, PushedAt(to), call.argv[2]);
  NotifyTaken(call, PoppedAt(from), call.argv[1], !source->exists());
  call.reply.Bulk(value);
  return true;
}

Rows MoveRows() { return kRowsOfMove; }

}  // namespace cordwood::commands::lists

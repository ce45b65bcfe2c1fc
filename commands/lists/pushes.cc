// LPUSH, RPUSH and their forms for lists that exist.

#include <optional>

#include "commands/all_commands.h"
#include "commands/core/open.h"
#include "commands/core/row.h"
#include "commands/lists/list_events.h"
#include "keyspace/types/lists.h"

namespace cordwood::commands::lists {
namespace {

using keyspace::List;
using keyspace::ListEnd;

enum class If : uint8_t { kAlways, kExists };

Status PushTo(Call& call, ListEnd end, If condition) {
  std::optional<List> list;
  CW_TRY(OpenForWrite(call, call.argv[1], list));
  if (!list) return {};
  if (condition == If::kExists && !list->exists()) {
    call.reply.Integer(0);
    return {};
  }
  CW_TRY(list->Push(end, call.argv.subspan(2)));
  Notify(call, PushedAt(end), call.argv[1]);
  CW_ASSIGN(const uint64_t length, list->Length());
  call.reply.Integer(static_cast<int64_t>(length));
  return {};
}

Status LPush(Call& call) { return PushTo(call, ListEnd::kHead, If::kAlways); }

Status LPushX(Call& call) { return PushTo(call, ListEnd::kHead, If::kExists); }

Status RPush(Call& call) { return PushTo(call, ListEnd::kTail, If::kAlways); }

Status RPushX(Call& call) { return PushTo(call, ListEnd::kTail, If::kExists); }

constexpr Command kRowsOfPush[] = {
    {.name = "lpush",
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {Key(1, kRW | kInsert)},
     .handler = LPush,
     .categories = kListCategory,
     .docs = {.group = "list",
              .since = "1.0.0",
              .complexity = "O(N) where N is the number of elements pushed",
              .arguments = "key#0 element...",
              .summary = "Pushes elements to the head of a list."}},
    {.name = "lpushx",
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {Key(1, kRW | kInsert)},
     .handler = LPushX,
     .categories = kListCategory,
     .docs = {.group = "list",
              .since = "2.2.0",
              .complexity = "O(N) where N is the number of elements pushed",
              .arguments = "key#0 element...",
              .summary = "Pushes elements to the head of a list that exists."}},
    {.name = "rpush",
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {Key(1, kRW | kInsert)},
     .handler = RPush,
     .categories = kListCategory,
     .docs = {.group = "list",
              .since = "1.0.0",
              .complexity = "O(N) where N is the number of elements pushed",
              .arguments = "key#0 element...",
              .summary = "Pushes elements to the tail of a list."}},
    {.name = "rpushx",
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {Key(1, kRW | kInsert)},
     .handler = RPushX,
     .categories = kListCategory,
     .docs = {.group = "list",
              .since = "2.2.0",
              .complexity = "O(N) where N is the number of elements pushed",
              .arguments = "key#0 element...",
              .summary = "Pushes elements to the tail of a list that exists."}},
};

}  // namespace

Rows PushRows() { return kRowsOfPush; }

}  // namespace cordwood::commands::lists

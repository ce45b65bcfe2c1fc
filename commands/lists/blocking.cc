// BLPOP, BRPOP, BLMPOP, BLMOVE and BRPOPLPUSH: pops that wait for an element.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "commands/all_commands.h"
#include "commands/core/arg_reader.h"
#include "commands/core/block_for_keys.h"
#include "commands/core/many_pops.h"
#include "commands/core/row.h"
#include "commands/core/timeout_arg.h"
#include "commands/lists/list_end.h"
#include "commands/lists/pops.h"

namespace cordwood::commands::lists {
namespace {

using keyspace::ListEnd;

constexpr keyspace::Type kWaited = keyspace::Type::kList;

Status PopOrBlock(Call& call, ListEnd end) {
  ArgReader args(call, call.argv.size() - 1);
  const std::optional<int64_t> timeout_ms = TakeSeconds(args, call);
  if (!timeout_ms) return {};
  const std::span<const std::string_view> keys = call.argv.subspan(1, call.argv.size() - 2);
  CW_ASSIGN(const bool replied, PopFirst(call, keys, end, 1, PopReply::kKeyAndValue));
  return replied ? Status() : BlockForKeys(call, keys, kWaited, *timeout_ms);
}

Status BLPop(Call& call) { return PopOrBlock(call, ListEnd::kHead); }

Status BRPop(Call& call) { return PopOrBlock(call, ListEnd::kTail); }

Status BLMPop(Call& call) {
  const std::optional<ManyPops> pops = TakeManyPops(call, 2, kListEnds);
  if (!pops) return {};
  ArgReader args(call, 1);
  const std::optional<int64_t> timeout_ms = TakeSeconds(args, call);
  if (!timeout_ms) return {};
  CW_ASSIGN(const bool replied,
            PopFirst(call, pops->keys, EndOf(*pops), pops->count, PopReply::kKeyAndValues));
  return replied ? Status() : BlockForKeys(call, pops->keys, kWaited, *timeout_ms);
}

Status MoveOrBlock(Call& call, ListEnd from, ListEnd to, int64_t timeout_ms) {
  CW_ASSIGN(const bool replied, MoveElement(call, from, to));
  if (replied) return {};
  if (call.may_wait) return BlockForKeys(call, call.argv.subspan(1, 1), kWaited, timeout_ms);
  call.reply.Null();  // and not what it replies when its time is over
  return {};
}

Status BLMove(Call& call) {
  ArgReader args(call, 3);
  const std::optional<ListEnd> from = TakeListEnd(args, call);
  if (!from) return {};
  const std::optional<ListEnd> to = TakeListEnd(args, call);
  if (!to) return {};
  const std::optional<int64_t> timeout_ms = TakeSeconds(args, call);
  return timeout_ms ? MoveOrBlock(call, *from, *to, *timeout_ms) : Status();
}

Status BRPopLPush(Call& call) {
  ArgReader args(call, 3);
  const std::optional<int64_t> timeout_ms = TakeSeconds(args, call);
  return timeout_ms ? MoveOrBlock(call, ListEnd::kTail, ListEnd::kHead, *timeout_ms) : Status();
}

constexpr uint32_t kPops = kWrite | kFrees | kBlocking;
constexpr uint32_t kMoves = kWrite | kDenyOom | kBlocking;

constexpr Command kRowsOfBlocking[] = {
    {.name = "blmove",
     .arity = 6,
     .flags = kMoves,
     .keys = {Key(1, kRW | kAccess | kDelete), Key(2, kRW | kInsert)},
     .handler = BLMove,
     .categories = kListCategory,
     .docs = {.group = "list",
              .since = "6.2.0",
              .complexity = "O(1)",
              .arguments = "source#0 destination#1 wherefrom=(LEFT | RIGHT) whereto=(LEFT | RIGHT) "
                           "timeout:double",
              .summary = "Pops an element off a list and pushes it to another, or waits for one."}},
    {.name = "blmpop",
     .arity = -5,
     .flags = kPops,
     .keys = {CountedKeys(2, kRW | kAccess | kDelete)},
     .handler = BLMPop,
     .categories = kListCategory,
     .docs = {.group = "list",
              .since = "7.0.0",
              .complexity = "O(N+M) where N is the number of keys and M that of elements popped",
              .arguments = "timeout:double numkeys:integer key#0... where=(LEFT | RIGHT) [COUNT "
                           "count:integer]",
              .summary = "Pops elements off the first list that is there, or waits for one."}},
    {.name = "blpop",
     .arity = -3,
     .flags = kPops,
     .keys = {Keys(1, -2, 1, kRW | kAccess | kDelete)},
     .handler = BLPop,
     .categories = kListCategory,
     .docs = {.group = "list",
              .since = "2.0.0",
              .complexity = "O(N) where N is the number of keys",
              .arguments = "key#0... timeout:double",
              .summary = "Pops an element off the head of the first list that is there, or waits "
                         "for one."}},
    {.name = "brpop",
     .arity = -3,
     .flags = kPops,
     .keys = {Keys(1, -2, 1, kRW | kAccess | kDelete)},
     .handler = BRPop,
     .categories = kListCategory,
     .docs = {.group = "list",
              .since = "2.0.0",
              .complexity = "O(N) where N is the number of keys",
              .arguments = "key#0... timeout:double",
              .summary = "Pops an element off the tail of the first list that is there, or waits "
                         "for one."}},
    {.name = "brpoplpush",
     .arity = 4,
     .flags = kMoves,
     .keys = {Key(1, kRW | kAccess | kDelete), Key(2, kRW | kInsert)},
     .handler = BRPopLPush,
     .categories = kListCategory,
     .docs = {.group = "list",
              .since = "2.2.0",
              .complexity = "O(1)",
              .arguments = "source#0 destination#1 timeout:double",
              .summary = "Pops an element off the tail of a list and pushes it to the head of "
                         "another, or waits for one.",
              .deprecated_since = "6.2.0",
              .replaced_by = "`BLMOVE` with the `RIGHT` and `LEFT` arguments"}},
};

}  // namespace

Rows BlockingRows() { return kRowsOfBlocking; }

}  // namespace cordwood::commands::lists

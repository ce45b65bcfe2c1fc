// BZPOPMIN, BZPOPMAX and BZMPOP: pops that wait for a member.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "commands/all_commands.h"
#include "commands/core/arg_reader.h"
#include "commands/core/block_for_keys.h"
#include "commands/core/row.h"
#include "commands/core/timeout_arg.h"
#include "commands/sorted_sets/pops.h"

namespace cordwood::commands::sorted_sets {
namespace {

constexpr keyspace::Type kWaited = keyspace::Type::kSortedSet;

Status PopOrBlock(Call& call, SetEnd end) {
  ArgReader args(call, call.argv.size() - 1);
  const std::optional<int64_t> timeout_ms = TakeSeconds(args, call);
  if (!timeout_ms) return {};
  const std::span<const std::string_view> keys = call.argv.subspan(1, call.argv.size() - 2);
  CW_ASSIGN(const bool replied, PopFirst(call, keys, end, 1, PopReply::kKeyAndFlat));
  return replied ? Status() : BlockForKeys(call, keys, kWaited, *timeout_ms);
}

Status BZPopMin(Call& call) { return PopOrBlock(call, SetEnd::kForwards); }

Status BZPopMax(Call& call) { return PopOrBlock(call, SetEnd::kBackwards); }

Status BZMPop(Call& call) {
  const std::optional<ManyPops> pops = TakeManyPops(call, 2, kSetEnds);
  if (!pops) return {};
  ArgReader args(call, 1);
  const std::optional<int64_t> timeout_ms = TakeSeconds(args, call);
  if (!timeout_ms) return {};
  CW_ASSIGN(const bool replied,
            PopFirst(call, pops->keys, EndOf(*pops), pops->count, PopReply::kKeyAndPairs));
  return replied ? Status() : BlockForKeys(call, pops->keys, kWaited, *timeout_ms);
}

constexpr uint32_t kBlockingPops = kWrite | kFrees | kBlocking;

constexpr Command kRowsOfBlocking[] = {
    {.name = "bzmpop",
     .arity = -5,
     .flags = kBlockingPops,
     .keys = {CountedKeys(2, kRW | kAccess | kDelete)},
     .handler = BZMPop,
     .categories = kSortedSetCategory,
     .docs = {.group = "sorted-set",
              .since = "7.0.0",
              .complexity = "O(N+M) where N is the number of keys and M that of members popped",
              .arguments = "timeout:double numkeys:integer key#0... where=(MIN | MAX) [COUNT "
                           "count:integer]",
              .summary = "Pops members off the first sorted set that is there, or waits for one."}},
    {.name = "bzpopmax",
     .arity = -3,
     .flags = kBlockingPops | kFast,
     .keys = {Keys(1, -2, 1, kRW | kAccess | kDelete)},
     .handler = BZPopMax,
     .categories = kSortedSetCategory,
     .docs = {.group = "sorted-set",
              .since = "5.0.0",
              .complexity = "O(N) where N is the number of keys",
              .arguments = "key#0... timeout:double",
              .summary = "Pops the member with the greatest score off the first sorted set that is "
                         "there, or waits for one."}},
    {.name = "bzpopmin",
     .arity = -3,
     .flags = kBlockingPops | kFast,
     .keys = {Keys(1, -2, 1, kRW | kAccess | kDelete)},
     .handler = BZPopMin,
     .categories = kSortedSetCategory,
     .docs = {.group = "sorted-set",
              .since = "5.0.0",
              .complexity = "O(N) where N is the number of keys",
              .arguments = "key#0... timeout:double",
              .summary = "Pops the member with the least score off the first sorted set that is "
                         "there, or waits for one."}},
};

}  // namespace

Rows BlockingRows() { return kRowsOfBlocking; }

}  // namespace cordwood::commands::sorted_sets

// ZPOPMIN, ZPOPMAX and ZMPOP.

#include "commands/sorted_sets/pops.h"

#include <algorithm>
#include <optional>

#include "commands/all_commands.h"
#include "commands/core/arg_reader.h"
#include "commands/core/error_texts.h"
#include "commands/core/events.h"
#include "commands/core/open.h"
#include "commands/core/row.h"

namespace cordwood::commands::sorted_sets {
namespace {

using keyspace::ScoredMember;
using keyspace::SortedSet;

Status PopOne(Call& call, SetEnd end) {
  if (call.argv.size() > 3) return call.Error(kSyntaxError);
  std::optional<uint64_t> count = 1;
  const bool is_counted = call.argv.size() == 3;
  if (is_counted) {
    ArgReader args(call, 2);
    count = args.CountFrom(0, kMustBePositive);
  }
  if (!count) return {};
  CW_ASSIGN(const bool replied, PopFirst(call, call.argv.subspan(1, 1), end, *count,
                                         is_counted ? PopReply::kPairs : PopReply::kFlat));
  if (!replied) call.reply.ArrayHeader(0);
  return {};
}

Status ZPopMin(Call& call) { return PopOne(call, SetEnd::kForwards); }

Status ZPopMax(Call& call) { return PopOne(call, SetEnd::kBackwards); }

Status ZMPop(Call& call) {
  const std::optional<ManyPops> pops = TakeManyPops(call, 1, kSetEnds);
  if (!pops) return {};
  CW_ASSIGN(const bool replied,
            PopFirst(call, pops->keys, EndOf(*pops), pops->count, PopReply::kKeyAndPairs));
  if (!replied) call.reply.NullArray();
  return {};
}

/// What stands in front of so many pairs.
void BeginReply(Call& call, std::string_view key, uint64_t members, PopReply form) {
  if (form == PopReply::kKeyAndFlat) {
    call.reply.ArrayHeader(2 * members + 1);
    call.reply.Bulk(key);
    return;
  }
  if (form == PopReply::kKeyAndPairs) {
    call.reply.ArrayHeader(2);
    call.reply.Bulk(key);
  }
  const bool nested =
      form == PopReply::kKeyAndPairs || (form == PopReply::kPairs && call.reply.resp3());
  call.reply.ArrayHeader(nested ? members : 2 * members);
}

Event PoppedOff(SetEnd end) {
  return {.event_class = EventClass::kSortedSet,
          .name = end == SetEnd::kForwards ? "zpopmin" : "zpopmax"};
}

constexpr std::string_view kPopComplexity = "O(N) where N is the number of members popped";

constexpr Command kRowsOfPop[] = {
    {.name = "zmpop",
     .arity = -4,
     .flags = kWrite | kFrees,
     .keys = {CountedKeys(1, kRW | kAccess | kDelete)},
     .handler = ZMPop,
     .categories = kSortedSetCategory,
     .docs = {.group = "sorted-set",
              .since = "7.0.0",
              .complexity = "O(N+M) where N is the number of keys and M that of members popped",
              .arguments = "numkeys:integer key#0... where=(MIN | MAX) [COUNT count:integer]",
              .summary = "Pops members off the first sorted set that is there."}},
    {.name = "zpopmax",
     .arity = -2,
     .flags = kWrite | kFrees | kFast,
     .keys = {Key(1, kRW | kAccess | kDelete)},
     .handler = ZPopMax,
     .categories = kSortedSetCategory,
     .docs = {.group = "sorted-set",
              .since = "5.0.0",
              .complexity = kPopComplexity,
              .arguments = "key#0 [count:integer]",
              .summary = "Pops the members with the greatest scores."}},
    {.name = "zpopmin",
     .arity = -2,
     .flags = kWrite | kFrees | kFast,
     .keys = {Key(1, kRW | kAccess | kDelete)},
     .handler = ZPopMin,
     .categories = kSortedSetCategory,
     .docs = {.group = "sorted-set",
              .since = "5.0.0",
              .complexity = kPopComplexity,
              .arguments = "key#0 [count:integer]",
              .summary = "Pops the members with the least scores."}},
};

}  // namespace

Result<bool> PopFirst(Call& call, std::span<const std::string_view> keys, SetEnd end,
                      uint64_t count, PopReply form) {
  for (const std::string_view key : keys) {
    CW_TRY(call.tx.Breathe());
    std::optional<SortedSet> set;
    CW_TRY(OpenForWrite(call, key, set));
    if (!set) return true;
    if (!set->exists()) continue;
    CW_ASSIGN(const uint64_t length, set->Length());
    BeginReply(call, key, std::min(count, length), form);
    const bool nested =
        form == PopReply::kKeyAndPairs || (form == PopReply::kPairs && call.reply.resp3());
    CW_TRY(set->Pop(end, count, [&](const ScoredMember& member) {
      if (nested) call.reply.ArrayHeader(2);
      call.reply.Bulk(member.member);
      call.reply.Double(member.score);
    }));
    if (count > 0) NotifyTaken(call, PoppedOff(end), key, !set->exists());
    return true;
  }
  return false;
}

Rows PopRows() { return kRowsOfPop; }

}  // namespace cordwood::commands::sorted_sets

// ZADD, ZINCRBY and ZREM.

#include <optional>
#include <vector>

#include "commands/all_commands.h"
#include "commands/core/arg_reader.h"
#include "commands/core/error_texts.h"
#include "commands/core/events.h"
#include "commands/core/open.h"
#include "commands/core/row.h"
#include "keyspace/types/sorted_sets.h"

namespace cordwood::commands::sorted_sets {
namespace {

using keyspace::AddResult;
using keyspace::AddRules;
using keyspace::ScoredMember;
using keyspace::SortedSet;

constexpr Event kAdded = {.event_class = EventClass::kSortedSet, .name = "zadd"};
constexpr Event kIncremented = {.event_class = EventClass::kSortedSet, .name = "zincr"};
constexpr Event kRemoved = {.event_class = EventClass::kSortedSet, .name = "zrem"};

struct Addition {
  AddRules rules;
  bool counts_changes = false;
  std::vector<ScoredMember> members;
};

/// What cannot be asked for together; nothing: it makes sense.
std::optional<std::string_view> Contradiction(const Addition& addition, size_t members) {
  const AddRules& rules = addition.rules;
  if (!rules.adds && !rules.updates) {
    return "ERR XX and NX options at the same time are not compatible";
  }
  const int conditions =
      (rules.updates ? 0 : 1) + (rules.only_greater ? 1 : 0) + (rules.only_less ? 1 : 0);
  if (conditions > 1) {
    return "ERR GT, LT, and/or NX options at the same time are not compatible";
  }
  if (rules.increments && members > 1) {
    return "ERR INCR option supports a single increment-element pair";
  }
  return std::nullopt;
}

void TakeAddOptions(ArgReader& args, Addition& addition) {
  for (AddRules& rules = addition.rules; !args.done();) {
    if (args.Match("NX")) {
      rules.updates = false;
    } else if (args.Match("XX")) {
      rules.adds = false;
    } else if (args.Match("CH")) {
      addition.counts_changes = true;
    } else if (args.Match("INCR")) {
      rules.increments = true;
    } else if (args.Match("GT")) {
      rules.only_greater = true;
    } else if (args.Match("LT")) {
      rules.only_less = true;
    } else {
      return;
    }
  }
}

/// From argv[2] on. Replies and answers nothing if it makes no sense.
Result<std::optional<Addition>> TakeAddition(Call& call, const AddRules& rules) {
  Addition addition{.rules = rules};
  ArgReader args(call, 2);
  TakeAddOptions(args, addition);
  if (args.done() || args.left() % 2 != 0) {
    call.reply.Error(kSyntaxError);
    return std::nullopt;
  }
  if (const auto error = Contradiction(addition, args.left() / 2)) {
    call.reply.Error(*error);
    return std::nullopt;
  }
  addition.members.reserve(args.left() / 2);
  while (!args.done()) {
    CW_TRY(call.tx.Breathe());
    const std::optional<double> score = args.Double();
    if (!score) return std::nullopt;
    addition.members.push_back({.member = args.Next(), .score = *score});
  }
  return addition;
}

void ReplyIncrement(Call& call, const AddResult& result) {
  if (result.not_a_number) {
    call.reply.Error("ERR resulting score is not a number (NaN)");
  } else if (result.score) {
    call.reply.Double(*result.score);
  } else {
    call.reply.Null();
  }
}

Status AddMembers(Call& call, const AddRules& given) {
  CW_ASSIGN(const std::optional<Addition> addition, TakeAddition(call, given));
  if (!addition) return {};
  const AddRules& rules = addition->rules;
  std::optional<SortedSet> set;
  CW_TRY(OpenForWrite(call, call.argv[1], set));
  if (!set) return {};
  AddResult result;
  if (set->exists() || rules.adds) {
    CW_ASSIGN(result, set->Add(addition->members, rules));
  }
  if (result.added + result.changed > 0) {
    Notify(call, rules.increments ? kIncremented : kAdded, call.argv[1]);
  }
  if (rules.increments) {
    ReplyIncrement(call, result);
  } else {
    const uint64_t changed = addition->counts_changes ? result.changed : 0;
    call.reply.Integer(static_cast<int64_t>(result.added + changed));
  }
  return {};
}

Status ZAdd(Call& call) { return AddMembers(call, {}); }

Status ZIncrBy(Call& call) { return AddMembers(call, {.increments = true}); }

Status ZRem(Call& call) {
  std::optional<SortedSet> set;
  CW_TRY(OpenForWrite(call, call.argv[1], set));
  if (!set) return {};
  CW_ASSIGN(const uint64_t removed, set->Remove(call.argv.subspan(2)));
  if (removed > 0) NotifyTaken(call, kRemoved, call.argv[1], !set->exists());
  call.reply.Integer(static_cast<int64_t>(removed));
  return {};
}

constexpr Command kRowsOfWrite[] = {
    {.name = "zadd",
     .arity = -4,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {Key(1, kRW | kUpdate)},
     .handler = ZAdd,
     .categories = kSortedSetCategory,
     .docs = {.group = "sorted-set",
              .since = "1.2.0",
              .complexity = "O(N) where N is the number of members named",
              .arguments = "key#0 [condition=(NX | XX)@3.0.2] [comparison=(GT | LT)@6.2.0] "
                           "[CH=change@3.0.2] [INCR=increment@3.0.2] data=<score:double member>...",
              .summary = "Adds members, or changes their scores."}},
    {.name = "zincrby",
     .arity = 4,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {Key(1, kRW | kAccess | kUpdate)},
     .handler = ZIncrBy,
     .categories = kSortedSetCategory,
     .docs = {.group = "sorted-set",
              .since = "1.2.0",
              .complexity = "O(1)",
              .arguments = "key#0 increment:integer member",
              .summary = "Adds a number to the score of a member."}},
    {.name = "zrem",
     .arity = -3,
     .flags = kWrite | kFrees | kFast,
     .keys = {Key(1, kRW | kDelete)},
     .handler = ZRem,
     .categories = kSortedSetCategory,
     .docs = {.group = "sorted-set",
              .since = "1.2.0",
              .complexity = "O(N) where N is the number of members named",
              .arguments = "key#0 member...",
              .summary = "Removes members, and the sorted set with its last one."}},
};

}  // namespace

Rows WriteRows() { return kRowsOfWrite; }

}  // namespace cordwood::commands::sorted_sets

// The commands that read single members, in no order of theirs.

#include <string>

#include "base/number.h"
#include "commands/all_commands.h"
#include "commands/core/open.h"
#include "commands/core/row.h"
#include "commands/core/sample.h"
#include "commands/core/scan_page.h"
#include "keyspace/types/sorted_sets.h"

namespace cordwood::commands::sorted_sets {
namespace {

using keyspace::SortedSet;
using keyspace::Type;
using protocol::ReplyWriter;

void ReplyScore(ReplyWriter& reply, std::optional<double> score) {
  if (score) {
    reply.Double(*score);
  } else {
    reply.Null();
  }
}

Status ZCard(Call& call) {
  std::optional<SortedSet> set;
  CW_TRY(OpenForRead(call, call.argv[1], set));
  if (!set) return {};
  CW_ASSIGN(const uint64_t length, set->Length());
  call.reply.Integer(static_cast<int64_t>(length));
  return {};
}

Status ZScore(Call& call) {
  std::optional<SortedSet> set;
  CW_TRY(OpenForRead(call, call.argv[1], set));
  if (!set) return {};
  CW_ASSIGN(const std::optional<double> score, set->Score(call.argv[2]));
  ReplyScore(call.reply, score);
  return {};
}

Status ZMScore(Call& call) {
  std::optional<SortedSet> set;
  CW_TRY(OpenForRead(call, call.argv[1], set));
  if (!set) return {};
  const std::span<const std::string_view> members = call.argv.subspan(2);
  call.reply.ArrayHeader(members.size());
  return set->ScoresOf(members,
                       [&](std::optional<double> score) { ReplyScore(call.reply, score); });
}

/// What a sampler or a scan gives is an item's value. It was judged when it was read.
double ScoreOfValue(std::string_view value) { return keyspace::ScoreOfBytes(value).value_or(0); }

Status ZScan(Call& call) {
  return ReplyScan(call, Type::kSortedSet, ScanValues::kBehindNames, [](std::string_view value) {
    std::string text;
    AppendDouble(text, ScoreOfValue(value));
    return text;
  });
}

Status ZRandMember(Call& call) {
  const std::optional<Sample> sample = TakeSample(call, "WITHSCORES");
  if (!sample) return {};
  return ReplySample(
      call, Type::kSortedSet, *sample,
      [](ReplyWriter& reply, std::string_view value) { reply.Double(ScoreOfValue(value)); });
}

constexpr Command kRowsOfRead[] = {
    {.name = "zcard",
     .arity = 2,
     .flags = kReadOnly | kFast,
     .keys = {Key(1, kRO)},
     .handler = ZCard,
     .categories = kSortedSetCategory,
     .docs = {.group = "sorted-set",
              .since = "1.2.0",
              .complexity = "O(1)",
              .arguments = "key#0",
              .summary = "Returns the number of members."}},
    {.name = "zmscore",
     .arity = -3,
     .flags = kReadOnly | kFast,
     .keys = {Key(1, kRO | kAccess)},
     .handler = ZMScore,
     .categories = kSortedSetCategory,
     .docs = {.group = "sorted-set",
              .since = "6.2.0",
              .complexity = "O(N) where N is the number of members named",
              .arguments = "key#0 member...",
              .summary = "Returns the scores of several members."}},
    {.name = "zrandmember",
     .arity = -2,
     .flags = kReadOnly,
     .keys = {Key(1, kRO | kAccess)},
     .handler = ZRandMember,
     .categories = kSortedSetCategory,
     .tips = "nondeterministic_output",
     .docs = {.group = "sorted-set",
              .since = "6.2.0",
              .complexity = "O(N) where N is the number of members asked for, or of the sorted set "
                            "if that is many of it",
              .arguments = "key#0 [options=<count:integer [WITHSCORES]>]",
              .summary = "Returns random members."}},
    {.name = "zscan",
     .arity = -3,
     .flags = kReadOnly,
     .keys = {Key(1, kRO | kAccess)},
     .handler = ZScan,
     .categories = kSortedSetCategory,
     .tips = "nondeterministic_output",
     .docs = {.group = "sorted-set",
              .since = "2.8.0",
              .complexity = "O(1) for a page, O(N) for all where N is the number of members",
              .arguments = "key#0 cursor:integer [MATCH pattern:pattern] [COUNT count:integer]",
              .summary = "Walks the members and their scores page by page."}},
    {.name = "zscore",
     .arity = 3,
     .flags = kReadOnly | kFast,
     .keys = {Key(1, kRO | kAccess)},
     .handler = ZScore,
     .categories = kSortedSetCategory,
     .docs = {.group = "sorted-set",
              .since = "1.2.0",
              .complexity = "O(1)",
              .arguments = "key#0 member",
              .summary = "Returns the score of a member."}},
};

}  // namespace

Rows ReadRows() { return kRowsOfRead; }

}  // namespace cordwood::commands::sorted_sets

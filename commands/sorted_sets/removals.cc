// ZREMRANGEBYRANK, ZREMRANGEBYSCORE and ZREMRANGEBYLEX. Many members are removed by storing the
// rest anew, beside other commands: docs/decisions/long_writes.md.

#include <optional>

#include "commands/all_commands.h"
#include "commands/core/events.h"
#include "commands/core/open.h"
#include "commands/core/row.h"
#include "commands/sorted_sets/selection.h"
#include "keyspace/types/list_index.h"
#include "keyspace/types/sorted_sets.h"

namespace cordwood::commands::sorted_sets {
namespace {

using keyspace::SortedSet;

/// Returns how many were removed. REQUIRES: the set exists.
Result<uint64_t> RemoveSelected(Call& call, SortedSet& set, const Selection& selection) {
  if (selection.by == By::kIndex) {
    CW_ASSIGN(const uint64_t length, set.Length());
    const keyspace::IndexRange range = keyspace::RangeIn(length, selection.start, selection.stop);
    if (range.count > 0) CW_TRY(set.RemoveRanks(range.first, range.count));
    return range.count;
  }
  StretchFinder finder(selection);
  CW_TRY(RunSlices(call.tx, [&] { return finder.Find(call.tx, set.generation(), set.record()); }));
  return set.RemoveRange(finder.stretch());
}

Status RemoveRange(Call& call, By by, std::string_view event) {
  const std::optional<Selection> selection = TakeSelection(call, 2, by, false);
  if (!selection) return {};
  std::optional<SortedSet> set;
  CW_TRY(OpenForWrite(call, call.argv[1], set));
  if (!set) return {};
  uint64_t removed = 0;
  if (set->exists()) {
    CW_ASSIGN(removed, RemoveSelected(call, *set, *selection));
  }
  if (removed > 0) {
    const Event taken = {.event_class = EventClass::kSortedSet, .name = event};
    NotifyTaken(call, taken, call.argv[1], !set->exists());
  }
  call.reply.Integer(static_cast<int64_t>(removed));
  return {};
}

Status ZRemRangeByRank(Call& call) { return RemoveRange(call, By::kIndex, "zremrangebyrank"); }

Status ZRemRangeByScore(Call& call) { return RemoveRange(call, By::kScore, "zremrangebyscore"); }

Status ZRemRangeByLex(Call& call) { return RemoveRange(call, By::kLex, "zremrangebylex"); }

constexpr std::string_view kRemovalComplexity =
    "O(N) where N is the number of members removed, or of the others if these are fewer";

constexpr Command kRowsOfRemoval[] = {
    {.name = "zremrangebylex",
     .arity = 4,
     .flags = kWrite | kFrees,
     .keys = {Key(1, kRW | kDelete)},
     .handler = ZRemRangeByLex,
     .categories = kSortedSetCategory,
     .docs = {.group = "sorted-set",
              .since = "2.8.9",
              .complexity = kRemovalComplexity,
              .arguments = "key#0 min max",
              .summary = "Removes the members between two names."}},
    {.name = "zremrangebyrank",
     .arity = 4,
     .flags = kWrite | kFrees,
     .keys = {Key(1, kRW | kDelete)},
     .handler = ZRemRangeByRank,
     .categories = kSortedSetCategory,
     .docs = {.group = "sorted-set",
              .since = "2.0.0",
              .complexity = kRemovalComplexity,
              .arguments = "key#0 start:integer stop:integer",
              .summary = "Removes the members between two indexes."}},
    {.name = "zremrangebyscore",
     .arity = 4,
     .flags = kWrite | kFrees,
     .keys = {Key(1, kRW | kDelete)},
     .handler = ZRemRangeByScore,
     .categories = kSortedSetCategory,
     .docs = {.group = "sorted-set",
              .since = "1.2.0",
              .complexity = kRemovalComplexity,
              .arguments = "key#0 min:double max:double",
              .summary = "Removes the members between two scores."}},
};

}  // namespace

Rows RemovalRows() { return kRowsOfRemoval; }

}  // namespace cordwood::commands::sorted_sets

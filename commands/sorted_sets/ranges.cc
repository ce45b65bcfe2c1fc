// ZRANGE, and the commands that it has taken the place of.

#include <optional>

#include "commands/all_commands.h"
#include "commands/core/arg_reader.h"
#include "commands/core/error_texts.h"
#include "commands/core/row.h"
#include "commands/sorted_sets/range_reads.h"

namespace cordwood::commands::sorted_sets {
namespace {

constexpr std::string_view kLimitOfIndexes =
    "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX";
constexpr std::string_view kScoresOfNames =
    "ERR syntax error, WITHSCORES not supported in combination with BYLEX";

/// What a command says by its name; ZRANGE leaves it to its options.
struct RangeKind {
  std::optional<By> by = std::nullopt;
  std::optional<bool> reversed = std::nullopt;
};

struct RangeOptions {
  RangeKind kind;
  bool with_scores = false;
  int64_t offset = 0;
  int64_t limit = -1;
};

/// From argv[4] on. Replies and answers nothing if they make no sense.
std::optional<RangeOptions> TakeRangeOptions(Call& call, const RangeKind& kind) {
  RangeOptions options{.kind = kind};
  for (ArgReader args(call, 4); !args.done();) {
    if (args.Match("WITHSCORES")) {
      options.with_scores = true;
    } else if (args.MatchBefore("LIMIT", 2)) {
      const std::optional<int64_t> offset = args.Int64();
      const std::optional<int64_t> limit = offset ? args.Int64() : std::nullopt;
      if (!limit) return std::nullopt;
      options.offset = *offset;
      options.limit = *limit;
    } else if (!options.kind.reversed && args.Match("REV")) {
      options.kind.reversed = true;
    } else if (!options.kind.by && args.Match("BYLEX")) {
      options.kind.by = By::kLex;
    } else if (!options.kind.by && args.Match("BYSCORE")) {
      options.kind.by = By::kScore;
    } else {
      call.reply.Error(kSyntaxError);
      return std::nullopt;
    }
  }
  return options;
}

Status Range(Call& call, const RangeKind& kind) {
  const std::optional<RangeOptions> options = TakeRangeOptions(call, kind);
  if (!options) return {};
  const By by = options->kind.by.value_or(By::kIndex);
  const bool reversed = options->kind.reversed.value_or(false);
  if (options->limit != -1 && by == By::kIndex) return call.Error(kLimitOfIndexes);
  if (options->with_scores && by == By::kLex) return call.Error(kScoresOfNames);
  const std::optional<Selection> selection = TakeSelection(call, 2, by, reversed);
  if (!selection) return {};
  return ReplyRange(call, {.selection = *selection,
                           .reversed = reversed,
                           .with_scores = options->with_scores,
                           .offset = options->offset,
                           .limit = options->limit});
}

Status ZRange(Call& call) { return Range(call, {}); }

Status ZRevRange(Call& call) { return Range(call, {.by = By::kIndex, .reversed = true}); }

Status ZRangeByScore(Call& call) { return Range(call, {.by = By::kScore, .reversed = false}); }

Status ZRevRangeByScore(Call& call) { return Range(call, {.by = By::kScore, .reversed = true}); }

Status ZRangeByLex(Call& call) { return Range(call, {.by = By::kLex, .reversed = false}); }

Status ZRevRangeByLex(Call& call) { return Range(call, {.by = By::kLex, .reversed = true}); }

constexpr std::string_view kComplexity =
    "O(N) where N is the number of members returned and left out before them";

constexpr Command Row(std::string_view name, Handler handler, const Docs& docs) {
  return {.name = name,
          .arity = -4,
          .flags = kReadOnly,
          .keys = {Key(1, kRO | kAccess)},
          .handler = handler,
          .categories = kSortedSetCategory,
          .docs = docs};
}

constexpr Command kRowsOfRange[] = {
    Row("zrange", ZRange,
        {.group = "sorted-set",
         .since = "1.2.0",
         .complexity = kComplexity,
         .arguments = "key#0 start stop [sortby=(BYSCORE | BYLEX)@6.2.0] [REV@6.2.0] "
                      "[LIMIT limit=<offset:integer count:integer>@6.2.0] [WITHSCORES]",
         .summary = "Returns members between two indexes, scores or names."}),
    Row("zrangebylex", ZRangeByLex,
        {.group = "sorted-set",
         .since = "2.8.9",
         .complexity = kComplexity,
         .arguments = "key#0 min max [LIMIT limit=<offset:integer count:integer>]",
         .summary = "Returns members between two names.",
         .deprecated_since = "6.2.0",
         .replaced_by = "`ZRANGE` with the `BYLEX` argument"}),
    Row("zrangebyscore", ZRangeByScore,
        {.group = "sorted-set",
         .since = "1.0.5",
         .complexity = kComplexity,
         .arguments = "key#0 min:double max:double [WITHSCORES@2.0.0] [LIMIT "
                      "limit=<offset:integer count:integer>]",
         .summary = "Returns members between two scores.",
         .deprecated_since = "6.2.0",
         .replaced_by = "`ZRANGE` with the `BYSCORE` argument"}),
    Row("zrevrange", ZRevRange,
        {.group = "sorted-set",
         .since = "1.2.0",
         .complexity = kComplexity,
         .arguments = "key#0 start:integer stop:integer [WITHSCORES]",
         .summary = "Returns members between two indexes, the greatest score first.",
         .deprecated_since = "6.2.0",
         .replaced_by = "`ZRANGE` with the `REV` argument"}),
    Row("zrevrangebylex", ZRevRangeByLex,
        {.group = "sorted-set",
         .since = "2.8.9",
         .complexity = kComplexity,
         .arguments = "key#0 max min [LIMIT limit=<offset:integer count:integer>]",
         .summary = "Returns members between two names, the greatest first.",
         .deprecated_since = "6.2.0",
         .replaced_by = "`ZRANGE` with the `REV` and `BYLEX` arguments"}),
    Row("zrevrangebyscore", ZRevRangeByScore,
        {.group = "sorted-set",
         .since = "2.2.0",
         .complexity = kComplexity,
         .arguments = "key#0 max:double min:double [WITHSCORES] [LIMIT "
                      "limit=<offset:integer count:integer>]",
         .summary = "Returns members between two scores, the greatest first.",
         .deprecated_since = "6.2.0",
         .replaced_by = "`ZRANGE` with the `REV` and `BYSCORE` arguments"}),
};

}  // namespace

Rows RangeRows() { return kRowsOfRange; }

}  // namespace cordwood::commands::sorted_sets

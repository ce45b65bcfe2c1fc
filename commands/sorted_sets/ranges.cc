// ZRANGE, and the commands that it has taken the place of.

#include <optional>

#include "commands/all_commands.h"
#include "commands/core/row.h"
#include "commands/sorted_sets/range_options.h"
#include "commands/sorted_sets/range_reads.h"

namespace cordwood::commands::sorted_sets {
namespace {

Status Range(Call& call, const RangeSyntax& syntax) {
  const std::optional<RangeRequest> request = TakeRange(call, syntax);
  return request ? ReplyRange(call, *request) : Status();
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

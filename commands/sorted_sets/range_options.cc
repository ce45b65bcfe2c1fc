#include "commands/sorted_sets/range_options.h"

#include "commands/core/arg_reader.h"
#include "commands/core/error_texts.h"

namespace cordwood::commands::sorted_sets {
namespace {

constexpr std::string_view kLimitOfIndexes =
    "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX";
constexpr std::string_view kScoresOfNames =
    "ERR syntax error, WITHSCORES not supported in combination with BYLEX";

/// Reads the options into `request`, and what they say into `syntax`. False: it replied an error.
bool TakeOptions(Call& call, RangeSyntax& syntax, RangeRequest& request) {
  for (ArgReader args(call, syntax.first + 2); !args.done();) {
    if (syntax.may_have_scores && args.Match("WITHSCORES")) {
      request.with_scores = true;
    } else if (args.MatchBefore("LIMIT", 2)) {
      const std::optional<int64_t> offset = args.Int64();
      const std::optional<int64_t> limit = offset ? args.Int64() : std::nullopt;
      if (!limit) return false;
      request.offset = *offset;
      request.limit = *limit;
    } else if (!syntax.reversed && args.Match("REV")) {
      syntax.reversed = true;
    } else if (!syntax.by && args.Match("BYLEX")) {
      syntax.by = By::kLex;
    } else if (!syntax.by && args.Match("BYSCORE")) {
      syntax.by = By::kScore;
    } else {
      call.reply.Error(kSyntaxError);
      return false;
    }
  }
  return true;
}

}  // namespace

std::optional<RangeRequest> TakeRange(Call& call, const RangeSyntax& given) {
  RangeSyntax syntax = given;
  RangeRequest request;
  if (!TakeOptions(call, syntax, request)) return std::nullopt;
  const By by = syntax.by.value_or(By::kIndex);
  request.reversed = syntax.reversed.value_or(false);
  const bool limits_indexes = request.limit != -1 && by == By::kIndex;
  if (limits_indexes || (request.with_scores && by == By::kLex)) {
    call.reply.Error(limits_indexes ? kLimitOfIndexes : kScoresOfNames);
    return std::nullopt;
  }
  std::optional<Selection> selection = TakeSelection(call, syntax.first, by, request.reversed);
  if (!selection) return std::nullopt;
  request.selection = *std::move(selection);
  return request;
}

}  // namespace cordwood::commands::sorted_sets

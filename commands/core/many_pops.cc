#include "commands/core/many_pops.h"

#include "commands/core/error_texts.h"

namespace cordwood::commands {
namespace {

constexpr std::string_view kNoCount = "ERR count should be greater than 0";

}  // namespace

std::optional<ManyPops> TakeManyPops(Call& call, size_t first, const EndWords& words) {
  ArgReader args(call, first);
  const std::optional<uint64_t> keys = args.CountFrom(1, kNoNumKeys);
  if (!keys) return std::nullopt;
  if (*keys >= args.left()) {
    call.reply.Error(kSyntaxError);
    return std::nullopt;
  }
  ArgReader options(call, args.position() + *keys);
  const bool at_first_end = options.Match(words.first);
  if (!at_first_end && !options.Match(words.second)) {
    call.reply.Error(kSyntaxError);
    return std::nullopt;
  }
  std::optional<uint64_t> count;
  while (!options.done()) {
    if (count || !options.MatchBefore("COUNT", 1)) {
      call.reply.Error(kSyntaxError);
      return std::nullopt;
    }
    count = options.CountFrom(1, kNoCount);
    if (!count) return std::nullopt;
  }
  return ManyPops{.keys = call.argv.subspan(args.position(), *keys),
                  .at_first_end = at_first_end,
                  .count = count.value_or(1)};
}

}  // namespace cordwood::commands

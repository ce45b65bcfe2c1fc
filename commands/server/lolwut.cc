// LOLWUT: a cord of wood, stacked anew each time.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/format.h"
#include "base/random.h"
#include "commands/all_commands.h"
#include "commands/core/arg_reader.h"
#include "commands/core/redis_version.h"
#include "commands/core/row.h"

namespace cordwood::commands::server {
namespace {

constexpr int64_t kWidthMax = 64;  // logs

/// Every layer lies between the logs of the one below.
std::string Stack(int64_t width, int64_t layers, Random& random) {
  constexpr std::string_view kFaces = "@@@oO*%";
  std::string stack;
  for (int64_t layer = layers - 1; layer >= 0; --layer) {
    stack.append(static_cast<size_t>(2 * layer), ' ');
    for (int64_t log = 0; log < width - layer; ++log) {
      AppendFormat(stack, "({}) ", kFaces[random.Below(kFaces.size())]);
    }
    stack.back() = '\n';
  }
  return stack + std::string(static_cast<size_t>(4 * width - 1), '=') + '\n';
}

/// Those of a picture, as far as they make sense.
std::optional<int64_t> TakeSize(ArgReader& args, int64_t by_default) {
  if (args.done()) return by_default;
  const std::optional<int64_t> size = args.Int64();
  if (!size) return std::nullopt;
  return std::clamp<int64_t>(*size, 1, kWidthMax);
}

Status Lolwut(Call& call) {
  constexpr int64_t kWidth = 12;
  constexpr int64_t kLayers = 7;
  ArgReader args(call, 1);
  // There is one kind of picture, whatever the version.
  if (args.MatchBefore("VERSION", 1) && !args.Int64()) return {};
  const std::optional<int64_t> width = TakeSize(args, kWidth);
  if (!width) return {};
  const std::optional<int64_t> layers = TakeSize(args, kLayers);
  if (!layers) return {};
  Random random(call.Seed());
  call.reply.VerbatimString(Format("{}\nA cord of wood. Redis ver. {}\n",
                                   Stack(*width, std::min(*layers, *width), random),
                                   kRedisVersion));
  return {};
}

constexpr Command kRowsOfLolwut[] = {
    {.name = "lolwut",
     .arity = -1,
     .flags = kReadOnly | kFast,
     .handler = Lolwut,
     .docs = {.group = "server",
              .since = "5.0.0",
              .complexity = "O(N) where N is the number of logs",
              .arguments = "[VERSION version:integer]",
              .summary = "Returns a picture of characters, and the version."}},
};

}  // namespace

Rows LolwutRows() { return kRowsOfLolwut; }

}  // namespace cordwood::commands::server

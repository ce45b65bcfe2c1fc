#include "commands/core/timeout_arg.h"

#include <cmath>
#include <limits>
#include <string_view>

namespace cordwood::commands {
namespace {

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

std::optional<int64_t> Refuse(Call& call, std::string_view error) {
  call.reply.Error(error);
  return std::nullopt;
}

std::optional<int64_t> CheckRange(int64_t timeout_ms, Call& call) {
  if (timeout_ms < 0) return Refuse(call, "ERR timeout is negative");
  if (timeout_ms > kMost - call.tx.now_ms()) return Refuse(call, "ERR timeout is out of range");
  return timeout_ms;
}

}  // namespace

std::optional<int64_t> TakeSeconds(ArgReader& args, Call& call) {
  const std::optional<long double> seconds =
      args.LongDouble("ERR timeout is not a float or out of range");
  if (!seconds) return std::nullopt;
  // Upwards, so that the shortest wait is not taken for one without an end.
  const long double timeout_ms = std::ceil(*seconds * 1000);
  if (timeout_ms > static_cast<long double>(kMost)) {
    return Refuse(call, "ERR timeout is out of range");
  }
  if (timeout_ms < 0) return Refuse(call, "ERR timeout is negative");
  return CheckRange(static_cast<int64_t>(timeout_ms), call);
}

std::optional<int64_t> TakeMilliseconds(ArgReader& args, Call& call) {
  const std::optional<int64_t> timeout_ms =
      args.Int64("ERR timeout is not an integer or out of range");
  return timeout_ms ? CheckRange(*timeout_ms, call) : std::nullopt;
}

}  // namespace cordwood::commands

#include "commands/core/database_arg.h"

#include <cstdint>
#include <limits>

#include "base/number.h"

namespace cordwood::commands {
namespace {

constexpr int64_t kMin = std::numeric_limits<int>::min();
constexpr int64_t kMax = std::numeric_limits<int>::max();

}  // namespace

std::optional<int> ParseDatabase(std::string_view text) {
  const std::optional<int64_t> number = ParseInt64(text);
  if (!number || *number < kMin || *number > kMax) return std::nullopt;
  return static_cast<int>(*number);
}

bool IsDatabase(Call& call, int number) {
  return number >= 0 && number < call.tx.keyspace().databases().count();
}

std::optional<int> TakeDatabase(ArgReader& args, Call& call) {
  const std::optional<int64_t> number = args.Int64Between(kMin, kMax);
  if (!number) return std::nullopt;
  const int db = static_cast<int>(*number);
  if (IsDatabase(call, db)) return db;
  call.reply.Error(kNoSuchDatabase);
  return std::nullopt;
}

}  // namespace cordwood::commands

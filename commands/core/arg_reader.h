#pragma once

// Takes a command's arguments one after the other, with the error texts of Redis. What it cannot
// take it replies to, and answers nothing; the handler then just returns.
//
//   ArgReader args(call, 2);
//   const auto count = args.Int64();
//   if (!count) return {};
//   while (!args.done()) {
//     if (args.Match("NX")) ...
//     else if (args.MatchBefore("EX", 1)) seconds = args.Next();
//     else return call.Error(kSyntaxError);
//   }
//
// Owned by the handler. Threads: the call's.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "commands/core/arg_cursor.h"
#include "commands/core/call.h"
#include "commands/core/error_texts.h"

namespace cordwood::commands {

/// Matching takes pattern times name steps, for every name: long patterns would stop the world.
inline constexpr size_t kPatternBytesMax = 1024;

class ArgReader : public ArgCursor {
 public:
  /// Starts at argv[first]. REQUIRES: first <= argv.size().
  ArgReader(Call& call, size_t first) : ArgCursor(call.argv, first), call_(call) {}

  // REQUIRES, of all that follow: !done().
  std::optional<int64_t> Int64(std::string_view error = kNotAnInteger);
  /// An integer that is less is replied to with `error` too.
  std::optional<uint64_t> CountFrom(uint64_t least, std::string_view error);
  /// An integer outside of [min, max] has an error text of its own.
  std::optional<int64_t> Int64Between(int64_t min, int64_t max);
  std::optional<double> Double(std::string_view error = kNotAFloat);
  std::optional<long double> LongDouble(std::string_view error = kNotAFloat);
  /// The cursor of SCAN and its like: anything that strtoul takes whole.
  std::optional<uint64_t> Cursor();
  /// A glob to match many names with: not longer than kPatternBytesMax.
  std::optional<std::string_view> Pattern();

 private:
  Call& call_;
};

}  // namespace cordwood::commands

#pragma once

// The number of a database, as an argument.
//
// Threads: the call's.

#include <optional>
#include <string_view>

#include "commands/core/arg_reader.h"

namespace cordwood::commands {

inline constexpr std::string_view kNoSuchDatabase = "ERR DB index is out of range";

/// Any int: whether there is such a database is another question.
std::optional<int> ParseDatabase(std::string_view text);
bool IsDatabase(Call& call, int number);

/// Replies and answers nothing if the next argument is not the number of a database.
/// REQUIRES: !args.done().
std::optional<int> TakeDatabase(ArgReader& args, Call& call);

}  // namespace cordwood::commands

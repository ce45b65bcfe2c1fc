#pragma once

// Error replies that say something about the request. The fixed ones stand in
// commands/core/command.h.
//
// Threads: any; no state.

#include <string>
#include <string_view>

namespace cordwood::commands {

/// `command` in lower case, a subcommand as "config|get".
std::string WrongArity(std::string_view command);
std::string InvalidExpireTime(std::string_view command);
/// What Redis prints of an argument: nothing behind a NUL.
std::string_view AsPrinted(std::string_view argument);
/// The same at the end of a message, which does not end in line ends.
std::string_view AsPrintedLast(std::string_view argument);

inline constexpr std::string_view kStringTooLong =
    "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
inline constexpr std::string_view kIncrementOverflows = "ERR increment or decrement would overflow";
inline constexpr std::string_view kIncrementNotFinite =
    "ERR increment would produce NaN or Infinity";

}  // namespace cordwood::commands

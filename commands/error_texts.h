#pragma once

// Error replies that say something about the request. The fixed ones stand in
// commands/command.h.
//
// Threads: any; no state.

#include <string>
#include <string_view>

namespace cordwood::commands {

/// `command` in lower case, a subcommand as "config|get".
std::string WrongArity(std::string_view command);
std::string InvalidExpireTime(std::string_view command);

inline constexpr std::string_view kStringTooLong =
    "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
inline constexpr std::string_view kIncrementOverflows = "ERR increment or decrement would overflow";
inline constexpr std::string_view kIncrementNotFinite =
    "ERR increment would produce NaN or Infinity";

}  // namespace cordwood::commands

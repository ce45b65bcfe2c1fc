#pragma once

// The texts of error replies that several commands give.
//
// Threads: any; no state.

#include <string>
#include <string_view>

namespace cordwood::commands {

/// "CONFIG" of "config".
std::string InCapitals(std::string_view name);
/// `command` in lower case, a subcommand as "config|get".
std::string WrongArity(std::string_view command);
std::string InvalidExpireTime(std::string_view command);
/// What Redis prints of an argument: nothing behind a NUL.
std::string_view AsPrinted(std::string_view argument);
/// The same at the end of a message, which does not end in line ends.
std::string_view AsPrintedLast(std::string_view argument);
/// Of a subcommand that takes fewer arguments than its row can say.
std::string WrongSubcommandUse(std::string_view container, std::string_view subcommand);

inline constexpr std::string_view kWrongType =
    "WRONGTYPE Operation against a key holding the wrong kind of value";
inline constexpr std::string_view kSyntaxError = "ERR syntax error";
inline constexpr std::string_view kNotAnInteger = "ERR value is not an integer or out of range";
inline constexpr std::string_view kNotAFloat = "ERR value is not a valid float";
inline constexpr std::string_view kMustBePositive = "ERR value is out of range, must be positive";
inline constexpr std::string_view kNoNumKeys = "ERR numkeys should be greater than 0";
inline constexpr std::string_view kNoSuchKey = "ERR no such key";
inline constexpr std::string_view kStringTooLong =
    "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
inline constexpr std::string_view kIncrementOverflows = "ERR increment or decrement would overflow";
inline constexpr std::string_view kIncrementNotFinite =
    "ERR increment would produce NaN or Infinity";

}  // namespace cordwood::commands

#pragma once

// The version of Redis whose behaviour this is, as HELLO and INFO say it.
//
// Threads: any; no state.

#include <string_view>

namespace cordwood::commands {

inline constexpr std::string_view kRedisVersion = "7.2.4";

}  // namespace cordwood::commands

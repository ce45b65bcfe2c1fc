#pragma once

// Text from a format string that is checked at compile time. This is the only public face of
// fmt; other folders include this header instead.
//
// Threads: any; no state.

#include <fmt/format.h>

#include <iterator>
#include <string>
#include <utility>

namespace cordwood {

/// Format("{} of {}", 3, "x"): the text.
template <typename... Args>
std::string Format(fmt::format_string<Args...> format, Args&&... args) {
  return fmt::format(format, std::forward<Args>(args)...);
}

/// The same, appended to `out`.
template <typename... Args>
void AppendFormat(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
}

}  // namespace cordwood

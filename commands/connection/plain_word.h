#pragma once

// What may be the name of a connection or of its client library.
//
// Threads: any; no state.

#include <string_view>

namespace cordwood::commands::connection {

inline constexpr std::string_view kBadName =
    "ERR Client names cannot contain spaces, newlines or special characters.";
/// Printable ASCII without spaces, so that a line of CLIENT LIST stays one.
bool IsPlainWord(std::string_view text);

}  // namespace cordwood::commands::connection

#pragma once

// A line of redis.conf as words.
//
//   word             up to the next white space
//   "a\x41\n\""      escapes \xHH, \n, \r, \t, \b, \a; any other escaped byte stands for itself
//   'it\'s'          only \' is an escape
//
// A closing quote ends its word: white space or the end of the line must follow.
//
// Threads: any; no state.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cordwood::config {

/// Nothing if the quotes are unbalanced.
std::optional<std::vector<std::string>> SplitWords(std::string_view line);

/// The words with a space between each two; not quoted.
std::string JoinWords(std::span<const std::string> words);

}  // namespace cordwood::config

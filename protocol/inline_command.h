#pragma once

// Splits an inline request, the form that a person types into a terminal, into arguments.
//
//   word            up to the next blank
//   "a\x41\n"       \xHH, \n, \r, \t, \b, \a; any other escaped byte stands for itself
//   'it\'s'         only \' is an escape
//
// A quote may open inside a word, and the argument goes on to the closing quote, after which a
// blank or the end of the line must follow. Blanks are space, \t, \n, \v, \f and \r; \v and \f
// separate arguments only in front of them. These are the rules of Redis.
//
// Threads: any; no state.

#include <span>
#include <string_view>
#include <vector>

namespace cordwood::protocol {

/// Replaces `arguments` by those of `line`, which has no line end. They are unescaped in place:
/// the views point into `line`, whose bytes change. False: quotes are unbalanced.
[[nodiscard]] bool SplitInline(std::span<char> line, std::vector<std::string_view>& arguments);

}  // namespace cordwood::protocol

#pragma once

// Bytes as a text in double quotes that can be printed on one line, as Redis shows arguments:
// \" \\ \n \r \t \a \b, and \xHH for what is not printable ASCII.
//
// Threads: any; no state.

#include <string>
#include <string_view>

namespace cordwood {

void AppendQuoted(std::string& out, std::string_view bytes);

}  // namespace cordwood

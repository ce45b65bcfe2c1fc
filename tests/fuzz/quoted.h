#pragma once

// An argument written so that every splitter of words must read it back: in double quotes, each
// byte as \xHH.
//
// Threads: any; no state.

#include <string>
#include <string_view>

#include "base/format.h"

namespace cordwood::fuzz {

inline std::string Quoted(std::string_view argument) {
  std::string quoted = "\"";
  for (const char c : argument) AppendFormat(quoted, "\\x{:02x}", static_cast<unsigned char>(c));
  quoted.push_back('"');
  return quoted;
}

}  // namespace cordwood::fuzz

#include "base/quoted.h"

#include "base/format.h"

namespace cordwood {
namespace {

/// The letter behind the backslash; 0: there is none.
char EscapeOf(char c) {
  switch (c) {
    case '"':
    case '\\':
      return c;
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    case '\a':
      return 'a';
    case '\b':
      return 'b';
    default:
      return 0;
  }
}

}  // namespace

void AppendQuoted(std::string& out, std::string_view bytes) {
  out += '"';
  for (const char c : bytes) {
    if (const char escape = EscapeOf(c); escape != 0) {
      out += '\\';
      out += escape;
    } else if (c >= ' ' && c <= '~') {
      out += c;
    } else {
      AppendFormat(out, "\\x{:02x}", static_cast<uint8_t>(c));
    }
  }
  out += '"';
}

}  // namespace cordwood

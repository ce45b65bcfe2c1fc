#pragma once

// Letters, digits and case as ASCII has them, whatever the locale says. Bytes above 127 are
// letters of nobody and equal only themselves.
//
// Threads: any; no state.

#include <cstddef>
#include <string>
#include <string_view>

namespace cordwood {

constexpr char ToLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// The white space of C: space, and tab to carriage return.
constexpr bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

constexpr bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (ToLower(a[i]) != ToLower(b[i])) return false;
  }
  return true;
}

inline std::string ToLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = ToLower(c);
  return lower;
}

}  // namespace cordwood

#include "config/words.h"

#include <cstdint>

#include "base/ascii.h"

namespace cordwood::config {
namespace {

std::optional<uint8_t> HexDigit(char c) {
  c = ToLower(c);
  if (IsDigit(c)) return static_cast<uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<uint8_t>(c - 'a' + 10);
  return std::nullopt;
}

/// Takes the escape that `rest` begins with, a backslash and at least one byte more.
char TakeEscape(std::string_view& rest) {
  if (rest.size() >= 4 && rest[1] == 'x') {
    const auto high = HexDigit(rest[2]);
    const auto low = HexDigit(rest[3]);
    if (high && low) {
      rest.remove_prefix(4);
      return static_cast<char>(*high << 4 | *low);
    }
  }
  const char c = rest[1];
  rest.remove_prefix(2);
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return c;
  }
}

/// Takes a quoted string with both quotes; false if it does not end or ends inside a word.
bool TakeQuoted(std::string_view& rest, std::string& word) {
  const char quote = rest[0];
  rest.remove_prefix(1);
  while (!rest.empty() && rest[0] != quote) {
    if (quote == '"' && rest[0] == '\\' && rest.size() >= 2) {
      word.push_back(TakeEscape(rest));
      continue;
    }
    if (quote == '\'' && rest.starts_with("\\'")) rest.remove_prefix(1);
    word.push_back(rest[0]);
    rest.remove_prefix(1);
  }
  if (rest.empty()) return false;
  rest.remove_prefix(1);
  return rest.empty() || IsSpace(rest[0]);
}

}  // namespace

std::optional<std::vector<std::string>> SplitWords(std::string_view line) {
  std::vector<std::string> words;
  while (true) {
    while (!line.empty() && IsSpace(line[0])) line.remove_prefix(1);
    if (line.empty()) return words;
    std::string& word = words.emplace_back();
    while (!line.empty() && !IsSpace(line[0])) {
      if (line[0] == '"' || line[0] == '\'') {
        if (!TakeQuoted(line, word)) return std::nullopt;
        break;
      }
      word.push_back(line[0]);
      line.remove_prefix(1);
    }
  }
}

std::string JoinWords(std::span<const std::string> words) {
  std::string joined;
  for (const std::string& word : words) {
    if (&word != words.data()) joined.push_back(' ');
    joined += word;
  }
  return joined;
}

}  // namespace cordwood::config

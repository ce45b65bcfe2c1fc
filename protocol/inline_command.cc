#include "protocol/inline_command.h"

#include <cstddef>

#include "base/ascii.h"

namespace cordwood::protocol {
namespace {

bool EndsWord(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// The value of a hexadecimal digit, or -1.
int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char Unescaped(char c) {
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

/// Reads one argument at a time. Unescaping never lengthens, so the write position never
/// overtakes the read position.
class Splitter {
 public:
  explicit Splitter(std::span<char> line) : line_(line) {}

  bool SkipBlanks() {
    while (read_ < line_.size() && IsSpace(line_[read_])) ++read_;
    return read_ < line_.size();
  }

  /// False: a quote is not closed, or something sticks to the closing one.
  bool Next(std::string_view& argument) {
    const size_t start = write_ = read_;
    bool balanced = true;
    while (read_ < line_.size() && !EndsWord(line_[read_])) {
      const char c = line_[read_++];
      if (c == '"' || c == '\'') {
        balanced = c == '"' ? DoubleQuoted() : SingleQuoted();
        break;
      }
      line_[write_++] = c;
    }
    argument = std::string_view(line_.data() + start, write_ - start);
    return balanced;
  }

 private:
  size_t left() const { return line_.size() - read_; }
  bool AtEndOrBlank() const { return left() == 0 || IsSpace(line_[read_]); }

  bool DoubleQuoted() {
    while (left() > 0) {
      const char c = line_[read_++];
      if (c == '"') return AtEndOrBlank();
      line_[write_++] = c == '\\' && left() > 0 ? Escape() : c;
    }
    return false;
  }

  /// The byte that stands behind the backslash, and what it means.
  char Escape() {
    const char c = line_[read_++];
    if (c != 'x' || left() < 2) return Unescaped(c);
    const int high = HexValue(line_[read_]);
    const int low = HexValue(line_[read_ + 1]);
    if (high < 0 || low < 0) return c;
    read_ += 2;
    return static_cast<char>(high * 16 + low);
  }

  bool SingleQuoted() {
    while (left() > 0) {
      char c = line_[read_++];
      if (c == '\'') return AtEndOrBlank();
      if (c == '\\' && left() > 0 && line_[read_] == '\'') c = line_[read_++];
      line_[write_++] = c;
    }
    return false;
  }

  std::span<char> line_;
  size_t read_ = 0;
  size_t write_ = 0;
};

}  // namespace

bool SplitInline(std::span<char> line, std::vector<std::string_view>& arguments) {
  arguments.clear();
  Splitter splitter(line);
  while (splitter.SkipBlanks()) {
    std::string_view argument;
    if (!splitter.Next(argument)) return false;
    arguments.push_back(argument);
  }
  return true;
}

}  // namespace cordwood::protocol

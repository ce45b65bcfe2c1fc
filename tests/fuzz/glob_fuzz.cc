// A pattern and a text, a zero byte between them; the first byte chooses the case rule. The matcher
// agrees with one that knows no shortcuts, and no pattern makes it slow: the driver's time for an
// input is over long before an exponential one is through.

#include <algorithm>
#include <bitset>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "base/check.h"
#include "base/glob.h"
#include "tests/fuzz/fuzz_target.h"

namespace cordwood::fuzz {
namespace {

/// An element of a pattern: which bytes it matches, or a star.
struct Element {
  std::bitset<256> bytes;
  bool star = false;
};

class Compiler {
 public:
  Compiler(std::string_view pattern, bool ignore_case) : rest_(pattern), ignores_(ignore_case) {}

  std::vector<Element> Run() {
    std::vector<Element> elements;
    while (!rest_.empty()) {
      Element& element = elements.emplace_back();
      const char c = Take();
      if (c == '*') {
        element.star = true;
      } else if (c == '?') {
        element.bytes.set();
      } else if (c == '[') {
        Class(element.bytes);
      } else {
        AddRange(element.bytes, c == '\\' && !rest_.empty() ? Take() : c);
      }
    }
    return elements;
  }

 private:
  char Take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  void Class(std::bitset<256>& bytes) {
    const bool negated = rest_.starts_with('^');
    if (negated) Take();
    while (!rest_.empty() && rest_.front() != ']') {
      const char c = Take();
      if (c == '\\' && !rest_.empty()) {
        bytes.set(static_cast<uint8_t>(Take()));  // this one by its case
      } else if (rest_.size() >= 2 && rest_.front() == '-') {
        Take();
        AddRange(bytes, c, Take());
      } else {
        AddRange(bytes, c);
      }
    }
    if (!rest_.empty()) Take();
    if (negated) bytes.flip();
  }

  void AddRange(std::bitset<256>& bytes, char c) { AddRange(bytes, c, c); }
  void AddRange(std::bitset<256>& bytes, char first, char last) {
    if (static_cast<uint8_t>(first) > static_cast<uint8_t>(last)) std::swap(first, last);
    for (size_t byte = 0; byte < 256; ++byte) {
      const size_t folded = Fold(static_cast<char>(byte));
      if (folded >= Fold(first) && folded <= Fold(last)) bytes.set(byte);
    }
  }

  uint8_t Fold(char c) const { return static_cast<uint8_t>(ignores_ ? ToLower(c) : c); }

  std::string_view rest_;
  const bool ignores_;
};

/// Keeps which prefixes of the text the pattern so far matches.
bool Matches(const std::vector<Element>& elements, std::string_view text) {
  std::vector<bool> matched(text.size() + 1);
  matched[0] = true;
  for (const Element& element : elements) {
    std::vector<bool> next(text.size() + 1);
    for (size_t i = 0; i <= text.size(); ++i) {
      if (element.star) {
        next[i] = matched[i] || (i > 0 && next[i - 1]);
      } else if (i > 0) {
        next[i] = matched[i - 1] && element.bytes[static_cast<uint8_t>(text[i - 1])];
      }
    }
    matched = std::move(next);
  }
  return matched.back();
}

std::string Input(std::string_view pattern, std::string_view text, char choice = '0') {
  std::string input(1, choice);
  input.append(pattern);
  input.push_back('\0');
  input.append(text);
  return input;
}

}  // namespace

std::vector<std::string> Corpus() {
  std::string stars;
  for (int i = 0; i < 40; ++i) stars += "a*";
  return {
      Input("user:*:name", "user:1000:name"),
      Input("h?llo", "hello"),
      Input("h[^e-g]llo", "hallo", '1'),
      Input("[z-aA-Z0\\]-]*[abc]", "b-]c", '1'),
      Input("\\*\\[\\\\", "*[\\"),
      Input("[]a]", "a"),
      Input("[^]", "x"),
      Input("[a-", "a"),
      Input("*KEY*", "some key", '1'),
      Input(stars + "b", std::string(400, 'a')),
  };
}

std::vector<std::string> Dictionary() {
  return {"*", "**", "?", "[", "]", "[^", "[]", "[^]", "-", "a-z", "\\", "\\]", "\\-", "*a*"};
}

}  // namespace cordwood::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cordwood;
  if (size == 0) return 0;
  const bool ignore_case = (data[0] & 1) != 0;
  const std::string_view input = fuzz::View(data, size).substr(1);
  const size_t end = std::min(input.find('\0'), input.size());
  const std::string_view pattern = input.substr(0, end);
  const std::string_view text = input.substr(std::min(end + 1, input.size()));

  const bool matches =
      GlobMatch(pattern, text, ignore_case ? GlobCase::kIgnored : GlobCase::kSensitive);
  CHECK(matches == fuzz::Matches(fuzz::Compiler(pattern, ignore_case).Run(), text));
  CHECK(!matches || ignore_case || text.starts_with(GlobPrefix(pattern)));
  return 0;
}

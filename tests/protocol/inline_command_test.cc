#include "protocol/inline_command.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cordwood::protocol {
namespace {

using std::string_literals::operator""s;
using Words = std::vector<std::string>;

std::optional<Words> Split(std::string line) {
  std::vector<std::string_view> arguments;
  if (!SplitInline(line, arguments)) return std::nullopt;
  return Words(arguments.begin(), arguments.end());
}

TEST(InlineCommand, SplitsAtBlanks) {
  EXPECT_EQ(Split("SET key value"), (Words{"SET", "key", "value"}));
  EXPECT_EQ(Split("  a\t\tb\r c \n"), (Words{"a", "b", "c"}));
  EXPECT_EQ(Split(""), Words{});
  EXPECT_EQ(Split(" \t\r\n\v\f "), Words{});
}

TEST(InlineCommand, VerticalTabAndFormFeedSeparateOnlyInFront) {
  EXPECT_EQ(Split("\v\fa"), Words{"a"});
  EXPECT_EQ(Split("a\vb\fc"), Words{"a\vb\fc"});
  EXPECT_EQ(Split("\"a\"\vb"), (Words{"a", "b"}));
}

TEST(InlineCommand, DoubleQuotesTakeEscapes) {
  EXPECT_EQ(Split(R"("\n\r\t\b\a")"), Words{"\n\r\t\b\a"});
  EXPECT_EQ(Split(R"("\x00\xff\xAb")"), Words{"\0\xff\xab"s});
  EXPECT_EQ(Split(R"("\"\\\q")"), Words{"\"\\q"});
  EXPECT_EQ(Split(R"("\xg0\x1")"), Words{"xg0x1"});
  EXPECT_EQ(Split(R"("a b" "" c)"), (Words{"a b", "", "c"}));
}

TEST(InlineCommand, SingleQuotesTakeOnlyTheQuote) {
  EXPECT_EQ(Split(R"('it\'s' '\n\x41\\.' '')"), (Words{"it's", R"(\n\x41\\.)", ""}));
}

TEST(InlineCommand, AQuoteMayOpenInsideAWord) {
  EXPECT_EQ(Split("a\"b c\" d'e f'"), (Words{"ab c", "de f"}));
}

TEST(InlineCommand, QuotesMustBeBalanced) {
  for (const char* line : {"\"", "'", "\"a b", "'a b", "\"a\"b", "'a'b", "\"a\"\"b\"", "a \"b\\",
                           "a \"b\\\"", "'a\\'", "a\"", "\"a\\x4", "x '"}) {
    EXPECT_EQ(Split(line), std::nullopt) << line;
  }
}

TEST(InlineCommand, ABackslashOutsideQuotesIsAByteLikeOthers) {
  EXPECT_EQ(Split(R"(a\nb \ \x41)"), (Words{R"(a\nb)", "\\", R"(\x41)"}));
}

}  // namespace
}  // namespace cordwood::protocol

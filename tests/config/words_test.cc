#include "config/words.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cordwood::config {
namespace {

using Words = std::vector<std::string>;

TEST(Words, AreSeparatedByWhiteSpace) {
  EXPECT_EQ(SplitWords(""), Words{});
  EXPECT_EQ(SplitWords(" \t "), Words{});
  EXPECT_EQ(SplitWords("port 7000"), (Words{"port", "7000"}));
  EXPECT_EQ(SplitWords("\tsave  900\t1 "), (Words{"save", "900", "1"}));
}

TEST(Words, DoubleQuotesKnowEscapes) {
  EXPECT_EQ(SplitWords(R"(a "")"), (Words{"a", ""}));
  EXPECT_EQ(SplitWords(R"("two words" three)"), (Words{"two words", "three"}));
  EXPECT_EQ(SplitWords(R"("\x41\n\r\t\b\a\"\\\q")"), Words{"A\n\r\t\b\a\"\\q"});
  EXPECT_EQ(SplitWords(R"("\x00\xfF")"), Words{std::string("\0\xff", 2)});
  EXPECT_EQ(SplitWords(R"("\xg1\x4")"), Words{"xg1x4"});
}

TEST(Words, SingleQuotesKnowOneEscape) {
  EXPECT_EQ(SplitWords(R"('two words' '')"), (Words{"two words", ""}));
  EXPECT_EQ(SplitWords(R"('it\'s \n "so"')"), Words{R"(it's \n "so")"});
}

TEST(Words, AQuoteMayOpenInsideAWord) { EXPECT_EQ(SplitWords(R"(ab"c d")"), Words{"abc d"}); }

TEST(Words, UnbalancedQuotesAreRefused) {
  for (const std::string_view line : {R"(")", R"("abc)", R"('abc)", R"("abc"d)", R"('abc'd)",
                                      R"("abc\")", R"("a""b")", R"("\)"}) {
    EXPECT_EQ(SplitWords(line), std::nullopt) << line;
  }
}

TEST(Words, JoinPutsASpaceBetweenThem) {
  EXPECT_EQ(JoinWords(Words{}), "");
  EXPECT_EQ(JoinWords(Words{"a"}), "a");
  EXPECT_EQ(JoinWords(Words{"a", "", "b c"}), "a  b c");
}

}  // namespace
}  // namespace cordwood::config

#include "base/glob.h"

#include <gtest/gtest.h>

#include <string>

#include "base/random.h"

namespace cordwood {
namespace {

TEST(Glob, LiteralsMatchThemselves) {
  EXPECT_TRUE(GlobMatch("", ""));
  EXPECT_TRUE(GlobMatch("abc", "abc"));
  EXPECT_FALSE(GlobMatch("abc", "ab"));
  EXPECT_FALSE(GlobMatch("ab", "abc"));
  EXPECT_FALSE(GlobMatch("", "a"));
  EXPECT_FALSE(GlobMatch("a", ""));
  EXPECT_TRUE(GlobMatch(std::string_view("a\0b", 3), std::string_view("a\0b", 3)));
}

TEST(Glob, AStarTakesAnyBytes) {
  EXPECT_TRUE(GlobMatch("*", ""));
  EXPECT_TRUE(GlobMatch("**", "x"));
  EXPECT_TRUE(GlobMatch("a*", "a"));
  EXPECT_TRUE(GlobMatch("*b", "aab"));
  EXPECT_TRUE(GlobMatch("a*b*c", "a-b-b-c"));
  EXPECT_TRUE(GlobMatch("h*llo", "heeeello"));
  EXPECT_FALSE(GlobMatch("a*b", "a-b-c"));
  EXPECT_TRUE(GlobMatch("*ab*", "aaab"));
}

TEST(Glob, AQuestionMarkTakesExactlyOne) {
  EXPECT_TRUE(GlobMatch("h?llo", "hello"));
  EXPECT_FALSE(GlobMatch("h?llo", "hllo"));
  EXPECT_FALSE(GlobMatch("?", ""));
  EXPECT_TRUE(GlobMatch("*?", "a"));
  EXPECT_FALSE(GlobMatch("*?", ""));
}

TEST(Glob, ClassesListRangesAndNegation) {
  EXPECT_TRUE(GlobMatch("h[ae]llo", "hallo"));
  EXPECT_FALSE(GlobMatch("h[ae]llo", "hillo"));
  EXPECT_TRUE(GlobMatch("h[^e]llo", "hallo"));
  EXPECT_FALSE(GlobMatch("h[^e]llo", "hello"));
  EXPECT_TRUE(GlobMatch("[a-c]", "b"));
  EXPECT_TRUE(GlobMatch("[c-a]", "b"));
  EXPECT_FALSE(GlobMatch("[a-c]", "d"));
  EXPECT_TRUE(GlobMatch("[x0-9-]", "-"));
  EXPECT_TRUE(GlobMatch("*[0-9]", "key7"));
  EXPECT_TRUE(GlobMatch("[\x80-\xff]", "\xc3"));
  EXPECT_FALSE(GlobMatch("[a-\x80]", "A"));
}

TEST(Glob, OddClassesBehaveAsInRedis) {
  EXPECT_FALSE(GlobMatch("[]", "]"));
  EXPECT_FALSE(GlobMatch("[]a", "a"));
  EXPECT_TRUE(GlobMatch("[^]", "x"));
  EXPECT_TRUE(GlobMatch("[abc", "c"));
  EXPECT_FALSE(GlobMatch("[abc", "d"));
  EXPECT_FALSE(GlobMatch("[", "["));
  EXPECT_TRUE(GlobMatch("[^", "x"));
  EXPECT_TRUE(GlobMatch("[a-", "-"));
  EXPECT_TRUE(GlobMatch("[a-]", "_"));  // the range from ] to a, and no end
  EXPECT_FALSE(GlobMatch("[a-]", "-"));
  EXPECT_TRUE(GlobMatch("[\\]]", "]"));
  EXPECT_TRUE(GlobMatch("[\\", "\\"));
}

TEST(Glob, ABackslashTakesTheNextByteLiterally) {
  EXPECT_TRUE(GlobMatch("a\\*b", "a*b"));
  EXPECT_FALSE(GlobMatch("a\\*b", "axb"));
  EXPECT_TRUE(GlobMatch("\\\\", "\\"));
  EXPECT_TRUE(GlobMatch("a\\", "a\\"));
  EXPECT_TRUE(GlobMatch("\\[a]", "[a]"));
}

TEST(Glob, CaseCanBeIgnored) {
  EXPECT_FALSE(GlobMatch("HELLO", "hello"));
  EXPECT_TRUE(GlobMatch("HEL*", "hello", GlobCase::kIgnored));
  EXPECT_TRUE(GlobMatch("[A-C]x", "bX", GlobCase::kIgnored));
  EXPECT_TRUE(GlobMatch("\\Q", "q", GlobCase::kIgnored));
  EXPECT_FALSE(GlobMatch("[\\Q]", "q", GlobCase::kIgnored));
}

// The definition, without any cleverness and without classes: exponential, for short texts only.
bool SlowMatch(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') {
    return SlowMatch(pattern.substr(1), text) ||
           (!text.empty() && SlowMatch(pattern, text.substr(1)));
  }
  return !text.empty() && (pattern[0] == '?' || pattern[0] == text[0]) &&
         SlowMatch(pattern.substr(1), text.substr(1));
}

TEST(Glob, AgreesWithTheDefinition) {
  constexpr uint64_t kSeed = 20;
  SCOPED_TRACE(kSeed);
  Random random(kSeed);
  int matches = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string pattern;
    std::string text;
    for (uint64_t i = random.Below(8); i > 0; --i) pattern.push_back("ab*?"[random.Below(4)]);
    for (uint64_t i = random.Below(8); i > 0; --i) text.push_back("ab"[random.Below(2)]);
    ASSERT_EQ(GlobMatch(pattern, text), SlowMatch(pattern, text)) << pattern << " on " << text;
    matches += GlobMatch(pattern, text) ? 1 : 0;
  }
  EXPECT_GT(matches, 1000);
}

TEST(Glob, ManyStarsTakeNoLongerThanTheProductOfTheSizes) {
  // With backtracking into every star this pattern would outlive the test run.
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "*a";
  pattern += "*b";
  EXPECT_FALSE(GlobMatch(pattern, std::string(20'000, 'a')));
}

TEST(Glob, ThePrefixEndsAtTheFirstSpecialByte) {
  EXPECT_EQ(GlobPrefix("user:*"), "user:");
  EXPECT_EQ(GlobPrefix("user:?x"), "user:");
  EXPECT_EQ(GlobPrefix("a[b]c"), "a");
  EXPECT_EQ(GlobPrefix("a\\*c"), "a");
  EXPECT_EQ(GlobPrefix("plain"), "plain");
  EXPECT_EQ(GlobPrefix("*"), "");
}

}  // namespace
}  // namespace cordwood

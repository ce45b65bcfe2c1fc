#include <gtest/gtest.h>

#include <limits>
#include <string_view>

#include "commands/sorted_sets/range_args.h"

namespace cordwood::commands::sorted_sets {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(ScoreRange, IsWrittenWithItsBoundsOrWithoutThem) {
  const auto closed = ParseScoreRange("1.5", "3");
  ASSERT_TRUE(closed);
  for (const double score : {1.5, 2.0, 3.0}) EXPECT_TRUE(closed->Contains(score)) << score;
  for (const double score : {-kInfinity, 1.4, 3.1}) EXPECT_FALSE(closed->Contains(score)) << score;
  EXPECT_TRUE(closed->IsBehind(1.4));
  EXPECT_TRUE(closed->IsBefore(3.1));

  const auto open = ParseScoreRange("(1.5", "(3");
  ASSERT_TRUE(open);
  EXPECT_TRUE(open->Contains(2));
  EXPECT_TRUE(open->IsBehind(1.5));
  EXPECT_TRUE(open->IsBefore(3));
}

TEST(ScoreRange, KnowsInfinities) {
  const auto all = ParseScoreRange("-inf", "+inf");
  ASSERT_TRUE(all);
  for (const double score : {-kInfinity, 0.0, kInfinity}) EXPECT_TRUE(all->Contains(score));
  const auto finite = ParseScoreRange("(-inf", "(inf");
  ASSERT_TRUE(finite);
  EXPECT_FALSE(finite->Contains(-kInfinity));
  EXPECT_TRUE(finite->Contains(-1e308));
  EXPECT_FALSE(finite->Contains(kInfinity));
}

TEST(ScoreRange, IsEmptyWhenNothingCanLieInIt) {
  const auto is_empty = [](std::string_view min, std::string_view max) {
    return ParseScoreRange(min, max).value().IsEmpty();
  };
  EXPECT_FALSE(is_empty("1", "1"));
  EXPECT_FALSE(is_empty("0", "-0"));
  EXPECT_TRUE(is_empty("2", "1"));
  EXPECT_TRUE(is_empty("(1", "1"));
  EXPECT_TRUE(is_empty("1", "(1"));
  EXPECT_TRUE(is_empty("+inf", "-inf"));
}

TEST(ScoreRange, TakesWhatRedisTakes) {
  EXPECT_EQ(ParseScoreRange("", "(")->min, 0);
  EXPECT_EQ(ParseScoreRange(" 1", "( 2")->max, 2);
  EXPECT_EQ(ParseScoreRange("-1e999", "1e999")->min, -kInfinity);
  for (const std::string_view bad : {"nan", "(nan", "x", "1x", "((1", "[1", "1 "}) {
    EXPECT_FALSE(ParseScoreRange(bad, "1")) << bad;
    EXPECT_FALSE(ParseScoreRange("1", bad)) << bad;
  }
}

TEST(LexRange, IsWrittenWithItsBoundsOrWithoutThem) {
  const auto closed = ParseLexRange("[b", "[d");
  ASSERT_TRUE(closed);
  for (const std::string_view name : {"b", "bb", "d"}) EXPECT_TRUE(closed->Contains(name)) << name;
  EXPECT_TRUE(closed->IsBehind("az"));
  EXPECT_TRUE(closed->IsBefore("da"));
  const auto open = ParseLexRange("(b", "(d");
  ASSERT_TRUE(open);
  EXPECT_TRUE(open->IsBehind("b"));
  EXPECT_TRUE(open->Contains(std::string_view("b\0", 2)));
  EXPECT_TRUE(open->IsBefore("d"));
}

TEST(LexRange, ComparesBytes) {
  const auto range = ParseLexRange("[\x7f", "[\xff");
  ASSERT_TRUE(range);
  EXPECT_TRUE(range->Contains("\x80"));
  EXPECT_FALSE(range->Contains("a"));
}

TEST(LexRange, MayHaveNoEnds) {
  const auto all = ParseLexRange("-", "+");
  ASSERT_TRUE(all);
  for (const std::string_view name : {"", "-", "\xff\xff"}) EXPECT_TRUE(all->Contains(name));
  EXPECT_FALSE(all->IsEmpty());
  EXPECT_FALSE(ParseLexRange("+", "+")->Contains("a"));
  EXPECT_FALSE(ParseLexRange("-", "-")->Contains(""));
}

TEST(LexRange, IsEmptyWhenNothingCanLieInIt) {
  const auto is_empty = [](std::string_view min, std::string_view max) {
    return ParseLexRange(min, max).value().IsEmpty();
  };
  EXPECT_FALSE(is_empty("[a", "[a"));
  EXPECT_FALSE(is_empty("-", "[a"));
  EXPECT_FALSE(is_empty("(a", "+"));
  EXPECT_TRUE(is_empty("(a", "[a"));
  EXPECT_TRUE(is_empty("[b", "[a"));
  EXPECT_TRUE(is_empty("+", "-"));
  EXPECT_TRUE(is_empty("-", "-"));
  EXPECT_TRUE(is_empty("+", "+"));
  EXPECT_TRUE(is_empty("+", "[z"));
  EXPECT_TRUE(is_empty("[a", "-"));
}

TEST(LexRange, RefusesWhatDoesNotSayWhatItIs) {
  for (const std::string_view bad : {"", "a", "1", "-x", "+x", "-inf", "+inf"}) {
    EXPECT_FALSE(ParseLexRange(bad, "[a")) << bad;
    EXPECT_FALSE(ParseLexRange("[a", bad)) << bad;
  }
  EXPECT_TRUE(ParseLexRange("[", "("));
  EXPECT_TRUE(ParseLexRange(std::string_view("-\0x", 3), std::string_view("+\0", 2)));
}

}  // namespace
}  // namespace cordwood::commands::sorted_sets

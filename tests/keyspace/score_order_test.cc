#include "keyspace/types/score_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/random.h"
#include "tests/support/seeds.h"

namespace cordwood::keyspace {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(ScoreOrder, NumbersCompareAsScoresDo) {
  const double scores[] = {-kInfinity,         -1e308, -2,       -1.5, -5e-324, 0, 5e-324, 0.1, 1,
                           4503599627370497.5, 1e308,  kInfinity};
  for (size_t i = 0; i + 1 < std::size(scores); ++i) {
    EXPECT_LT(OrderedScore(scores[i]), OrderedScore(scores[i + 1])) << scores[i];
  }
  EXPECT_EQ(OrderedScore(-0.0), OrderedScore(0.0));
}

TEST(ScoreOrder, AnElementTellsItsMemberAndItsScore) {
  for (const double score : {-kInfinity, -1.25, -0.0, 0.0, 1e-300, 7.0, kInfinity}) {
    const std::string subkey = OrderSubkey({.member = "name", .score = score});
    const Result<ScoredMember> read = OrderElementOf(subkey, OrderValue(score));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->member, "name");
    EXPECT_EQ(read->score, score);
    EXPECT_EQ(std::signbit(read->score), std::signbit(score));
    EXPECT_EQ(*ScoreOfBytes(ScoreBytes(score)), score);
  }
  EXPECT_TRUE(OrderValue(0.0).empty());
  EXPECT_EQ(OrderValue(-0.0).size(), 1u);
}

TEST(ScoreOrder, WhatIsNoElementIsDamage) {
  const std::string subkey = OrderSubkey({.member = "name", .score = 1});
  EXPECT_EQ(OrderElementOf(subkey.substr(0, 7), {}).error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(OrderElementOf(subkey, "x").error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(OrderElementOf(std::string(8, '\xff'), {}).error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(ScoreOfBytes("1234567").error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(ScoreOfBytes(std::string(8, '\xff')).error().code(), ErrorCode::kCorruption);
}

bool IsIn(const OrderRange& range, const ScoredMember& member) {
  const std::string subkey = OrderSubkey(member);
  const bool is_in = subkey >= range.begin && (range.end.empty() || subkey < range.end);
  EXPECT_EQ(IsBeforePlace(member, range.begin), subkey < range.begin);
  EXPECT_EQ(IsBeforePlace(member, range.end), subkey < range.end);
  return is_in && !range.IsEmpty();
}

TEST(ScoreOrder, AStretchHoldsWhatARangeOfScoresContains) {
  const double scores[] = {-kInfinity, -2, -0.0, 0.0, 5e-324, 1, 3, kInfinity};
  for (const double min : scores) {
    for (const double max : scores) {
      for (const bool without_min : {false, true}) {
        for (const bool without_max : {false, true}) {
          const ScoreRange range = {
              .min = min, .max = max, .without_min = without_min, .without_max = without_max};
          for (const double score : scores) {
            for (const std::string_view member : {"", "a", "\xff\xff"}) {
              EXPECT_EQ(IsIn(OrderOf(range), {.member = member, .score = score}),
                        range.Contains(score))
                  << min << " " << max << " " << score;
            }
          }
        }
      }
    }
  }
}

TEST(ScoreOrder, AStretchHoldsWhatARangeOfNamesContains) {
  using Kind = LexBound::Kind;
  const std::string_view names[] = {"", std::string_view("\0", 1), "a", "aa", "b", "\xff"};
  std::vector<LexBound> bounds = {{.kind = Kind::kBeforeAll}, {.kind = Kind::kBehindAll}};
  for (const std::string_view name : names) {
    bounds.push_back({.kind = Kind::kWith, .name = name});
    bounds.push_back({.kind = Kind::kWithout, .name = name});
  }
  for (const LexBound& min : bounds) {
    for (const LexBound& max : bounds) {
      const LexRange range = {.min = min, .max = max};
      for (const std::string_view name : names) {
        EXPECT_EQ(IsIn(OrderOf(range, OrderedScore(7)), {.member = name, .score = 7}),
                  range.Contains(name) && !range.IsEmpty());
      }
    }
  }
}

TEST(ScoreOrder, SubkeysAreInTheOrderOfTheirMembers) {
  for (const uint64_t seed : support::Seeds(100, 10'000)) {
    SCOPED_TRACE("CORDWOOD_SEED=" + std::to_string(seed));
    Random random(seed);
    const auto any = [&](std::string& name) {
      name.assign(random.Below(3), static_cast<char>(random.Below(4) * 85));
      const double score = std::ldexp(static_cast<double>(random.Below(5)) - 2,
                                      static_cast<int>(random.Below(5)) - 2);
      return ScoredMember{.member = name, .score = score};
    };
    std::string first;
    std::string second;
    const ScoredMember a = any(first);
    const ScoredMember b = any(second);
    EXPECT_EQ(IsBefore(a, b), OrderSubkey(a) < OrderSubkey(b));
    EXPECT_EQ(IsBefore(a, b), IsBeforePlace(a, OrderSubkey(b)));
  }
}

}  // namespace
}  // namespace cordwood::keyspace

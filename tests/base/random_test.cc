#include "base/random.h"

#include <gtest/gtest.h>

#include <vector>

namespace cordwood {
namespace {

TEST(Random, TheSameSeedGivesTheSameNumbers) {
  Random a(42);
  Random b(42);
  Random c(43);
  const uint64_t first = a.Next();
  EXPECT_EQ(first, b.Next());
  EXPECT_NE(first, c.Next());
}

TEST(Random, FollowsThePublishedAlgorithm) {
  // splitmix64 from 0 begins with 0xe220a8397b1dcdaf, 0x6e789e6aa1b965f4, ...; the first output
  // of xoshiro256** depends on the second word only.
  Random random(0);
  EXPECT_EQ(random.Next(), std::rotl(0x6e789e6aa1b965f4u * 5, 7) * 9);
}

TEST(Random, BelowIsUniform) {
  Random random(1);
  std::vector<int> counts(6);
  for (int i = 0; i < 60'000; ++i) ++counts[random.Below(counts.size())];
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 500);
}

TEST(Random, BelowStaysBelowAnyLimit) {
  Random random(2);
  for (int bit = 0; bit < 64; ++bit) {
    const uint64_t limit = uint64_t{1} << bit;
    for (int i = 0; i < 20; ++i) {
      EXPECT_LT(random.Below(limit), limit);
      EXPECT_LT(random.Below(limit | 1), limit | 1);
    }
  }
  EXPECT_EQ(random.Below(1), 0u);
}

TEST(Random, OneInHitsAboutThatOften) {
  Random random(3);
  int hits = 0;
  for (int i = 0; i < 40'000; ++i) hits += random.OneIn(4) ? 1 : 0;
  EXPECT_NEAR(hits, 10'000, 500);
}

TEST(Random, UnitStaysInItsInterval) {
  Random random(4);
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double value = random.Unit();
    ASSERT_GE(value, 0);
    ASSERT_LT(value, 1);
    sum += value;
  }
  EXPECT_NEAR(sum / 10'000, 0.5, 0.02);
}

}  // namespace
}  // namespace cordwood

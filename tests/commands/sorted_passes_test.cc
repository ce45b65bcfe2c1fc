#include "commands/core/sorted_passes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "base/random.h"

namespace cordwood::commands {
namespace {

using Passes = SortedPasses<int, std::less<>>;

/// What comes out of it, and in how many passes.
struct Sorted {
  std::vector<int> items;
  int passes = 0;
};

Sorted Sort(const std::vector<int>& items, uint64_t most, uint64_t bytes_max) {
  Passes passes({}, most, bytes_max);
  Sorted sorted;
  do {
    passes.Begin();
    for (const int item : items) passes.Add(item, 10);
    while (!passes.Sort(2)) {
    }
    for (const auto& kept : passes.kept()) sorted.items.push_back(kept.item);
    ++sorted.passes;
  } while (!passes.done());
  return sorted;
}

TEST(SortedPasses, WhatIsLittleTakesOne) {
  const Sorted sorted = Sort({3, 1, 2}, UINT64_MAX, 30);
  EXPECT_EQ(sorted.items, (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(sorted.passes, 1);
  EXPECT_EQ(Sort({}, UINT64_MAX, 30).passes, 1);
}

TEST(SortedPasses, TakesAsManyAsItsBoundAsksFor) {
  const Sorted sorted = Sort({7, 6, 1, 4, 3, 2, 5}, UINT64_MAX, 20);
  EXPECT_EQ(sorted.items, (std::vector<int>{1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(sorted.passes, 4);
  EXPECT_EQ(Sort({2, 3, 1}, UINT64_MAX, 1).items, (std::vector<int>{1, 2, 3}))
      << "one fits, however large it is";
}

TEST(SortedPasses, GivesNoMoreThanIsWanted) {
  EXPECT_EQ(Sort({5, 4, 3, 2, 1}, 2, 1000).items, (std::vector<int>{1, 2}));
  EXPECT_EQ(Sort({5, 4, 3, 2, 1}, 2, 1000).passes, 1);
  EXPECT_EQ(Sort({5, 4, 3, 2, 1}, 3, 20).items, (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(Sort({1, 2}, 3, 20).items, (std::vector<int>{1, 2}));
}

TEST(SortedPasses, OthersHaveTheirTurnWhileItSorts) {
  Passes passes({});
  passes.Begin();
  for (const int item : {7, 6, 1, 4, 3, 2, 5}) passes.Add(item, 10);
  EXPECT_FALSE(passes.Sort(2));
  EXPECT_FALSE(passes.Sort(2));
  EXPECT_TRUE(passes.Sort(2));
  EXPECT_TRUE(passes.done());
}

TEST(SortedPasses, AnyOrderAndAnySizes) {
  constexpr uint64_t kSeed = 21;
  SCOPED_TRACE(kSeed);
  Random random(kSeed);
  for (int round = 0; round < 500; ++round) {
    std::vector<int> items(random.Below(60));
    for (size_t i = 0; i < items.size(); ++i) items[i] = static_cast<int>(i);
    for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[random.Below(i)]);
    const uint64_t most = random.Below(2) == 0 ? UINT64_MAX : random.Below(80) + 1;
    Passes passes({}, most, random.Below(300));
    std::vector<int> sorted;
    do {
      passes.Begin();
      for (const int item : items) passes.Add(item, static_cast<uint64_t>(item * 7919 % 50));
      while (!passes.Sort(random.Below(20) + 1)) {
      }
      for (const auto& kept : passes.kept()) sorted.push_back(kept.item);
    } while (!passes.done());
    std::ranges::sort(items);
    items.resize(std::min<uint64_t>(items.size(), most));
    ASSERT_EQ(sorted, items) << round;
  }
}

}  // namespace
}  // namespace cordwood::commands

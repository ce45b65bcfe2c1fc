#include "keyspace/types/list_suffix.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/format.h"
#include "base/random.h"
#include "tests/support/seeds.h"

namespace cordwood::keyspace {
namespace {

/// Every string of up to two bytes that is a suffix.
std::vector<std::string> ShortSuffixes() {
  std::vector<std::string> suffixes = {""};
  for (int first = 0; first < 256; ++first) {
    if (first > 0) suffixes.emplace_back(1, static_cast<char>(first));
    for (int second = 1; second < 256; ++second) {
      suffixes.push_back({static_cast<char>(first), static_cast<char>(second)});
    }
  }
  std::ranges::sort(suffixes);
  return suffixes;
}

void CheckBetween(std::string_view left, std::optional<std::string_view> right,
                  std::string_view between) {
  EXPECT_LT(left, between);
  EXPECT_TRUE(!right || between < *right);
  EXPECT_FALSE(between.empty() || between.back() == '\0');
}

TEST(ListSuffix, IsAShortestBetweenTwoOthers) {
  const std::vector<std::string> all = ShortSuffixes();
  const auto bytes_between = [&](size_t left, size_t right) {
    size_t least = 3;
    for (size_t i = left + 1; i < right; ++i) least = std::min(least, all[i].size());
    return least;
  };
  for (const uint64_t seed : support::Seeds(10, 1'000)) {
    SCOPED_TRACE(Format("CORDWOOD_SEED={}", seed));
    Random random(seed);
    for (int i = 0; i < 100; ++i) {
      const size_t left = random.Below(all.size());
      const size_t right = std::min<size_t>(all.size(), left + 1 + random.Below(300));
      std::optional<std::string_view> above;
      if (right < all.size()) above = all[right];
      const std::string between = SuffixBetween(all[left], above);
      CheckBetween(all[left], above, between);
      EXPECT_EQ(between.size(), bytes_between(left, right));
    }
  }
}

// Wherever the next one is put, it finds a place, and its neighbours stay in order.
TEST(ListSuffix, ManyFindAPlaceAnywhere) {
  for (const uint64_t seed : support::Seeds(10, 1'000)) {
    SCOPED_TRACE(Format("CORDWOOD_SEED={}", seed));
    Random random(seed);
    std::vector<std::string> suffixes = {""};
    for (int i = 0; i < 300; ++i) {
      const size_t left = random.Below(suffixes.size());
      std::optional<std::string_view> right;
      if (left + 1 < suffixes.size()) right = suffixes[left + 1];
      std::string between = SuffixBetween(suffixes[left], right);
      CheckBetween(suffixes[left], right, between);
      suffixes.insert(suffixes.begin() + static_cast<ptrdiff_t>(left) + 1, std::move(between));
    }
    EXPECT_TRUE(std::ranges::is_sorted(suffixes));
    EXPECT_LE(std::ranges::max(suffixes, {}, &std::string::size).size(), 20u);
  }
}

// Always behind the same one, and always before the same one: what LINSERT in a loop does.
TEST(ListSuffix, ThousandsFindAPlaceBesideOneElement) {
  std::string right = SuffixBetween("", std::nullopt);
  std::string left = right;
  for (int i = 0; i < 15'000; ++i) {
    right = SuffixBetween("", right);
    left = SuffixBetween(left, std::nullopt);
  }
  EXPECT_LE(right.size(), 64u);
  EXPECT_LE(left.size(), 64u);
}

TEST(ListSuffix, SpreadOnesAreShortAndHaveRoomBetweenThem) {
  for (const size_t count : {1u, 2u, 14u, 15u, 200u, 1024u}) {
    const std::vector<std::string> suffixes = SpreadSuffixes(count);
    ASSERT_EQ(suffixes.size(), count);
    EXPECT_EQ(suffixes.front(), "");
    for (size_t i = 1; i < count; ++i) {
      CheckBetween(suffixes[i - 1], std::nullopt, suffixes[i]);
      const std::string between = SuffixBetween(suffixes[i - 1], suffixes[i]);
      CheckBetween(suffixes[i - 1], suffixes[i], between);
      EXPECT_LE(between.size(), suffixes[i].size());
    }
    EXPECT_LE(suffixes.back().size(), count < 15 ? 1u : 2u);
  }
}

}  // namespace
}  // namespace cordwood::keyspace

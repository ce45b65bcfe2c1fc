#include "keyspace/core/name_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "tests/keyspace/keyspace_rig.h"

namespace cordwood::keyspace {
namespace {

/// In a transaction that waits it is the same.
std::vector<size_t> Visited(const std::vector<std::string_view>& names, size_t step = 1) {
  KeyspaceRig rig;
  RigWaiter waiter(rig);
  std::vector<std::vector<size_t>> visited;
  const auto work = [&](Transaction& tx) -> Status {
    CW_ASSIGN(const NameOrder order, NameOrder::Of(tx, names, step));
    visited.emplace_back();
    for (size_t i = 0; i < order.size(); ++i) visited.back().push_back(order[i]);
    return {};
  };
  EXPECT_TRUE(rig.Execute(work));
  EXPECT_TRUE(rig.ExecuteWaiting(work, waiter));
  EXPECT_EQ(visited.front(), visited.back());
  return visited.front();
}

TEST(NameOrder, LeavesAFewAsTheyAre) {
  EXPECT_EQ(Visited({}), (std::vector<size_t>{}));
  EXPECT_EQ(Visited({"b", "a", "b"}), (std::vector<size_t>{0, 1, 2}));
  EXPECT_EQ(Visited({"b", "x", "a", "y"}, 2), (std::vector<size_t>{0, 2}));
}

TEST(NameOrder, SortsManyByTheirBytesAndEqualOnesByTheirPlace) {
  Random random(1);
  for (const size_t step : {1, 2}) {
    for (const std::string prefix : {"", "what all names begin with:"}) {
      // Of few different bytes: many are equal, begin with each other, or differ late.
      std::vector<std::string> texts(2000);
      for (std::string& text : texts) {
        text = prefix;
        for (uint64_t left = random.Below(12); left > 0; --left) {
          text.push_back("\0a\xff"[random.Below(3)]);
        }
      }
      const std::vector<std::string_view> names(texts.begin(), texts.end());
      std::vector<size_t> expected(names.size() / step);
      for (size_t i = 0; i < expected.size(); ++i) expected[i] = i * step;
      std::ranges::stable_sort(expected, {}, [&](size_t i) { return names[i]; });
      EXPECT_EQ(Visited(names, step), expected) << step << ' ' << prefix;
    }
  }
}

}  // namespace
}  // namespace cordwood::keyspace

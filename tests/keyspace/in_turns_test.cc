#include "keyspace/core/in_turns.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "base/random.h"
#include "keyspace/types/named_items.h"
#include "tests/keyspace/keyspace_rig.h"
#include "tests/support/seeds.h"

namespace cordwood::keyspace {
namespace {

/// Counts how much is done between two looks at the clock.
class CountingWaiter final : public RigWaiter {
 public:
  using RigWaiter::RigWaiter;
  bool IsTime() override {
    most_ = std::max(most_, std::exchange(done_, 0));
    ++looks_;
    return looks_ % 3 == 0;
  }
  Status Pause() override {
    ++pauses_;
    return {};
  }
  void Do(uint64_t work = 1) { done_ += work; }
  uint64_t most() const { return std::max(most_, done_); }
  uint64_t pauses() const { return pauses_; }

 private:
  uint64_t done_ = 0;
  uint64_t most_ = 0;
  uint64_t looks_ = 0;
  uint64_t pauses_ = 0;
};

class InTurnsTest : public testing::Test {
 protected:
  KeyspaceRig rig_;
  CountingWaiter waiter_{rig_};
};

TEST_F(InTurnsTest, AllIsDoneOnceAndInItsOrder) {
  std::vector<int> all(5000);
  std::iota(all.begin(), all.end(), 0);
  const auto collect = [&](std::vector<int>& seen, uint64_t& parts) {
    return [&](Transaction& tx) {
      return InTurns(tx, std::span<const int>(all), [&](std::span<const int> some) -> Status {
        seen.insert(seen.end(), some.begin(), some.end());
        waiter_.Do(some.size());
        ++parts;
        return {};
      });
    };
  };
  std::vector<int> at_once;
  uint64_t parts = 0;
  ASSERT_TRUE(rig_.Execute(collect(at_once, parts)));
  EXPECT_EQ(at_once, all);
  EXPECT_EQ(parts, 1u);
  std::vector<int> waiting;
  ASSERT_TRUE(rig_.ExecuteWaiting(collect(waiting, parts), waiter_));
  EXPECT_EQ(waiting, all);
  EXPECT_GT(waiter_.pauses(), 5u);
}

TEST_F(InTurnsTest, AnErrorEndsIt) {
  const std::vector<int> all(2000);
  uint64_t parts = 0;
  const Status status = rig_.ExecuteWaiting(
      [&](Transaction& tx) {
        return InTurns(tx, std::span<const int>(all), [&](std::span<const int>) -> Status {
          return ++parts == 2 ? Fail(ErrorCode::kCold, "cold") : Status();
        });
      },
      waiter_);
  EXPECT_FALSE(status);
  EXPECT_EQ(parts, 2u);
}

TEST_F(InTurnsTest, SortingIsCompleteWhereverItPauses) {
  for (const uint64_t seed : support::Seeds(50, 5000)) {
    SCOPED_TRACE(seed);
    Random random(seed);
    std::vector<uint64_t> items(random.Below(random.OneIn(2) ? 20 : 5000));
    const uint64_t different = random.OneIn(2) ? 10 : UINT64_MAX;
    for (uint64_t& item : items) item = random.Below(different);
    std::vector<uint64_t> expected = items;
    std::ranges::sort(expected);
    const auto sort = [&](Transaction& tx) { return SortInTurns(tx, items, std::less()); };
    ASSERT_TRUE(random.OneIn(4) ? rig_.Execute(sort) : rig_.ExecuteWaiting(sort, waiter_));
    ASSERT_EQ(items, expected);
  }
}

TEST_F(InTurnsTest, SortingLooksAtTheClockWhileItCompares) {
  Random random(1);
  std::vector<uint64_t> items(50'000);
  for (uint64_t& item : items) item = random.Next();
  ASSERT_TRUE(rig_.ExecuteWaiting(
      [&](Transaction& tx) {
        return SortInTurns(tx, items, [&](uint64_t a, uint64_t b) {
          waiter_.Do();
          return a < b;
        });
      },
      waiter_));
  EXPECT_TRUE(std::ranges::is_sorted(items));
  EXPECT_LE(waiter_.most(), 20 * kInOneTurn);
}

TEST_F(InTurnsTest, NamedItemsAreErasedInAnyNumberOfParts) {
  const std::vector<std::string_view> items = {"a", "b", "c", "d", "e"};
  std::vector<std::string_view> names(1000, "no item");
  names[0] = "d";
  names[600] = "a";
  names[700] = "d";
  names[999] = "e";
  const auto erase = [&](Transaction& tx) -> Status {
    std::vector<std::string_view> left = items;
    CW_ASSIGN(const uint64_t erased, EraseNamed(tx, left, names, std::identity()));
    EXPECT_EQ(erased, 3u);
    EXPECT_EQ(left, (std::vector<std::string_view>{"b", "c"}));
    return {};
  };
  EXPECT_TRUE(rig_.Execute(erase));
  EXPECT_TRUE(rig_.ExecuteWaiting(erase, waiter_));
}

}  // namespace
}  // namespace cordwood::keyspace

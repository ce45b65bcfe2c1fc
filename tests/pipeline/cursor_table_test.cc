#include "pipeline/tables/cursor_table.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/format.h"

namespace cordwood::pipeline {
namespace {

constexpr uint64_t kExactInDoubles = uint64_t{1} << 53;

TEST(CursorTable, RemembersPlaces) {
  CursorTable cursors(7);
  const uint64_t a = cursors.Save("a");
  const uint64_t b = cursors.Save("b");
  EXPECT_NE(a, 0u);
  EXPECT_NE(a, b);
  EXPECT_EQ(cursors.Load(a), "a");
  EXPECT_EQ(cursors.Load(b), "b");
  EXPECT_EQ(cursors.Load(b + 1), "");
}

// Clients in JavaScript keep a cursor as a double, and never end with one that it does not hold.
TEST(CursorTable, NumbersAreExactAsDoubles) {
  CursorTable cursors(std::numeric_limits<uint64_t>::max());
  for (int i = 0; i < 1000; ++i) EXPECT_LT(cursors.Save("k"), kExactInDoubles);
}

TEST(CursorTable, ForgetsTheOldestOfMany) {
  CursorTable cursors(7, {.entries = 3});
  const uint64_t first = cursors.Save("first");
  const uint64_t second = cursors.Save("second");
  cursors.Save("third");
  cursors.Save("fourth");
  EXPECT_EQ(cursors.Load(first), "");
  EXPECT_EQ(cursors.Load(second), "second");
}

TEST(CursorTable, KeepsTheCursorOfASlowScanBesideOthersThatGoOn) {
  CursorTable cursors(7, {.entries = 4});
  const uint64_t slow = cursors.Save("slow");
  uint64_t fast = 0;
  for (int i = 0; i < 100; ++i) {
    const uint64_t next = cursors.Save(Format("place {}", i));
    cursors.Supersede(fast);
    fast = next;
    EXPECT_EQ(cursors.Load(slow), "slow");
    EXPECT_EQ(cursors.Load(fast), Format("place {}", i));
  }
}

TEST(CursorTable, ASupersededCursorIsGoodWhileThereIsRoom) {
  CursorTable cursors(7, {.entries = 3});
  const uint64_t first = cursors.Save("first");
  cursors.Supersede(first);
  cursors.Supersede(first);
  cursors.Supersede(12345);
  EXPECT_EQ(cursors.Load(first), "first");
  cursors.Save("a");
  cursors.Save("b");
  EXPECT_EQ(cursors.Load(first), "first");
  cursors.Save("c");
  EXPECT_EQ(cursors.Load(first), "");
}

TEST(CursorTable, IsBoundedInBytes) {
  CursorTable cursors(7, {.bytes = 1 << 20});
  uint64_t last = 0;
  for (int i = 0; i < 100; ++i) last = cursors.Save(std::string(100 << 10, 'k'));
  EXPECT_LE(cursors.memory_bytes(), uint64_t{1} << 20);
  EXPECT_EQ(cursors.Load(last).size(), size_t{100} << 10);
  // Even a place that is larger than the bound is good for the next page.
  last = cursors.Save(std::string(2 << 20, 'k'));
  EXPECT_EQ(cursors.Load(last).size(), size_t{2} << 20);
  cursors.Save("small");
  EXPECT_LE(cursors.memory_bytes(), uint64_t{1} << 20);
}

}  // namespace
}  // namespace cordwood::pipeline

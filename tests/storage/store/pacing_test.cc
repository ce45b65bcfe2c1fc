#include "storage/pacing.h"

#include <gtest/gtest.h>

#include "base/format.h"
#include "tests/storage/store/store_world.h"

namespace cordwood::storage {
namespace {

constexpr uint64_t kSecondOfWrites = 1 << 20;

TEST(Pacing, PressureComesFromDebtAboveOneOrFromMemory) {
  EXPECT_EQ(WritePressure(0.9, 0.0), 0.0);
  EXPECT_EQ(WritePressure(1.0, 0.25), 0.25);
  EXPECT_EQ(WritePressure(4.0, 0.25), 1.0);
}

TEST(Pacing, DelaysGrowSmoothlyFromHalfOfThePressure) {
  EXPECT_EQ(WriteDelayUs(0.5, kSecondOfWrites), 0u);
  EXPECT_EQ(WriteDelayUs(1.0, kSecondOfWrites), 100'000u);
  EXPECT_EQ(WriteDelayUs(1.0, kSecondOfWrites / 2), 50'000u);
  uint64_t last = 0;
  for (int percent = 51; percent <= 100; ++percent) {
    const uint64_t delay = WriteDelayUs(percent / 100.0, kSecondOfWrites);
    EXPECT_GE(delay, last);
    EXPECT_LE(delay - last, 7'000u) << "a cliff at " << percent;
    last = delay;
  }
}

TEST(Pacing, NobodyIsStoppedForGood) { EXPECT_EQ(WriteDelayUs(100, kSecondOfWrites), 1'000'000u); }

// Flushes hang, memtables fill up.
TEST(StorePacing, DelaysGrowWithEveryWriteAndNotByLeaps) {
  StoreWorld world(1, TinyOptions());
  ASSERT_TRUE(world.Open());
  world.env().StallSyncs(".sst", 1'000'000);
  uint64_t last = 0;
  for (int i = 0; world.store().Admit(100, Intent::kAdd) == WriteGate::kOpen; ++i) {
    ASSERT_LT(i, 1000);
    world.Put(Format("key:{}", i), std::string(100, 'v'));
    world.store().Kick();
    world.env().RunUntilIdle(5);
    const uint64_t delay = world.store().WriteDelayUs(kSecondOfWrites);
    EXPECT_GE(delay + 1000, last) << "at write " << i;
    EXPECT_LE(delay, last + 10'000) << "a leap at write " << i;
    last = delay;
  }
  EXPECT_GT(last, 40'000u) << "writers were stopped before they were slowed";
}

TEST(StorePacing, MergesMakeWayForTheLogsSyncs) {
  StoreWorld world(2, TinyOptions());
  ASSERT_TRUE(world.Open());
  const auto write_a_while = [&] {
    for (int i = 0; i < 500; ++i) {
      world.Put(Format("key:{:05}", world.random().Below(2000)), std::string(300, 'v'));
      if (i % 10 == 0) world.Sync();
    }
  };
  write_a_while();
  EXPECT_EQ(world.store().Stats().merge_limit, 0u);
  EXPECT_GT(world.store().Stats().background.merges, 0u);
  world.env().StallSyncs(".wal", 20);
  write_a_while();
  EXPECT_GT(world.store().Stats().merge_limit, 0u);
}

}  // namespace
}  // namespace cordwood::storage

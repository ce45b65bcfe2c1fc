#include <gtest/gtest.h>

#include <algorithm>

#include "base/format.h"
#include "tests/storage/store/store_world.h"

namespace cordwood::storage {
namespace {

TEST(StoreFlush, WaitsUntilTheLastEntryOfTheMemtableIsDurable) {
  StoreWorld world(5, TinyOptions());
  ASSERT_TRUE(world.Open());
  world.env().StallSyncs(".wal", 2000);
  for (int i = 0; i < 200; ++i) world.Put(Format("key:{}", i), std::string(100, 'v'));
  world.store().Kick();
  while (world.env().Step()) {
  }
  EXPECT_GT(world.store().Stats().immutable_memtables, 0u);
  EXPECT_EQ(world.store().Stats().background.flushes, 0u);
  world.env().RunForMs(6001);
  world.env().RunUntilIdle();
  EXPECT_EQ(world.store().Stats().immutable_memtables, 0u);
  EXPECT_GT(world.store().Stats().background.flushes, 0u);
  world.CheckReads();
}

// Under this promise records are shown before they are on stable storage. A table may still not
// hold what the log could lose.
TEST(StoreFlush, WaitsForTheSyncUnderEverySecondToo) {
  StoreOptions options = TinyOptions();
  options.durability = Durability::kEverySecond;
  StoreWorld world(8, options);
  ASSERT_TRUE(world.Open());
  world.env().StallSyncs(".wal", 2000);
  for (int i = 0; i < 200; ++i) world.Put(Format("key:{}", i), std::string(100, 'v'));
  world.store().Kick();
  while (world.env().Step()) {
  }
  EXPECT_EQ(world.store().visible(), 200u);
  EXPECT_EQ(world.store().synced(), 0u);
  EXPECT_GT(world.store().Stats().immutable_memtables, 0u);
  EXPECT_EQ(world.store().Stats().background.flushes, 0u);
  world.env().RunForMs(4001);
  world.env().RunUntilIdle();
  EXPECT_EQ(world.store().synced(), 200u);
  EXPECT_EQ(world.store().Stats().immutable_memtables, 0u);
  EXPECT_GT(world.store().Stats().background.flushes, 0u);
  world.CheckReads();
}

// Writers wait for flushes, and flushes for a sync: somebody has to ask for it.
TEST(StoreFlush, NeedsNoFullSegmentUnderNever) {
  StoreOptions options = TinyOptions();
  options.durability = Durability::kNever;
  options.log_segment_bytes = 16 << 20;
  StoreWorld world(9, options);
  ASSERT_TRUE(world.Open());
  for (int i = 0; i < 2000; ++i) {
    for (int waits = 0; world.store().Admit(100, Intent::kAdd) != WriteGate::kOpen; ++waits) {
      ASSERT_LT(waits, 100) << "writers wait for ever, at write " << i;
      world.env().AdvanceMs(100);
      world.store().Tick();
      world.env().RunUntilIdle();
    }
    world.Put(Format("key:{}", i), std::string(100, 'v'));
    world.store().Kick();
  }
  world.env().RunUntilIdle();
  EXPECT_EQ(world.store().Stats().immutable_memtables, 0u);
  EXPECT_GT(world.store().Stats().background.flushes, 10u);
  world.CheckReads();
}

TEST(StoreFlush, GivesTheLogsSpaceBack) {
  StoreWorld world(6, TinyOptions());
  ASSERT_TRUE(world.Open());
  for (int i = 0; i < 3000; ++i) {
    world.Put(Format("key:{}", i % 50), std::string(100, 'v'));
    world.store().Kick();
    world.env().RunUntilIdle();
  }
  EXPECT_LE(world.store().Stats().log.segments, 4u);
}

TEST(StoreFlush, KeepsNoHistoryOfCountersThatNobodyAsksFor) {
  StoreWorld world(8, TinyOptions());
  ASSERT_TRUE(world.Open());
  for (int i = 0; i < 1000; ++i) {
    WriteBatch batch;
    batch.Count(4, 1);
    ASSERT_TRUE(world.store().Write(batch));
    world.store().Kick();
    world.env().RunUntilIdle();
  }
  EXPECT_LT(world.store().Stats().pending_counts, 200u);
  EXPECT_EQ(world.store().CountAt(4, world.store().visible()), 1000);
}

TEST(StoreFlush, BoundsALogOfSmallGroups) {
  StoreOptions options = TinyOptions();
  options.memtable_bytes = 1 << 20;
  StoreWorld world(7, options);
  ASSERT_TRUE(world.Open());
  for (int i = 0; i < 300; ++i) {  // one frame each
    world.Put(Format("key:{}", i), "v");
    world.store().Kick();
    world.env().RunUntilIdle();
    world.store().Tick();
  }
  EXPECT_LE(world.store().Stats().log.segments, 6u);
  world.CheckReads();
}

// Replication finds the commands of a batch in its frame. They are no part of the tree.
TEST(StoreFlush, ANoteSurvivesARecoveryInTheLogAndIsInNoTable) {
  const std::string note = "what was sent";
  StoreOptions options = TinyOptions();
  options.durability = Durability::kNever;  // so that recovery copies the frame
  StoreWorld world(1, options);
  ASSERT_TRUE(world.Open());
  WriteBatch batch;
  batch.Put("a", "1");
  batch.Note(note);
  batch.Put("b", "2");
  ASSERT_EQ(world.store().Write(batch), 3u);
  world.store().Kick();
  world.env().RunUntilIdle();
  world.Kill();

  Result<std::unique_ptr<Store>> store = Store::Open(world.env(), "data", options);
  ASSERT_TRUE(store);
  EXPECT_EQ((*store)->last_seq(), 3u);
  const auto files_with_it = [&](std::string_view kind) {
    return std::ranges::count_if(world.env().Paths("data"), [&](const std::string& path) {
      return path.ends_with(kind) && world.env().ReadRaw(path)->contains(note);
    });
  };
  EXPECT_EQ(files_with_it(".wal"), 1);
  bool is_done = false;
  (*store)->CompactEverything([&] { is_done = true; });
  world.env().Await([&] { return is_done; });
  EXPECT_EQ((*store)->Stats().entries_on_disk, 2u);
  EXPECT_EQ(files_with_it(".sst"), 0);
  ASSERT_TRUE((*store)->Close());
  store->reset();
  store = Store::Open(world.env(), "data", options);
  ASSERT_TRUE(store);
  EXPECT_EQ((*store)->last_seq(), 3u);
}

// What the log takes of the disk: one segment in use, of the load, and a small one that is ready.
TEST(StoreAtRest, ShortensItsLogThirtySecondsAfterALoad) {
  constexpr uint64_t kSmall = 16 << 10;
  StoreOptions options = TinyOptions();
  options.log_small_segment_bytes = kSmall;
  options.memtable_bytes = 1 << 20;
  for (const Durability durability :
       {Durability::kAlways, Durability::kEverySecond, Durability::kNever}) {
    SCOPED_TRACE(static_cast<int>(durability));
    options.durability = durability;
    StoreWorld world(1, options);
    ASSERT_TRUE(world.Open());
    for (int i = 0; i < 300; ++i) {
      world.Put("key:" + std::to_string(i), std::string(700, 'v'));
      world.store().Kick();
      world.env().RunForMs(1);
    }
    const LogStats loaded = world.store().Stats().log;
    EXPECT_TRUE(loaded.under_load);
    EXPECT_GT(loaded.segments, 3u);
    for (int tick = 0; tick < 310; ++tick) {
      world.env().RunForMs(100);
      world.store().Tick();
    }
    const LogStats log = world.store().Stats().log;
    EXPECT_FALSE(log.under_load);
    EXPECT_EQ(log.segments, 2u);
    EXPECT_EQ(log.segment_bytes, options.log_segment_bytes + kSmall);
    world.CheckReads();
    world.LosePower(1);
    ASSERT_TRUE(world.Open());
  }
}

}  // namespace
}  // namespace cordwood::storage

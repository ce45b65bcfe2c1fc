// A disk that fills up and is freed again.

#include <gtest/gtest.h>

#include "base/format.h"
#include "tests/storage/store/store_world.h"
#include "tests/support/seeds.h"

namespace cordwood::storage {
namespace {

TEST(StoreFullDisk, RefusesWritesServesReadsAndGoesOnByItself) {
  for (const uint64_t seed : support::Seeds(20, 200)) {
    SCOPED_TRACE("CORDWOOD_SEED=" + std::to_string(seed));
    StoreWorld world(seed, TinyOptions());
    ASSERT_TRUE(world.Open());
    for (int i = 0; i < 200; ++i) {
      world.WriteRandom(200);
      world.LetRun(50);
    }
    world.env().RunUntilIdle();
    world.env().SetDiskBytes(world.env().UsedDiskBytes() + 20'000);
    int written = 0;
    while (world.store().Admit(100, Intent::kAdd) != WriteGate::kFull) {
      ASSERT_TRUE(world.store().failure()) << world.store().failure().error().message();
      ASSERT_LT(++written, 20'000) << "the disk never filled up";
      if (world.store().Admit(100, Intent::kAdd) == WriteGate::kOpen) world.WriteRandom(200);
      world.store().Kick();
      world.LetRun(20);
      if (written % 20 == 0) {
        world.env().AdvanceMs(1100);
        world.store().Tick();
      }
    }
    world.CheckReads();
    EXPECT_EQ(world.store().Admit(100, Intent::kTakeAway), WriteGate::kOpen)
        << "a delete must get in";
    world.env().SetDiskBytes(UINT64_MAX);
    for (int ticks = 0; world.store().Admit(100, Intent::kAdd) != WriteGate::kOpen; ++ticks) {
      ASSERT_LT(ticks, 50) << "writes did not resume";
      world.env().AdvanceMs(200);
      world.store().Tick();
      world.env().RunUntilIdle();
    }
    for (int i = 0; i < 50; ++i) world.WriteRandom(200);
    world.Sync();
    world.CheckReads();
    world.LosePower(world.random().Next());
    ASSERT_TRUE(world.Open());
    if (HasFailure()) return;
  }
}

// The ballast is gone, and whatever is given back others take at once.
TEST(StoreFullDisk, AStartWithoutAnySpaceServesReadsAndDeletesAndWritesResume) {
  int deletes = 0;
  for (const uint64_t seed : support::Seeds(20, 200)) {
    SCOPED_TRACE("CORDWOOD_SEED=" + std::to_string(seed));
    StoreOptions options = TinyOptions();
    options.durability = static_cast<Durability>(seed % 3);
    StoreWorld world(seed, options);
    const auto sync = [&] {
      world.store().SetDurability(Durability::kAlways);
      world.Sync();
      world.store().SetDurability(options.durability);
    };
    ASSERT_TRUE(world.Open());
    for (int i = 0; i < 100; ++i) {
      world.WriteRandom(200);
      world.LetRun(50);
    }
    world.Put("kept", "value");
    sync();
    for (int life = 0; life < 4; ++life) {
      if (world.random().Below(2) == 0) {
        world.Kill();
      } else {
        world.LosePower(world.random().Next());
      }
      IgnoreError(world.env().RemoveRaw("data/BALLAST"), "there may be none");
      world.env().SetDiskBytes(1);
      const Status opened = world.Open();
      ASSERT_TRUE(opened) << opened.error().message();
      world.CheckReads();
      EXPECT_EQ(world.store().Admit(100, Intent::kAdd), WriteGate::kFull);
      world.store().Tick();
      world.env().RunUntilIdle();
      if (world.store().Admit(100, Intent::kTakeAway) != WriteGate::kOpen) continue;
      world.Delete("key");
      sync();
      ++deletes;
    }
    world.CheckReads();
    world.env().SetDiskBytes(UINT64_MAX);
    for (int ticks = 0; world.store().Admit(100, Intent::kAdd) != WriteGate::kOpen; ++ticks) {
      ASSERT_LT(ticks, 50) << "writes did not resume";
      world.env().AdvanceMs(200);
      world.store().Tick();
      world.env().RunUntilIdle();
    }
    for (int i = 0; i < 50; ++i) world.WriteRandom(200);
    sync();
    world.CheckReads();
    world.LosePower(world.random().Next());
    ASSERT_TRUE(world.Open());
    world.CheckReads();
    if (HasFailure()) return;
  }
  EXPECT_GT(deletes, 0);
}

TEST(StoreFullDisk, ALimitOfOurOwnCanBeRaised) {
  StoreOptions options = TinyOptions();
  options.max_disk_bytes = 300'000;
  StoreWorld world(4, options);
  ASSERT_TRUE(world.Open());
  for (int i = 0; world.store().Admit(100, Intent::kAdd) == WriteGate::kOpen; ++i) {
    ASSERT_LT(i, 20'000) << "the limit is never met";
    world.Put(Format("key:{}", i), std::string(100, 'v'));
    world.Sync();
    world.env().RunUntilIdle();
  }
  EXPECT_EQ(world.store().Admit(100, Intent::kAdd), WriteGate::kFull);
  EXPECT_EQ(world.store().Admit(100, Intent::kTakeAway), WriteGate::kOpen);
  world.store().SetMaxDiskBytes(0);
  EXPECT_EQ(world.store().Admit(100, Intent::kAdd), WriteGate::kOpen);
}

TEST(StoreFullDisk, ALimitOfOurOwnTakesNothingLargerThanItself) {
  StoreOptions options = TinyOptions();
  options.max_disk_bytes = 1 << 20;
  StoreWorld world(4, options);
  ASSERT_TRUE(world.Open());
  EXPECT_EQ(world.store().Admit(2 << 20, Intent::kAdd), WriteGate::kFull);
  EXPECT_EQ(world.store().Admit(100, Intent::kAdd), WriteGate::kOpen);
  world.store().SetMaxDiskBytes(0);
  world.env().RunUntilIdle();
}

// Flushes wait for space, and space for what would be deleted: that must get in.
TEST(StoreFullDisk, DeletesGetInWhileFullMemtablesCannotBeFlushed) {
  StoreWorld world(6, TinyOptions());
  ASSERT_TRUE(world.Open());
  world.env().FailNext(support::SimOp::kWrite, ".sst", ErrorCode::kNoSpace, true);
  while (world.store().Stats().immutable_memtables < 5) {
    world.WriteRandom(200);
    world.Sync();
    ASSERT_TRUE(world.store().failure());
  }
  world.env().RunUntilIdle();
  EXPECT_EQ(world.store().Admit(100, Intent::kAdd), WriteGate::kFull);
  EXPECT_EQ(world.store().Admit(100, Intent::kTakeAway), WriteGate::kOpen);
  while (world.store().Stats().immutable_memtables < 8) {
    world.WriteRandom(200);
    world.Sync();
  }
  world.env().RunUntilIdle();
  EXPECT_EQ(world.store().Admit(100, Intent::kTakeAway), WriteGate::kFull)
      << "memory is bounded all the same";
  world.env().ClearFaults();
  for (int ticks = 0; world.store().Admit(100, Intent::kAdd) != WriteGate::kOpen; ++ticks) {
    ASSERT_LT(ticks, 50) << "writes did not resume";
    world.env().AdvanceMs(200);
    world.store().Tick();
    world.env().RunUntilIdle();
  }
  world.CheckReads();
}

TEST(StoreFullDisk, WithoutDescriptorsWritesAreRefusedWithThatReason) {
  StoreWorld world(7, TinyOptions());
  ASSERT_TRUE(world.Open());
  world.env().FailNext(support::SimOp::kCreate, ".wal", ErrorCode::kNoDescriptors, true);
  for (int i = 0; world.store().Admit(100, Intent::kAdd) == WriteGate::kOpen; ++i) {
    ASSERT_LT(i, 1000);
    world.Put(Format("key:{}", i), std::string(100, 'v'));
    world.Sync();
    world.env().RunUntilIdle();
  }
  EXPECT_EQ(world.store().Admit(100, Intent::kAdd), WriteGate::kFull);
  ASSERT_FALSE(world.store().shortage());
  EXPECT_EQ(world.store().shortage().error().code(), ErrorCode::kNoDescriptors);
  EXPECT_TRUE(world.store().failure());
  world.env().ClearFaults();
  for (int ticks = 0; world.store().Admit(100, Intent::kAdd) != WriteGate::kOpen; ++ticks) {
    ASSERT_LT(ticks, 50);
    world.env().AdvanceMs(200);
    world.store().Tick();
    world.env().RunUntilIdle();
  }
  EXPECT_TRUE(world.store().shortage());
}

TEST(StoreFullDisk, AStartNamesALimitOfFileSizeAndLeavesTheDirectoryAlone) {
  StoreWorld world(7, TinyOptions());
  const uint64_t needed = LargestFileBytes(TinyOptions());
  world.env().SetFileBytesMax(needed - 1);
  Result<std::unique_ptr<Store>> store = Store::Open(world.env(), "limited", TinyOptions());
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code(), ErrorCode::kFileLimit);
  EXPECT_TRUE(store.error().message().contains(Format("has to be at least {};", needed)))
      << store.error().message();
  EXPECT_EQ(world.env().Paths("limited"), std::vector<std::string>());
  world.env().SetFileBytesMax(needed);
  EXPECT_TRUE(Store::Open(world.env(), "limited", TinyOptions()));
}

// For whatever reason a flush cannot open its file: it is tried for as long as that lasts.
TEST(StoreFullDisk, AFlushWithoutDescriptorsIsNoFailure) {
  StoreWorld world(8, TinyOptions());
  ASSERT_TRUE(world.Open());
  world.env().FailNext(support::SimOp::kCreate, ".sst", ErrorCode::kNoDescriptors, true);
  for (int ticks = 0; ticks < 100; ++ticks) {
    world.Put(Format("key:{}", ticks), std::string(200, 'v'));
    world.Sync();
    world.env().AdvanceMs(100);
    world.store().Tick();
    world.env().RunUntilIdle();
  }
  ASSERT_TRUE(world.store().failure());
  ASSERT_FALSE(world.store().shortage());
  world.env().ClearFaults();
  for (int ticks = 0; ticks < 20; ++ticks) {
    world.env().AdvanceMs(100);
    world.store().Tick();
    world.env().RunUntilIdle();
  }
  EXPECT_TRUE(world.store().shortage());
  EXPECT_EQ(world.store().Stats().immutable_memtables, 0u);
  world.CheckReads();
}

TEST(StoreFullDisk, ATableBeyondTheLimitOfFileSizeTellsWhatAllTablesNeed) {
  StoreWorld world(8, TinyOptions());
  ASSERT_TRUE(world.Open());
  world.env().SetFileBytesMax(1 << 20);
  world.env().FailNext(support::SimOp::kWrite, ".sst", ErrorCode::kFileLimit, true);
  for (int ticks = 0; world.store().shortage(); ++ticks) {
    ASSERT_LT(ticks, 100);
    world.Put(Format("key:{}", ticks), std::string(200, 'v'));
    world.Sync();
    world.env().AdvanceMs(100);
    world.store().Tick();
    world.env().RunUntilIdle();
  }
  const Error error = world.store().shortage().error();
  EXPECT_EQ(error.code(), ErrorCode::kFileLimit);
  EXPECT_EQ(error.message(),
            Format("a table cannot be written: the limit of file size is too small: it is 1048576 "
                   "bytes and has to be at least {}; raise it (ulimit -f)",
                   LargestFileBytes(TinyOptions())));
  EXPECT_TRUE(world.store().failure());
  world.env().ClearFaults();
  world.env().SetFileBytesMax(UINT64_MAX);
  for (int ticks = 0; ticks < 20; ++ticks) {
    world.env().AdvanceMs(100);
    world.store().Tick();
    world.env().RunUntilIdle();
  }
  EXPECT_TRUE(world.store().shortage());
  world.CheckReads();
}

TEST(StoreFullDisk, AStoreOnASmallDiskHasSmallerParts) {
  StoreOptions options;
  options.block_cache_bytes = 1 << 20;
  StoreWorld world(9, options);
  world.env().SetDiskBytes(8 << 20);
  ASSERT_TRUE(world.Open());
  world.Put("key", "value");
  world.Sync();
  world.env().RunUntilIdle();
  EXPECT_LE(world.store().Stats().log.segment_bytes, 512u << 10);
  EXPECT_EQ(world.store().Admit(100, Intent::kAdd), WriteGate::kOpen);
}

TEST(StoreFullDisk, DroppingEverythingMakesRoomEvenWhileAMemtableCannotBeFlushed) {
  StoreWorld world(3, TinyOptions());
  ASSERT_TRUE(world.Open());
  const auto put = [&] {
    // What does not compress is much, once it is gone.
    std::string value(1000, '\0');
    for (char& byte : value) byte = static_cast<char>(world.random().Next());
    world.Put(Format("key:{}", world.random().Below(1000)), value);
  };
  for (int i = 0; i < 2000; ++i) {
    put();
    world.Sync();  // or one segment of the log would hold them all
    if (i % 20 != 0) continue;
    world.env().AdvanceMs(100);
    world.store().Tick();  // as a loop does; the ballast grows
  }
  world.env().RunUntilIdle();
  world.env().SetDiskBytes(0);
  while (world.store().Stats().immutable_memtables == 0) {
    put();
    world.Sync();
    ASSERT_TRUE(world.store().failure());
  }
  world.env().RunUntilIdle();
  ASSERT_EQ(world.store().Stats().immutable_memtables, 1u) << "there was room to flush it";
  world.env().SetDiskBytes(world.env().UsedDiskBytes());
  ASSERT_EQ(world.store().Admit(100, Intent::kTakeAway), WriteGate::kOpen);
  WriteBatch batch;
  batch.DropRange("", "~");
  ASSERT_TRUE(world.store().Write(batch));
  world.store().Kick();
  for (int ticks = 0; world.store().Admit(100, Intent::kAdd) != WriteGate::kOpen; ++ticks) {
    ASSERT_LT(ticks, 50) << "writes did not resume";
    world.env().AdvanceMs(200);
    world.store().Tick();
    world.env().RunUntilIdle();
  }
}

}  // namespace
}  // namespace cordwood::storage

#include <gtest/gtest.h>

#include "tests/storage/store/store_world.h"
#include "tests/support/seeds.h"

namespace cordwood::storage {
namespace {

TEST(Store, AgreesWithAMapThroughFlushesMergesAndRestarts) {
  for (const uint64_t seed : support::Seeds(40, 400)) {
    SCOPED_TRACE("CORDWOOD_SEED=" + std::to_string(seed));
    StoreWorld world(seed, TinyOptions());
    for (int life = 0; life < 3; ++life) {
      ASSERT_TRUE(world.Open());
      for (int i = 0; i < 150; ++i) {
        world.WriteRandom(300);
        world.LetRun(30);
        if (world.random().OneIn(25)) world.CheckReads();
        if (HasFatalFailure() || HasNonfatalFailure()) return;
      }
      world.Sync();
      world.CheckReads();
      ASSERT_TRUE(world.Close());
      if (HasFatalFailure() || HasNonfatalFailure()) return;
    }
  }
}

TEST(Store, ShrinksToOneRunWhenEverythingIsCompacted) {
  StoreWorld world(7, TinyOptions());
  ASSERT_TRUE(world.Open());
  for (int i = 0; i < 2000; ++i) {
    world.WriteRandom(300);
    world.LetRun(30);
  }
  bool done = false;
  world.store().CompactEverything([&] { done = true; });
  world.env().Await([&] { return done; });
  const StoreStats stats = world.store().Stats();
  EXPECT_EQ(stats.levels.back().runs, 1u);
  EXPECT_EQ(stats.entries_on_disk, world.StateAt(kMaxSeq).size());
  world.CheckReads();
}

TEST(Store, ASnapshotHoldsStillWhileTheRestGoesOn) {
  for (const uint64_t seed : support::Seeds(10, 100)) {
    SCOPED_TRACE("CORDWOOD_SEED=" + std::to_string(seed));
    StoreWorld world(seed, TinyOptions());
    ASSERT_TRUE(world.Open());
    for (int i = 0; i < 100; ++i) world.WriteRandom(100);
    world.Sync();
    const std::unique_ptr<Snapshot> snapshot = world.store().TakeSnapshot();
    const State expected = world.StateAt(snapshot->seq());
    Reader reader(world.store());
    for (int round = 0; round < 10; ++round) {
      for (int i = 0; i < 50; ++i) {
        world.WriteRandom(100);
        world.LetRun(40);
      }
      View view = reader.At(*snapshot, Tier::kMayBlock);
      ASSERT_EQ(world.ReadAll(view), expected);
    }
  }
}

}  // namespace
}  // namespace cordwood::storage

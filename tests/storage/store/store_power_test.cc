#include <gtest/gtest.h>

#include "tests/storage/store/store_world.h"
#include "tests/support/seeds.h"

namespace cordwood::storage {
namespace {

// StoreWorld::Open compares with the model: acknowledged writes are there, and the state is that
// of a prefix of the commit order.

TEST(StorePower, AcknowledgedWritesSurviveAndTheStateIsAPrefix) {
  for (const uint64_t seed : support::Seeds(150, 2000)) {
    SCOPED_TRACE("CORDWOOD_SEED=" + std::to_string(seed));
    StoreWorld world(seed, TinyOptions());
    ASSERT_TRUE(world.Open());
    for (int crash = 0; crash < 4; ++crash) {
      const uint64_t writes = world.random().Below(120);
      for (uint64_t i = 0; i < writes; ++i) {
        world.WriteRandom(200);
        world.LetRun(40);
        if (world.random().OneIn(10)) world.NoteAcknowledged();
      }
      if (world.random().OneIn(4)) {
        world.Kill();
      } else {
        world.LosePower(world.random().Next());
      }
      const Status opened = world.Open();
      ASSERT_TRUE(opened) << opened.error().message() << world.env().Report();
      if (HasFatalFailure() || HasNonfatalFailure()) return;
    }
  }
}

TEST(StorePower, ACrashAtAnyCallOfAStartIsSurvivedToo) {
  for (const uint64_t seed : support::Seeds(60, 1000)) {
    SCOPED_TRACE("CORDWOOD_SEED=" + std::to_string(seed));
    StoreWorld world(seed, TinyOptions());
    ASSERT_TRUE(world.Open());
    for (int i = 0; i < 80; ++i) {
      world.WriteRandom(200);
      world.LetRun(40);
    }
    world.LosePower(world.random().Next());
    for (int depth = 0; depth < 3; ++depth) {
      world.env().CrashAtCall(world.env().Calls() + 1 + world.random().Below(60));
      const Status opened = world.Open();
      if (opened) {
        world.WriteRandom(200);
        world.LetRun(40);
      }
      if (HasFatalFailure() || HasNonfatalFailure()) return;
      world.LosePower(world.random().Next());
    }
    const Status opened = world.Open();
    ASSERT_TRUE(opened) << opened.error().message() << world.env().Report();
    if (HasFatalFailure() || HasNonfatalFailure()) return;
  }
}

// Of the entries of a directory that were not synced each survives or not: one that is removed may
// be gone although what replaces it is not there.
TEST(StorePower, NobodyMissesWhatAStartRemoves) {
  StoreWorld world(10, TinyOptions());
  for (int start = 0; start < 2; ++start) {
    ASSERT_TRUE(world.Open());
    for (int i = 0; i < 100; ++i) world.WriteRandom(100);
    world.Sync();
    world.env().RunUntilIdle();
    world.Kill();
  }
  ASSERT_TRUE(world.Open());
  for (uint64_t seed = 0; seed < 64; ++seed) {
    const std::unique_ptr<support::SimEnv> after = world.env().CopyAfterPowerLoss(seed);
    const Result<std::unique_ptr<Store>> opened = Store::Open(*after, "data", TinyOptions());
    ASSERT_TRUE(opened) << "seed " << seed << ": " << opened.error().message();
    EXPECT_EQ((*opened)->last_seq(), world.store().last_seq());
  }
}

// A start that is cut off may leave a directory whose own entry nobody has synced.
TEST(StorePower, AStoreInADirectoryThatWasJustMadeIsNotLostWithIt) {
  StoreWorld world(9, TinyOptions());
  ASSERT_TRUE(world.env().CreateDir("data"));
  ASSERT_TRUE(world.Open());
  world.Put("key", "value");
  world.Sync();
  world.LosePower(1, support::PowerLoss::kDrop);
  ASSERT_TRUE(world.Open());  // and finds what was acknowledged
}

}  // namespace
}  // namespace cordwood::storage

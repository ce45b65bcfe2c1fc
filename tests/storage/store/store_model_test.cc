#include <gtest/gtest.h>

#include "base/format.h"
#include "tests/storage/store/store_world.h"
#include "tests/support/seeds.h"

namespace cordwood::storage {
namespace {

// A put, or a delete, of a key that no other group has.
void WriteInGroup(StoreWorld& world, int group, uint64_t i) {
  Random& random = world.random();
  const std::string key = Format("key:{}:{:04}", group, random.Below(900));
  if (random.OneIn(8)) {
    world.Delete(key);
  } else {
    world.Put(key, Format("{}-{}", i, std::string(random.Below(200), 'v')));
  }
  if (random.OneIn(100)) world.Sync();
  world.LetRun(30);
}

void CompactEverything(StoreWorld& world) {
  bool done = false;
  world.store().CompactEverything([&] { done = true; });
  world.env().Await([&] { return done; });
}

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

// All that the last run holds is dropped, while a level above it has several runs.
TEST(Store, GoesOnWithoutItsLastRun) {
  int deepest_level_has_several = 0;
  for (const uint64_t seed : support::Seeds(10, 100)) {
    SCOPED_TRACE("CORDWOOD_SEED=" + std::to_string(seed));
    StoreWorld world(seed, TinyOptions());
    ASSERT_TRUE(world.Open());
    for (int group = 0; group < 3; ++group) {
      bool dropped = false;
      for (uint64_t i = 0; i < 1500; ++i) {
        WriteInGroup(world, group, i);
        const std::vector<StoreStats::Level> levels = world.store().Stats().levels;
        const size_t depth = levels.size();
        if (depth > 1 && levels[depth - 1].runs > 1) ++deepest_level_has_several;
        if (depth < 3 || levels[depth - 2].runs < 2 || dropped) continue;
        world.DropRange({.begin = "", .end = Format("key:{}", group)});
        dropped = true;
      }
      world.CheckReads();
      if (HasFailure()) return;
      CompactEverything(world);
    }
  }
  EXPECT_TRUE(deepest_level_has_several > 0 || support::OneSeedOnly())
      << "it was never put to the test";
}

TEST(Store, ShrinksToOneRunWhenEverythingIsCompacted) {
  StoreWorld world(7, TinyOptions());
  ASSERT_TRUE(world.Open());
  for (int i = 0; i < 2000; ++i) {
    world.WriteRandom(300);
    world.LetRun(30);
  }
  world.DropRange({.begin = "key:00100", .end = "key:00200"});
  CompactEverything(world);
  const StoreStats stats = world.store().Stats();
  EXPECT_EQ(stats.levels.back().runs, 1u);
  EXPECT_EQ(stats.entries_on_disk, world.StateAt(kMaxSeq).size());
  world.CheckReads();
}

// What the last run came by while a snapshot could see it is garbage of its own.
TEST(Store, GivesBackWhatASnapshotKeptOnceItIsGone) {
  for (const bool on_demand : {false, true}) {
    SCOPED_TRACE(on_demand);
    StoreWorld world(9, TinyOptions());
    ASSERT_TRUE(world.Open());
    const auto overwrite = [&](int first, int last) {
      for (int i = first; i < last; ++i) {
        world.Put(Format("key:{:04}", i), Format("{}", world.random().Next()));
      }
    };
    overwrite(0, 1000);
    world.Sync();
    std::unique_ptr<Snapshot> snapshot = world.store().TakeSnapshot();
    overwrite(0, 300);
    for (int i = 300; i < 600; ++i) world.Delete(Format("key:{:04}", i));
    world.DropRange({.begin = "key:0600", .end = "key:0900"});
    CompactEverything(world);
    EXPECT_GT(world.store().Stats().entries_on_disk, 1500u);
    EXPECT_EQ(world.store().Stats().levels.back().runs, 1u);
    snapshot.reset();
    if (on_demand) {
      CompactEverything(world);
    } else {
      world.store().Tick();
      world.env().RunUntilIdle();
    }
    EXPECT_EQ(world.StateAt(kMaxSeq).size(), 400u);
    // By itself it leaves what is less than a tenth of a fragment.
    EXPECT_LE(world.store().Stats().entries_on_disk, on_demand ? 400u : 440u);
    world.CheckReads();
  }
}

// A dead range for each object, with others between them that live on: no table is dead as a whole.
TEST(Store, GivesBackTheSpaceOfLargeObjectsThoughTheirRecordsAreFew) {
  StoreWorld world(10, TinyOptions());
  ASSERT_TRUE(world.Open());
  const auto write_objects = [&](int first) {
    for (int object = first; object < 200; object += 10) {
      for (int field = 0; field < 40; ++field) {
        world.Put(Format("object:{:03}:{:02}", object, field), std::string(20, 'v'));
      }
    }
  };
  for (int i = 0; i < 10; ++i) write_objects(i);
  CompactEverything(world);
  for (int object = 0; object < 200; ++object) {
    if (object % 10 == 0) continue;
    world.DropRange(
        {.begin = Format("object:{:03}:", object), .end = Format("object:{:03};", object)});
  }
  write_objects(0);
  world.Sync();
  world.env().RunUntilIdle();
  EXPECT_EQ(world.StateAt(kMaxSeq).size(), 800u);
  EXPECT_LT(world.store().Stats().entries_on_disk, 2000u);
  world.CheckReads();
}

// A key that is written again and again under a long read.
TEST(Store, KeepsOneVersionForEachGapBetweenSnapshots) {
  constexpr int kKeys = 10;
  StoreWorld world(11, TinyOptions());
  ASSERT_TRUE(world.Open());
  const auto overwrite = [&](int times) {
    for (int i = 0; i < times; ++i) {
      world.Put(Format("key:{:02}", i % kKeys), Format("{:0100}", i));
      world.LetRun(30);
    }
    world.Sync();
  };
  overwrite(kKeys);
  std::vector<std::unique_ptr<Snapshot>> snapshots;
  for (int i = 0; i < 3; ++i) {
    snapshots.push_back(world.store().TakeSnapshot());
    overwrite(2000);
  }
  world.env().RunUntilIdle();
  EXPECT_LT(world.store().Stats().entries_on_disk, 1000u) << "what no merge has met yet";
  for (size_t kept = snapshots.size(); kept > 0; --kept) {  // one from the middle goes at a time
    CompactEverything(world);
    EXPECT_EQ(world.store().Stats().entries_on_disk, (kept + 1) * kKeys);
    for (const std::unique_ptr<Snapshot>& snapshot : snapshots) world.CheckReadsAt(*snapshot);
    snapshots.erase(snapshots.begin() + static_cast<int64_t>(kept / 2));
    overwrite(kKeys);
  }
  CompactEverything(world);
  EXPECT_EQ(world.store().Stats().entries_on_disk, kKeys);
  world.CheckReads();
}

TEST(Store, SnapshotsHoldStillWhileOthersComeAndGo) {
  for (const uint64_t seed : support::Seeds(20, 400)) {
    SCOPED_TRACE("CORDWOOD_SEED=" + std::to_string(seed));
    StoreWorld world(seed, TinyOptions());
    ASSERT_TRUE(world.Open());
    std::vector<std::unique_ptr<Snapshot>> snapshots;
    for (int round = 0; round < 40; ++round) {
      for (int i = 0; i < 12; ++i) {
        world.WriteRandom(100);
        world.LetRun(40);
      }
      if (world.random().OneIn(10)) CompactEverything(world);
      const uint64_t dice = world.random().Below(3);
      if (dice == 0 && !snapshots.empty()) {
        snapshots.erase(snapshots.begin() +
                        static_cast<int64_t>(world.random().Below(snapshots.size())));
      } else if (dice == 1 && snapshots.size() < 6) {
        snapshots.push_back(world.store().TakeSnapshot());
      }
      for (const std::unique_ptr<Snapshot>& snapshot : snapshots) world.CheckReadsAt(*snapshot);
      if (HasFailure()) return;
    }
  }
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

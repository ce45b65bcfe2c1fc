#include "storage/held_writes.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/storage/store/store_world.h"

namespace cordwood::storage {
namespace {

TEST(HeldWrites, CountEachThingThatAWriteWaitsFor) {
  HeldWrites held;
  HeldWrite write;
  EXPECT_FALSE(held.longest());
  held.Hold(write, HeldFor::kMemtables, 100);
  held.Hold(write, HeldFor::kMemtables, 150);  // asked again, and still waits
  held.Hold(write, HeldFor::kPacing, 400);
  held.LetGo(write, 500);
  held.LetGo(write, 900);  // it waits for nothing
  held.Hold(write, HeldFor::kMemtables, 1000);
  held.LetGo(write, 1050);
  EXPECT_EQ(held.of(HeldFor::kMemtables).writes, 2u);
  EXPECT_EQ(held.of(HeldFor::kMemtables).total_ns, 350u);
  EXPECT_EQ(held.of(HeldFor::kMemtables).longest_ns, 300u);
  EXPECT_EQ(held.of(HeldFor::kPacing).writes, 1u);
  EXPECT_EQ(held.of(HeldFor::kPacing).longest_ns, 100u);
  EXPECT_EQ(held.of(HeldFor::kLogSync).writes, 0u);
  EXPECT_EQ(held.longest(), HeldFor::kMemtables);
}

TEST(HeldWrites, HaveANameForEachReason) {
  std::set<std::string> names;
  for (size_t i = 0; i < kHeldReasons; ++i) names.emplace(NameOf(static_cast<HeldFor>(i)));
  EXPECT_EQ(names.size(), kHeldReasons);
  EXPECT_FALSE(names.contains(""));
}

class ReasonsOfTheStore : public ::testing::Test {
 protected:
  void Open(const StoreOptions& options) {
    world_ = std::make_unique<StoreWorld>(1, options);
    ASSERT_TRUE(world_->Open());
    world_->env().RunUntilIdle();
  }
  Store& store() { return world_->store(); }
  support::SimEnv& env() { return world_->env(); }
  // Nothing runs there any more.
  void Block(Lane lane) {
    env().Schedule(lane, [this] { env().Await([this] { return released_; }); });
  }
  void TearDown() override { released_ = true; }
  // Writes without letting the background finish until a write is held.
  void WriteUntilHeld(uint64_t ms_each) {
    for (int i = 0; store().Admit(100, Intent::kAdd) == WriteGate::kOpen; ++i) {
      ASSERT_LT(i, 10'000) << "no write was held";
      world_->Put("key:" + std::to_string(i), std::string(100, 'v'));
      store().Kick();
      env().RunForMs(ms_each);
    }
    ASSERT_EQ(store().Admit(100, Intent::kAdd), WriteGate::kLater);
  }

  bool released_ = false;
  std::unique_ptr<StoreWorld> world_;
};

TEST_F(ReasonsOfTheStore, MemtablesThatCannotBeFlushed) {
  Open(TinyOptions());
  env().StallSyncs(".sst", 60'000);
  WriteUntilHeld(1);
  EXPECT_EQ(store().held_for(), HeldFor::kMemtables);
}

TEST_F(ReasonsOfTheStore, TheLogsNextSegment) {
  Open(TinyOptions());
  Block(Lane::kSegments);
  WriteUntilHeld(5);
  EXPECT_EQ(store().held_for(), HeldFor::kLogSegment);
  EXPECT_EQ(store().Admit(100, Intent::kTakeAway), WriteGate::kOpen) << "what frees space goes on";
}

TEST_F(ReasonsOfTheStore, ASyncThatIsLate) {
  StoreOptions options = TinyOptions();
  options.durability = Durability::kEverySecond;
  Open(options);
  env().StallSyncs(".wal", 10'000);
  world_->Put("key", "value");
  store().Kick();
  env().RunForMs(1100);
  store().Tick();
  env().RunForMs(1000);
  EXPECT_EQ(store().Admit(100, Intent::kAdd), WriteGate::kLater);
  EXPECT_EQ(store().held_for(), HeldFor::kLogSync);
}

TEST_F(ReasonsOfTheStore, MemoryOfTheLog) {
  StoreOptions options = TinyOptions();
  options.log_group_bytes = 1000;
  Open(options);
  env().StallSyncs(".wal", 10'000);
  WriteUntilHeld(0);
  EXPECT_EQ(store().held_for(), HeldFor::kLogMemory);
}

// A quarter of a memtable may be written before the disk is asked, and as much until it answers.
TEST_F(ReasonsOfTheStore, TheDiskThatIsToBeAskedWhatIsLeft) {
  StoreOptions options = TinyOptions();
  options.memtable_bytes = 64 << 10;
  options.log_segment_bytes = 1 << 20;
  Open(options);
  Block(Lane::kLog);
  WriteUntilHeld(0);
  EXPECT_EQ(store().held_for(), HeldFor::kSpace);
}

}  // namespace
}  // namespace cordwood::storage

// A batch that is inserted with pauses: who reads what is visible, or at a snapshot, sees no part
// of it.

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "storage/reader.h"
#include "storage/write_batch.h"
#include "tests/storage/store/store_world.h"

namespace cordwood::storage {
namespace {

constexpr int kEntries = 1000;

std::string KeyOf(int i) { return "key:" + std::to_string(i); }

TEST(StorePauses, NothingIsSeenBeforeAllOfItIsThere) {
  StoreWorld world(1, TinyOptions());
  ASSERT_TRUE(world.Open());
  world.Put(KeyOf(0), "old");
  world.Put("other", "old");
  world.store().Kick();
  world.env().RunUntilIdle();
  Reader reader(world.store());
  const auto look = [&](View view, std::string_view first, bool has_last) {
    EXPECT_EQ(**view.Get(KeyOf(0)), first);
    EXPECT_EQ((*view.Get(KeyOf(kEntries - 1))).has_value(), has_last);
    VisibleIterator walk = view.NewIterator("key:", "key;");
    int walked = 0;
    for (walk.Seek("key:"); walk.Valid(); walk.Next()) ++walked;
    EXPECT_EQ(walked, has_last ? kEntries : 1);
  };
  WriteBatch batch;
  for (int i = 0; i < kEntries; ++i) batch.Put(KeyOf(i), std::string(100, 'n'));
  const Seq before = world.store().last_seq();
  const std::unique_ptr<Snapshot> snapshot = world.store().TakeSnapshot();
  int pauses = 0;
  const Result<Seq> written = world.store().Write(batch, [&] {
    ++pauses;
    EXPECT_EQ(world.store().last_seq(), before);
    look(reader.At(*snapshot, Tier::kMayBlock), "old", false);
    look(reader.Visible(Tier::kMayBlock), "old", false);
    // What wants to switch memtables has to wait.
    world.store().Tick();
    EXPECT_EQ(world.store().Stats().immutable_memtables, 0u);
    world.env().RunForMs(1);
  });
  ASSERT_TRUE(written.has_value());
  EXPECT_GT(pauses, 10);
  EXPECT_EQ(world.store().last_seq(), before + kEntries);
  look(reader.Newest(Tier::kMayBlock), std::string(100, 'n'), true);
  look(reader.Visible(Tier::kMayBlock), "old", false);
  world.store().Kick();
  world.env().RunUntilIdle();
  look(reader.Visible(Tier::kMayBlock), std::string(100, 'n'), true);
}

}  // namespace
}  // namespace cordwood::storage

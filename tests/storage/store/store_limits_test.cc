// What Store::Write refuses, and that nothing behind it refuses what it took.

#include <gtest/gtest.h>

#include <string>

#include "storage/limits.h"
#include "tests/storage/store/store_world.h"

namespace cordwood::storage {
namespace {

constexpr uint64_t kKey = 4000;
constexpr uint64_t kEntry = 40'000;
constexpr uint64_t kBatch = 200'000;  // a few segments

StoreOptions LimitedOptions() {
  StoreOptions options = TinyOptions();
  options.write_limits = {.key_bytes = kKey, .entry_bytes = kEntry, .batch_bytes = kBatch};
  return options;
}

class StoreLimits : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(world_.Open()); }

  void MustRefuse(const WriteBatch& batch, const std::string& what) {
    const Seq last_seq = world_.store().last_seq();
    const StoreStats before = world_.store().Stats();
    const Result<Seq> written = world_.store().Write(batch);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code(), ErrorCode::kTooLarge);
    EXPECT_TRUE(written.error().message().starts_with(what)) << written.error().message();
    world_.store().Kick();
    world_.env().RunUntilIdle();
    EXPECT_EQ(world_.store().last_seq(), last_seq);
    const StoreStats after = world_.store().Stats();
    EXPECT_EQ(after.memtable_bytes, before.memtable_bytes);
    EXPECT_EQ(after.log.bytes_written, before.log.bytes_written);
    EXPECT_TRUE(world_.store().failure());
    world_.Put("next", "goes on");
    world_.Sync();
  }

  StoreWorld world_{1, LimitedOptions()};
};

TEST_F(StoreLimits, AKeyThatIsTooLongIsRefused) {
  const std::string key(kKey + 1, 'k');
  for (const bool is_put : {true, false}) {
    WriteBatch batch;
    if (is_put) batch.Put(key, "v");
    if (!is_put) batch.Delete(key);
    MustRefuse(batch, "key is too long: 4001 bytes where 4000 are allowed");
  }
}

TEST_F(StoreLimits, BoundsOfARangeAreKeys) {
  const std::string key(kKey + 1, 'k');
  WriteBatch begins;
  begins.DropRange(key, "z");
  MustRefuse(begins, "key is too long");
  WriteBatch ends;
  ends.DropRange("a", key);
  MustRefuse(ends, "key is too long");
}

TEST_F(StoreLimits, AnEntryThatIsTooLargeIsRefused) {
  WriteBatch batch;
  batch.Put("fits", "v");
  batch.Put("key", std::string(kEntry - 2, 'v'));
  MustRefuse(batch, "key and value are too large: 40001 bytes where 40000 are allowed");
}

TEST_F(StoreLimits, ANoteThatIsTooLargeIsRefused) {
  WriteBatch batch;
  batch.Note(std::string(kEntry + 1, 'n'));
  MustRefuse(batch, "key and value are too large");
}

TEST_F(StoreLimits, ABatchThatIsTooLargeIsRefused) {
  WriteBatch batch;
  for (int i = 0; i < 6; ++i) batch.Put("key" + std::to_string(i), std::string(kEntry - 10, 'v'));
  MustRefuse(batch, "one write is too large: ");
}

TEST_F(StoreLimits, ABatchThatIsEmptiedIsSmall) {
  WriteBatch batch;
  batch.Put(std::string(kKey + 1, 'k'), "v");
  batch.Clear();
  batch.Put("k", "v");
  EXPECT_TRUE(world_.store().Write(batch));
}

// Log, memtable, flush, merge and recovery take whatever Write took, at any later limit.
TEST_F(StoreLimits, WhatIsJustNotTooLargeIsTakenForGood) {
  const std::string longest(kKey, 'k');
  const std::string largest(kEntry - kKey, 'v');
  world_.Put(longest, largest);
  for (int i = 0; i < 4; ++i) world_.Put("key" + std::to_string(i), std::string(kEntry - 4, 'v'));
  world_.Sync();
  world_.Kill();
  ASSERT_TRUE(world_.Open()) << "replayed";
  bool done = false;
  world_.store().CompactEverything([&] { done = true; });
  world_.env().RunUntilIdle();
  EXPECT_TRUE(done);
  world_.CheckReads();
  ASSERT_TRUE(world_.Close());
  StoreOptions smaller = LimitedOptions();
  smaller.write_limits = {.key_bytes = 100, .entry_bytes = 100, .batch_bytes = 100};
  const Result<std::unique_ptr<Store>> store = Store::Open(world_.env(), "data", smaller);
  ASSERT_TRUE(store) << store.error().message();
}

TEST(WriteLimits, AreThoseOfTheFormatsUnlessATestAsksForLess) {
  EXPECT_TRUE(WriteLimits().fit_the_formats());
  EXPECT_FALSE(WriteLimits{.entry_bytes = kEntryBytesMax + 1}.fit_the_formats());
  EXPECT_TRUE(WriteLimits().Check(
      {.key_bytes = kKeyBytesMax, .entry_bytes = kEntryBytesMax, .batch_bytes = kBatchBytesMax}));
  EXPECT_FALSE(WriteLimits().Check({.key_bytes = kKeyBytesMax + 1}));
  EXPECT_FALSE(WriteLimits().Check({.entry_bytes = kEntryBytesMax + 1}));
  EXPECT_FALSE(WriteLimits().Check({.batch_bytes = kBatchBytesMax + 1}));
}

}  // namespace
}  // namespace cordwood::storage

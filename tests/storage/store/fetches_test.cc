#include "storage/fetches.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/storage/store/store_world.h"

namespace cordwood::storage {
namespace {

constexpr uint64_t kReadMs = 10;
constexpr uint64_t kNsPerMs = 1'000'000;
const std::vector<std::string> kNames = {"a", "b", "c"};

// A store with each key in a table of its own, none of them in the cache, and slow reads.
class FetchesTest : public testing::Test {
 protected:
  void Fill(size_t value_bytes) {
    ASSERT_TRUE(world_.Open());
    for (const std::string& key : kNames) {
      world_.Put(key, std::string(value_bytes, key.front()));
      world_.Sync();
    }
    world_.env().RunUntilIdle();
    world_.env().StallReads(".sst", kReadMs);
  }

  std::vector<BlockRef> BlockOf(const std::string& key) {
    std::vector<BlockRef> missing;
    for (const storage::Run& run : world_.store().versions().tree()->runs()) {
      for (const Fragment& fragment : run.fragments) {
        const auto found = (*fragment.file->Open())
                               ->Get(key, kMaxSeq, {.tier = Tier::kCacheOnly, .missing = &missing});
        EXPECT_TRUE(found || found.error().code() == ErrorCode::kCold);
      }
    }
    EXPECT_EQ(missing.size(), 1u) << key;
    return missing;
  }

  // Fetches the blocks of all keys at once; when each was there, from then on, and whether.
  std::vector<uint64_t> FetchAll() {
    std::vector<uint64_t> ends;
    good_ = 0;
    const uint64_t start = world_.env().MonotonicNs();
    for (const std::string& key : kNames) {
      world_.store().Fetch(BlockOf(key), [&, start](FetchedBlocks fetched) {
        ends.push_back((world_.env().MonotonicNs() - start) / kNsPerMs);
        if (fetched.status && fetched.pins.size() == 1) ++good_;
      });
    }
    world_.env().RunUntilIdle();
    EXPECT_EQ(ends.size(), kNames.size());
    return ends;
  }

  StoreWorld world_{1, {.memtable_bytes = 1}};
  size_t good_ = 0;
};

TEST_F(FetchesTest, LargeBlocksAreReadOneAtATime) {
  Fill(2 << 20);
  const std::vector<uint64_t> ends = FetchAll();
  EXPECT_EQ(good_, kNames.size());
  for (size_t i = 1; i < ends.size(); ++i) EXPECT_GE(ends[i], ends[i - 1] + kReadMs);
}

TEST_F(FetchesTest, SmallOnesAreReadSideBySide) {
  Fill(100);
  const std::vector<uint64_t> ends = FetchAll();
  EXPECT_EQ(good_, kNames.size());
  EXPECT_LT(ends[1], ends[0] + kReadMs);
}

TEST_F(FetchesTest, OneThatFailsLetsTheNextOneHaveItsTurn) {
  Fill(2 << 20);
  world_.env().FailNext(support::SimOp::kRead, ".sst", ErrorCode::kIo);
  FetchAll();
  EXPECT_EQ(good_, kNames.size() - 1);
  // And the turn is free again.
  std::optional<bool> good;
  world_.store().Fetch(BlockOf(kNames.front()),
                       [&](const FetchedBlocks& fetched) { good = fetched.status.has_value(); });
  world_.env().RunUntilIdle();
  EXPECT_EQ(good, true);
}

}  // namespace
}  // namespace cordwood::storage

#include "storage/table/block_cache.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "storage/table/block_builder.h"
#include "tests/storage/table/entry_model.h"
#include "tests/support/heap_meter.h"
#include "tests/support/seeds.h"

namespace cordwood::storage {
namespace {

constexpr size_t kBlockBytes = 1000;
/// A block with what it takes to keep it is below this.
constexpr uint64_t kChargeMax = 1500;

Block MakeBlock(const std::string& value, size_t bytes = kBlockBytes) {
  BlockBuilder builder;
  builder.Add("key", PackTrailer(1, Tag{}), value + std::string(bytes, '.'));
  const std::string_view contents = builder.Finish();
  auto owner = std::make_unique<char[]>(contents.size());
  contents.copy(owner.get(), contents.size());
  const std::string_view view(owner.get(), contents.size());
  return *Block::Parse(view, std::move(owner));
}

bool Holds(const BlockCache::Pin& pin, const std::string& value) {
  Block::Hit hit;
  return pin && pin->Find("key", ~uint64_t{0}, &hit) == Block::Answer::kFound &&
         hit.value.starts_with(value);
}

TEST(BlockCache, FindsWhatWasInsertedUnderItsFileAndOffsetOnly) {
  BlockCache cache(1 << 20);
  cache.Insert({.file_number = 1, .offset = 2}, MakeBlock("a"));
  cache.Insert({.file_number = 2, .offset = 1}, MakeBlock("b"));
  EXPECT_TRUE(Holds(cache.Lookup({.file_number = 1, .offset = 2}), "a"));
  EXPECT_TRUE(Holds(cache.Lookup({.file_number = 2, .offset = 1}), "b"));
  EXPECT_FALSE(cache.Lookup({.file_number = 1, .offset = 1}));
  const BlockCache::Stats stats = cache.stats();
  EXPECT_EQ(stats.hits, 2u);
  EXPECT_EQ(stats.misses, 1u);
  EXPECT_EQ(stats.inserts, 2u);
  EXPECT_EQ(stats.blocks, 2u);
  EXPECT_EQ(stats.pinned_bytes, 0u);
  EXPECT_GE(stats.used_bytes, 2 * kBlockBytes);
}

TEST(BlockCache, TheSecondOfTwoInsertsGetsTheFirstBlock) {
  BlockCache cache(1 << 20);
  const BlockCache::Pin first = cache.Insert({.file_number = 1}, MakeBlock("first"));
  const BlockCache::Pin second = cache.Insert({.file_number = 1}, MakeBlock("second"));
  EXPECT_EQ(&*first, &*second);
  EXPECT_EQ(cache.stats().blocks, 1u);
}

TEST(BlockCache, APinnedBlockOutlastsAnyNumberOfOthers) {
  BlockCache cache(20 * kChargeMax, 1);
  const BlockCache::Pin pin = cache.Insert({.file_number = 1}, MakeBlock("pinned"));
  for (uint64_t i = 0; i < 1000; ++i) {
    cache.Insert({.file_number = 2, .offset = i}, MakeBlock("other"));
  }
  EXPECT_TRUE(Holds(pin, "pinned"));
  EXPECT_EQ(&*cache.Lookup({.file_number = 1}), &*pin);
  EXPECT_GT(cache.stats().evictions, 900u);
}

TEST(BlockCache, PinsMayExceedTheCapacityAndAreTrimmedWhenLetGo) {
  BlockCache cache(10 * kChargeMax, 1);
  std::vector<BlockCache::Pin> pins;
  for (uint64_t i = 0; i < 40; ++i) {
    pins.push_back(cache.Insert({.file_number = 1, .offset = i}, MakeBlock("x")));
  }
  EXPECT_EQ(cache.stats().blocks, 40u);
  EXPECT_GT(cache.stats().used_bytes, 10 * kChargeMax);
  EXPECT_EQ(cache.stats().pinned_bytes, cache.stats().used_bytes);
  pins.clear();
  EXPECT_LE(cache.stats().used_bytes, 10 * kChargeMax);
  EXPECT_EQ(cache.stats().pinned_bytes, 0u);
}

TEST(BlockCache, ManyPinnedBlocksAreNotWalkedPastAgainAndAgain) {
  constexpr uint64_t kBlocks = 2000;
  BlockCache cache(10 * kChargeMax, 1);
  std::vector<BlockCache::Pin> pins;
  for (uint64_t i = 0; i < kBlocks; ++i) {
    pins.push_back(cache.Insert({.file_number = 1, .offset = i}, MakeBlock("x")));
  }
  for (uint64_t i = 0; i < kBlocks; ++i) {
    EXPECT_TRUE(cache.Lookup({.file_number = 1, .offset = i})) << i;
  }
  while (pins.size() > kBlocks / 2) pins.pop_back();
  EXPECT_EQ(cache.stats().pinned_bytes, cache.stats().used_bytes);
  pins.clear();
  EXPECT_LE(cache.stats().used_bytes, 10 * kChargeMax);
  EXPECT_EQ(cache.stats().pinned_bytes, 0u);
  // Parked once, then three chances and the eviction.
  EXPECT_LE(cache.stats().examined, 5 * kBlocks);
}

TEST(BlockCache, ABlockThatIsReadOftenSurvivesAScan) {
  BlockCache cache(20 * kChargeMax, 1);
  cache.Insert({.file_number = 1}, MakeBlock("hot"));
  for (uint64_t i = 0; i < 1000; ++i) {
    EXPECT_TRUE(cache.Lookup({.file_number = 1})) << i;
    cache.Insert({.file_number = 2, .offset = i}, MakeBlock("scan"));
  }
}

TEST(BlockCache, ABlockLargerThanAShardIsThereWhilePinnedAndPushesNobodyOut) {
  BlockCache cache(10 * kChargeMax, 1);
  for (uint64_t i = 0; i < 5; ++i) {
    cache.Insert({.file_number = 1, .offset = i}, MakeBlock("small"));
  }
  BlockCache::Pin giant = cache.Insert({.file_number = 2}, MakeBlock("giant", 50 * kChargeMax));
  EXPECT_TRUE(Holds(cache.Lookup({.file_number = 2}), "giant"));
  cache.Insert({.file_number = 1, .offset = 5}, MakeBlock("small"));
  EXPECT_GT(cache.stats().used_bytes, 50 * kChargeMax);
  giant = BlockCache::Pin();
  EXPECT_FALSE(cache.Lookup({.file_number = 2}));
  for (uint64_t i = 0; i < 6; ++i) {
    EXPECT_TRUE(cache.Lookup({.file_number = 1, .offset = i})) << i;
  }
}

TEST(BlockCache, AnOwnedPinNeedsNoCache) {
  BlockCache::Pin pin = BlockCache::Pin::Own(MakeBlock("own"));
  EXPECT_TRUE(Holds(pin, "own"));
  const BlockCache::Pin moved = std::move(pin);
  EXPECT_TRUE(Holds(moved, "own"));
}

TEST(BlockCache, ChangingTheCapacityTrimsAndKeepsTheRest) {
  BlockCache cache(100 * kChargeMax, 4);
  for (uint64_t i = 0; i < 90; ++i) {
    cache.Insert({.file_number = 1, .offset = i}, MakeBlock(std::to_string(i) + " "));
  }
  cache.SetCapacity(20 * kChargeMax);
  EXPECT_LE(cache.stats().used_bytes, 20 * kChargeMax);
  EXPECT_GT(cache.stats().blocks, 10u);
  cache.SetCapacity(1000 * kChargeMax);
  uint64_t found = 0;
  for (uint64_t i = 0; i < 90; ++i) {
    const BlockCache::Pin pin = cache.Lookup({.file_number = 1, .offset = i});
    if (!pin) continue;
    ++found;
    EXPECT_TRUE(Holds(pin, std::to_string(i) + " "));
  }
  EXPECT_EQ(found, cache.stats().blocks);
}

TEST(BlockCache, NeverHoldsMoreThanItsCapacityAndWhatIsPinned) {
  for (const uint64_t seed : support::Seeds(10, 200)) {
    SCOPED_TRACE("CORDWOOD_SEED=" + std::to_string(seed));
    Random random(seed);
    const uint64_t capacity = kChargeMax * (1 + random.Below(40));
    BlockCache cache(capacity, 1 << random.Below(3));
    std::vector<BlockCache::Pin> pins(10);
    for (int i = 0; i < 3000; ++i) {
      const BlockKey key{.file_number = random.Below(3), .offset = random.Below(100)};
      const std::string value = std::to_string(key.file_number * 1000 + key.offset) + " ";
      BlockCache::Pin pin = cache.Lookup(key);
      if (!pin) pin = cache.Insert(key, MakeBlock(value, 10 + random.Below(3000)));
      ASSERT_TRUE(Holds(pin, value));
      if (random.OneIn(3)) pins[random.Below(pins.size())] = std::move(pin);
      pin = BlockCache::Pin();
      const BlockCache::Stats stats = cache.stats();
      ASSERT_LE(stats.used_bytes, capacity + stats.pinned_bytes) << "step " << i;
    }
  }
}

TEST(BlockCache, ACapacityThatIsNotUsedTakesNoMemory) {
  const uint64_t before = support::HeapBytes();
  BlockCache cache(uint64_t{1} << 50);
  // It was a bucket for each 4 KiB of capacity.
  EXPECT_LT(support::HeapBytes() - before, 64u << 10);
  cache.SetCapacity(UINT64_MAX);
  EXPECT_LT(support::HeapBytes() - before, 64u << 10);
}

TEST(BlockCache, ItsTablesFollowItsBlocks) {
  constexpr uint64_t kBlocks = 20'000;
  constexpr size_t kBytes = 100;
  BlockCache cache(1 << 30, 1);
  const uint64_t before = support::HeapBytes();
  for (uint64_t i = 0; i < kBlocks; ++i) {
    cache.Insert({.file_number = 1, .offset = i * 7919}, MakeBlock("x", kBytes));
    // Every step of the growth, and not only the powers of two.
    if (i < 300 || i % 1000 == 0) {
      for (uint64_t j = 0; j <= i; ++j) {
        ASSERT_TRUE(cache.Lookup({.file_number = 1, .offset = j * 7919})) << j << " of " << i;
      }
    }
  }
  EXPECT_EQ(cache.stats().blocks, kBlocks);
  // The buckets may have room for twice as many, and an allocator may keep a word of its own with
  // each of two pieces of memory.
  const uint64_t taken = support::HeapBytes() - before;
  EXPECT_LE(taken, cache.stats().used_bytes + kBlocks * 3 * sizeof(void*));
  EXPECT_GE(taken, cache.stats().used_bytes / 5 * 4);
  cache.SetCapacity(0);
  EXPECT_EQ(cache.stats().blocks, 0u);
  EXPECT_LT(support::HeapBytes(), before + (16 << 10));
  cache.SetCapacity(1 << 30);
  const auto pin = cache.Insert({.file_number = 1}, MakeBlock("again"));
  EXPECT_TRUE(Holds(cache.Lookup({.file_number = 1}), "again"));
}

}  // namespace
}  // namespace cordwood::storage

// Many threads on few blocks; under ThreadSanitizer a pin that does not hold shows.

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "base/random.h"
#include "storage/table/block_builder.h"
#include "storage/table/block_cache.h"

namespace cordwood::storage {
namespace {

Block MakeBlock(uint64_t number) {
  BlockBuilder builder;
  builder.Add("key", PackTrailer(number, Tag{}), std::string(1000, 'v'));
  const std::string_view contents = builder.Finish();
  auto owner = std::make_unique<char[]>(contents.size());
  contents.copy(owner.get(), contents.size());
  const std::string_view view(owner.get(), contents.size());
  return *Block::Parse(view, std::move(owner));
}

void UseCache(BlockCache& cache, uint64_t seed) {
  Random random(seed);
  std::vector<BlockCache::Pin> pins(4);
  for (int i = 0; i < 5000; ++i) {
    const BlockKey key{.file_number = 1, .offset = random.Below(60)};
    BlockCache::Pin pin = cache.Lookup(key);
    if (!pin) pin = cache.Insert(key, MakeBlock(key.offset));
    Block::Hit hit;
    ASSERT_EQ(pin->Find("key", ~uint64_t{0}, &hit), Block::Answer::kFound);
    ASSERT_EQ(TrailerSeq(hit.trailer), key.offset);
    pins[random.Below(pins.size())] = std::move(pin);
    if (random.OneIn(1000)) cache.SetCapacity((10 + random.Below(40)) * 1500);
  }
}

TEST(BlockCacheConcurrency, EveryThreadReadsTheBlockItAskedForAndTheBoundHolds) {
  BlockCache cache(30'000, 2);
  {
    std::vector<std::jthread> threads;
    for (uint64_t seed = 1; seed <= 4; ++seed) {
      threads.emplace_back([&cache, seed] { UseCache(cache, seed); });
    }
  }
  cache.SetCapacity(15'000);
  EXPECT_LE(cache.stats().used_bytes, 15'000u);
  EXPECT_EQ(cache.stats().pinned_bytes, 0u);
  EXPECT_EQ(cache.stats().hits + cache.stats().misses, 20'000u);
}

}  // namespace
}  // namespace cordwood::storage

// One table, many threads, a cache too small for it; under ThreadSanitizer a shared state that
// should be none shows.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/posix_env.h"
#include "storage/table/table.h"
#include "tests/storage/table/entry_model.h"
#include "tests/support/temp_dir.h"

namespace cordwood::storage {
namespace {

constexpr uint64_t kKeys = 2000;

std::string KeyOf(uint64_t i) { return "key" + std::to_string(10'000 + i); }

void Read(const Table& table, uint64_t seed) {
  Random random(seed);
  for (int i = 0; i < 1000; ++i) {
    const uint64_t number = random.Below(kKeys);
    const auto found = table.Get(KeyOf(number), kMaxSeq, {});
    ASSERT_TRUE(found && found->has_value());
    ASSERT_EQ((*found)->value, std::to_string(number));
  }
  const auto iterator = table.NewIterator({.fill_cache = random.OneIn(2)});
  uint64_t number = 0;
  for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next(), ++number) {
    ASSERT_EQ(iterator->value(), std::to_string(number));
  }
  ASSERT_TRUE(iterator->status());
  ASSERT_EQ(number, kKeys);
}

TEST(TableConcurrency, AnyNumberOfThreadsReadsOneTable) {
  const support::TempDir dir;
  const std::unique_ptr<Env> env = NewPosixEnv();
  EntryModel model;
  for (uint64_t i = 0; i < kKeys; ++i) {
    model[{KeyOf(i), PackTrailer(1, Tag{})}] = std::to_string(i);
  }
  BuildTable(*env, dir / "000012.sst", 12, model, {.block_bytes = 500, .compress = true});
  BlockCache cache(10'000, 1);
  const auto table = Table::Open(*env, dir / "000012.sst", 12, &cache);
  ASSERT_TRUE(table);
  std::vector<std::jthread> threads;
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    threads.emplace_back([&table, seed] { Read(**table, seed); });
  }
  threads.clear();
  EXPECT_EQ(cache.stats().pinned_bytes, 0u);
  EXPECT_LE(cache.stats().used_bytes, 10'000u);
}

}  // namespace
}  // namespace cordwood::storage

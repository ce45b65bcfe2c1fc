#include "storage/table/table.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/storage/table/entry_model.h"
#include "tests/support/seeds.h"
#include "tests/support/sim_env.h"

namespace cordwood::storage {
namespace {

using support::SimEnv;

constexpr Tag kPutTag{.is_put = true};
constexpr ReadOptions kPastCache{.tier = Tier::kMayBlock, .fill_cache = false};

TableBuilderOptions RandomOptions(Random& random) {
  return {.block_bytes = static_cast<uint32_t>(50 + random.Below(1000)),
          .bloom_bits_per_key = random.OneIn(4) ? 0 : 10u,
          .compress = random.OneIn(2)};
}

std::unique_ptr<Table> OpenTable(Env& env, const std::string& path, uint64_t number,
                                 BlockCache* cache) {
  Result<std::unique_ptr<Table>> table = Table::Open(env, path, number, cache);
  EXPECT_TRUE(table) << table.error().message();
  return table ? std::move(*table) : nullptr;
}

TEST(Table, GetAgreesWithAModel) {
  for (const uint64_t seed : support::Seeds(30, 1000)) {
    SCOPED_TRACE("CORDWOOD_SEED=" + std::to_string(seed));
    Random random(seed);
    SimEnv env(seed);
    const EntryModel model = RandomModel(random, static_cast<int>(random.Below(800)));
    BuildTable(env, "000012.sst", 12, model, RandomOptions(random));
    BlockCache cache(random.Below(100'000), 1);
    const auto table = OpenTable(env, "000012.sst", 12, random.OneIn(4) ? nullptr : &cache);
    for (int i = 0; i < 1000; ++i) {
      const std::string key = RandomKey(random);
      const Seq at_most = random.OneIn(5) ? kMaxSeq : random.Below(320);
      const auto expected = FindInModel(model, key, at_most);
      const auto found = table->Get(key, at_most, {.fill_cache = random.OneIn(2)});
      ASSERT_TRUE(found) << found.error().message();
      ASSERT_EQ(found->has_value(), expected != model.end());
      if (!found->has_value()) continue;
      ASSERT_EQ(PackTrailer((*found)->seq, (*found)->tag), expected->first.second);
      ASSERT_EQ((*found)->value, expected->second);
      ASSERT_TRUE(table->MayContain(key));
    }
  }
}

TEST(Table, IteratorsAgreeWithAModelInBothDirections) {
  for (const uint64_t seed : support::Seeds(30, 1000)) {
    SCOPED_TRACE("CORDWOOD_SEED=" + std::to_string(seed));
    Random random(seed);
    SimEnv env(seed);
    const EntryModel model = RandomModel(random, static_cast<int>(random.Below(800)));
    BuildTable(env, "000012.sst", 12, model, RandomOptions(random));
    BlockCache cache(random.Below(100'000), 1);
    const auto table = OpenTable(env, "000012.sst", 12, &cache);
    for (const ReadOptions& options : {ReadOptions{}, kPastCache}) {
      const auto iterator = table->NewIterator(options);
      ASSERT_NO_FATAL_FAILURE(ExpectSameEntries(*iterator, model));
      ASSERT_NO_FATAL_FAILURE(ExpectSameWalk(*iterator, model, random, 700));
    }
    ASSERT_TRUE(table->VerifyAll());
  }
}

TEST(Table, KnowsItsPropertiesAndDeadRanges) {
  SimEnv env(1);
  Random random(1);
  const EntryModel model = RandomModel(random, 300);
  const TableProperties written =
      BuildTable(env, "000012.sst", 12, model, {}, [](TableBuilder& builder) {
        builder.AddDeadRange({.begin = "b", .end = "c", .seq = 70});
        builder.AddDeadRange({.begin = "x", .end = "", .seq = 71});
      });
  const auto table = OpenTable(env, "000012.sst", 12, nullptr);
  EXPECT_EQ(table->properties(), written);
  EXPECT_EQ(table->properties().entries, model.size());
  EXPECT_EQ(table->properties().smallest_key, model.begin()->first.first);
  EXPECT_EQ(table->properties().largest_key, model.rbegin()->first.first);
  ASSERT_EQ(table->dead_ranges().size(), 2u);
  EXPECT_EQ(table->dead_ranges()[0].begin, "b");
  EXPECT_EQ(table->dead_ranges()[0].end, "c");
  EXPECT_EQ(table->dead_ranges()[1].end, "");
  EXPECT_EQ(table->dead_ranges()[1].seq, 71u);
  EXPECT_GT(table->memory_bytes(), 300u);
}

TEST(Table, MayHoldDeadRangesAlone) {
  SimEnv env(1);
  BuildTable(env, "000012.sst", 12, {}, {}, [](TableBuilder& builder) {
    builder.AddDeadRange({.begin = "b", .end = "c", .seq = 70});
  });
  const auto table = OpenTable(env, "000012.sst", 12, nullptr);
  EXPECT_EQ(table->properties().entries, 0u);
  EXPECT_EQ(table->dead_ranges().size(), 1u);
  EXPECT_FALSE(table->Get("b", kMaxSeq, {})->has_value());
  const auto iterator = table->NewIterator({});
  ASSERT_NO_FATAL_FAILURE(ExpectSameEntries(*iterator, {}));
  iterator->Seek("b", 0);
  EXPECT_FALSE(iterator->Valid());
  EXPECT_TRUE(table->VerifyAll());
}

TEST(Table, FindsEveryVersionOfAKeyThatSpansManyBlocks) {
  SimEnv env(1);
  EntryModel model;
  model[{"a", PackTrailer(1, kPutTag)}] = "before";
  for (Seq seq = 1; seq <= 500; ++seq) {
    model[{"hot", PackTrailer(2 * seq, kPutTag)}] = "version " + std::to_string(2 * seq);
  }
  model[{"z", PackTrailer(1, kPutTag)}] = "behind";
  BuildTable(env, "000012.sst", 12, model, {.block_bytes = 200});
  BlockCache cache(1 << 20);
  const auto table = OpenTable(env, "000012.sst", 12, &cache);
  ASSERT_GT(table->properties().data_blocks, 20u);
  for (Seq seq = 2; seq <= 1001; ++seq) {
    const auto found = table->Get("hot", seq, {});
    ASSERT_TRUE(found && found->has_value());
    ASSERT_EQ((*found)->value, "version " + std::to_string(seq / 2 * 2));
    const auto iterator = table->NewIterator({});
    iterator->Seek("hot", SeekTrailer(seq));
    ASSERT_TRUE(iterator->Valid());
    ASSERT_EQ(iterator->value(), (*found)->value);
  }
  EXPECT_FALSE(table->Get("hot", 1, {})->has_value());
  ASSERT_TRUE(table->VerifyAll());
}

TEST(Table, AFoundValueLivesAsLongAsItsPin) {
  SimEnv env(1);
  const std::string long_value(101, 'a');
  EntryModel model;
  for (int i = 0; i < 200; ++i) {
    model[{"key" + std::to_string(i), PackTrailer(1, kPutTag)}] = long_value;
  }
  BuildTable(env, "000012.sst", 12, model, {.block_bytes = 200});
  BlockCache cache(600, 1);
  const auto table = OpenTable(env, "000012.sst", 12, &cache);
  const auto kept = table->Get("key7", kMaxSeq, {});
  for (const auto& [key, value] : model) ASSERT_TRUE(table->Get(key.first, kMaxSeq, {}));
  ASSERT_TRUE(kept && kept->has_value());
  EXPECT_EQ((*kept)->value, long_value);
}

TEST(Table, MergesReadAheadAndLeaveTheCacheAlone) {
  SimEnv env(1);
  EntryModel model;
  for (int i = 0; i < 10'000; ++i) {
    model[{std::to_string(100'000 + i), PackTrailer(1, kPutTag)}] = std::string(90, 'x');
  }
  BuildTable(env, "000012.sst", 12, model, {});
  BlockCache cache(10 << 20);
  const auto table = OpenTable(env, "000012.sst", 12, &cache);
  const uint64_t calls_before = env.Calls();
  const auto iterator = table->NewIterator(kPastCache);
  ASSERT_NO_FATAL_FAILURE(ExpectSameEntries(*iterator, model));
  // A megabyte in pieces of 256 KiB, there and back.
  EXPECT_LE(env.Calls() - calls_before, 11u);
  EXPECT_EQ(cache.stats().inserts, 0u);
  EXPECT_EQ(cache.stats().misses, 0u);
}

TEST(Table, BytesInARangeAddUp) {
  SimEnv env(1);
  EntryModel model;
  for (int i = 0; i < 10'000; ++i) {
    model[{std::to_string(100'000 + i), PackTrailer(1, kPutTag)}] = std::string(90, 'x');
  }
  BuildTable(env, "000012.sst", 12, model, {});
  const auto table = OpenTable(env, "000012.sst", 12, nullptr);
  const uint64_t all = table->BytesIn("", std::nullopt);
  EXPECT_GT(all, 900'000u);
  EXPECT_LT(all, table->properties().file_bytes);
  const uint64_t first = table->BytesIn("", "102500");
  EXPECT_NEAR(static_cast<double>(first) / static_cast<double>(all), 0.25, 0.01);
  EXPECT_EQ(first + table->BytesIn("102500", "109000") + table->BytesIn("109000", std::nullopt),
            all);
  EXPECT_EQ(table->BytesIn("2", std::nullopt), 0u);
  EXPECT_EQ(table->BytesIn("109000", "102500"), 0u);
}

TEST(Table, OpenSaysWhatIsMissing) {
  SimEnv env(1);
  EXPECT_EQ(Table::Open(env, "000012.sst", 12, nullptr).error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace cordwood::storage

#include "pipeline/info/memory_budget.h"

#include <gtest/gtest.h>

namespace cordwood::pipeline {
namespace {

constexpr uint64_t kMb = 1 << 20;
constexpr uint64_t kMemtables = 5;

TEST(MemoryBudget, IsMaxmemoryOrHalfOfWhatThereIs) {
  config::Config config;
  EXPECT_EQ(MemoryBudget(config, 1000 * kMb), 500 * kMb);
  config.maxmemory = 300 * kMb;
  EXPECT_EQ(MemoryBudget(config, 1000 * kMb), 300 * kMb);
}

TEST(MemoryBudget, IsSharedOutAndNotExceeded) {
  const config::Config config;
  for (const uint64_t budget : {16 * kMb, 64 * kMb, 256 * kMb, 1000 * kMb, 64'000 * kMb}) {
    const storage::StoreOptions options = StoreOptionsFor(config, budget);
    const uint64_t memtables = kMemtables * options.memtable_bytes;
    EXPECT_LE(memtables, budget / 3) << budget;
    EXPECT_LE(options.memtable_bytes, static_cast<uint64_t>(config.memtable_size)) << budget;
    EXPECT_GE(options.block_cache_bytes, budget / 3) << budget;
    // A quarter stays for filters, indexes and clients.
    EXPECT_LE(memtables + options.block_cache_bytes, budget - budget / 4) << budget;
  }
}

TEST(MemoryBudget, AMemtableIsAsLargeAsAskedForIfThereIsRoom) {
  config::Config config;
  config.memtable_size = 128 * kMb;
  EXPECT_EQ(StoreOptionsFor(config, 15 * 128 * kMb).memtable_bytes, 128 * kMb);
  EXPECT_EQ(StoreOptionsFor(config, 15 * 127 * kMb).memtable_bytes, 127 * kMb);
}

TEST(MemoryBudget, ATinyOneStillServes) {
  const storage::StoreOptions options = StoreOptionsFor({}, 1);
  EXPECT_EQ(options.memtable_bytes, 1 * kMb);
  EXPECT_EQ(options.block_cache_bytes, 4 * kMb);
  const RequestLimits limits = RequestLimitsFor({}, 1);
  EXPECT_EQ(limits.argument_bytes, 1 * kMb);
  EXPECT_EQ(limits.request_bytes, 2 * kMb);
  EXPECT_EQ(limits.reply_bytes, 2 * kMb);
  EXPECT_EQ(KeyspaceOptionsFor({}, 1).overlay_bytes_max, 1 * kMb);
}

TEST(MemoryBudget, BoundsWhatMergesAndTheLogTakeForLargeValues) {
  const auto shares = [](uint64_t budget) { return StoreOptionsFor({}, budget); };
  EXPECT_EQ(shares(64 * kMb).merge_memory_bytes, 16 * kMb);
  EXPECT_EQ(shares(64 * kMb).log_group_bytes, 2 * kMb);
  EXPECT_EQ(shares(1).log_group_bytes, kMb / 4);
  EXPECT_EQ(shares(64'000 * kMb).log_group_bytes, 32 * kMb);
}

TEST(MemoryBudget, TheBlockCachesOwnOptionWins) {
  config::Config config;
  config.block_cache_size = 7 * kMb;
  EXPECT_EQ(StoreOptionsFor(config, 1000 * kMb).block_cache_bytes, 7 * kMb);
  EXPECT_EQ(StoreOptionsFor(config, 1).block_cache_bytes, 7 * kMb);
}

TEST(KeyspaceOptions, AreWhatTheOptionsSay) {
  config::Config config;
  config.databases = 3;
  config.collection_max_inline_bytes = 100;
  config.hash_max_listpack_entries = 5;
  config.hash_max_listpack_value = 7;
  config.set_max_intset_entries = 11;
  config.set_max_listpack_entries = 12;
  config.set_max_listpack_value = 13;
  config.zset_max_listpack_entries = 14;
  config.zset_max_listpack_value = 15;
  config.list_max_listpack_size = -5;
  const keyspace::KeyspaceOptions options = KeyspaceOptionsFor(config, 256 * kMb);
  EXPECT_EQ(options.databases, 3);
  EXPECT_EQ(options.inline_bytes_max, 100U);
  EXPECT_EQ(options.hash_listpack_entries, 5U);
  EXPECT_EQ(options.hash_listpack_value_bytes, 7U);
  EXPECT_EQ(options.set_intset_entries, 11U);
  EXPECT_EQ(options.set_listpack_entries, 12U);
  EXPECT_EQ(options.set_listpack_value_bytes, 13U);
  EXPECT_EQ(options.sorted_set_listpack_entries, 14U);
  EXPECT_EQ(options.sorted_set_listpack_value_bytes, 15U);
  EXPECT_EQ(options.list_listpack_size, -5);
  EXPECT_EQ(options.overlay_bytes_max, 16 * kMb);
  EXPECT_EQ(options.reported_events, 0U);
}

TEST(KeyspaceOptions, NameTheEventsThatSomebodyCanBeToldOf) {
  const auto reported = [](std::string_view text) {
    config::Config config;
    config.notify_keyspace_events = *config::ParseKeyspaceEvents(text);
    return KeyspaceOptionsFor(config, 256 * kMb).reported_events;
  };
  EXPECT_EQ(reported("Kgx"), keyspace::EventsOf("gx"));
  EXPECT_EQ(reported("EAmn"), keyspace::EventsOf(keyspace::kEventLetters));
  EXPECT_EQ(reported("gx"), 0U);
  EXPECT_EQ(reported("KE"), 0U);
}

TEST(MemoryBudget, BoundsRequests) {
  const RequestLimits limits = RequestLimitsFor({}, 256 * kMb);
  EXPECT_EQ(limits.argument_bytes, 32 * kMb);
  EXPECT_EQ(limits.request_bytes, 64 * kMb);
  EXPECT_EQ(limits.reply_bytes, 64 * kMb);
}

TEST(MemoryBudget, LeavesRequestsAloneThatItHolds) {
  config::Config config;
  config.proto_max_bulk_len = 5 * kMb;
  config.client_query_buffer_limit = 7 * kMb;
  const RequestLimits limits = RequestLimitsFor(config, 4096 * kMb);
  EXPECT_EQ(limits.argument_bytes, 5 * kMb);
  EXPECT_EQ(limits.request_bytes, 7 * kMb);
  EXPECT_EQ(limits.reply_bytes, 10 * kMb);
}

TEST(MemoryBudget, ThatTheMachineDoesNotHaveIsRefusedWithItsBound) {
  config::Config config;
  EXPECT_FALSE(FindConflict(config, 100 * kMb));
  config.maxmemory = 100 * kMb;
  EXPECT_FALSE(FindConflict(config, 100 * kMb));
  for (const int64_t bytes : {static_cast<int64_t>(100 * kMb + 1), INT64_MAX}) {
    config.maxmemory = bytes;
    const std::optional<OptionConflict> conflict = FindConflict(config, 100 * kMb);
    ASSERT_TRUE(conflict);
    EXPECT_EQ(conflict->option, "maxmemory");
    EXPECT_TRUE(conflict->reason.starts_with("argument must be at most 104857600, what this machi"))
        << conflict->reason;
  }
}

TEST(MemoryBudget, ABlockCacheThatItHasNoRoomForIsRefusedWithItsBound) {
  struct Case {
    uint64_t maxmemory;
    uint64_t memtable;
    uint64_t cache_max;
  };
  // What five memtables and a quarter leave, and never less than the smallest cache.
  for (const Case& each :
       {Case{960 * kMb, 32 * kMb, 560 * kMb}, Case{960 * kMb, 1 * kMb, 715 * kMb},
        Case{960 * kMb, 512 * kMb, 400 * kMb}, Case{1, 32 * kMb, 4 * kMb}}) {
    config::Config config;
    config.maxmemory = static_cast<int64_t>(each.maxmemory);
    config.memtable_size = static_cast<int64_t>(each.memtable);
    config.block_cache_size = static_cast<int64_t>(each.cache_max);
    EXPECT_FALSE(FindConflict(config, 1000 * kMb)) << each.cache_max;
    ++config.block_cache_size;
    const std::optional<OptionConflict> conflict = FindConflict(config, 1000 * kMb);
    ASSERT_TRUE(conflict) << each.cache_max;
    EXPECT_EQ(conflict->option, "block-cache-size");
    EXPECT_NE(conflict->reason.find(std::to_string(each.cache_max)), std::string::npos)
        << conflict->reason;
  }
}

TEST(MemoryBudget, TheOtherOptionsOfTheStoreComeFromTheConfiguration) {
  config::Config config;
  config.log_segment_size = 3 * kMb;
  config.compaction_threads = 7;
  config.max_disk = 5 * kMb;
  config.appendfsync = config::AppendFsync::kNo;
  const storage::StoreOptions options = StoreOptionsFor(config, 100 * kMb);
  EXPECT_EQ(options.log_segment_bytes, 3 * kMb);
  EXPECT_EQ(options.compaction_threads, 7u);
  EXPECT_EQ(options.max_disk_bytes, 5 * kMb);
  EXPECT_EQ(options.durability, storage::Durability::kNever);
}

}  // namespace
}  // namespace cordwood::pipeline

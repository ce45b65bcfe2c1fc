#include "pipeline/info/memory_budget.h"

#include <algorithm>

#include "base/format.h"

namespace cordwood::pipeline {
namespace {

// One memtable takes writes while up to four wait to be flushed.
constexpr uint64_t kMemtables = 5;
constexpr uint64_t kSmallestMemtable = 1 << 20;
constexpr uint64_t kSmallestCache = 4 << 20;
// Of the budget, for one argument and for one request. Whatever the budget, a megabyte is taken.
constexpr uint64_t kArgumentShare = 8;
constexpr uint64_t kRequestShare = 4;
// For all requests and replies under way.
constexpr uint64_t kClientShare = 4;
constexpr uint64_t kSmallestClients = 16 << 20;
constexpr uint64_t kSmallestArgument = 1 << 20;
constexpr uint64_t kSmallestRequest = 2 << 20;
// Of the budget, for the large entries of merges, and for what waits in the log.
constexpr uint64_t kMergeShare = 4;
// What is remembered of deleted stretches.
constexpr uint64_t kGapShare = 100;
constexpr uint64_t kLogGroupShare = 32;
constexpr uint64_t kSmallestLogGroup = 256 << 10;
constexpr uint64_t kLargestLogGroup = 32 << 20;
// A reply in one piece has room for so many of the longest arguments.
constexpr uint64_t kArgumentsInAReply = 2;
// Of the budget, for what a command copies: it is held four times on its way to the memtable.
constexpr uint64_t kCopyShare = 16;
constexpr uint64_t kSmallestCopy = 1 << 20;

uint64_t Unsigned(int64_t value) { return static_cast<uint64_t>(std::max<int64_t>(value, 0)); }

}  // namespace

uint64_t MemoryBudget(const config::Config& config, uint64_t available_bytes) {
  return config.maxmemory > 0 ? Unsigned(config.maxmemory) : available_bytes / 2;
}

storage::StoreOptions StoreOptionsFor(const config::Config& config, uint64_t budget_bytes) {
  storage::StoreOptions options;
  options.durability = DurabilityOf(config.appendfsync);
  options.log_segment_bytes = Unsigned(config.log_segment_size);
  options.memtable_bytes = std::max(
      kSmallestMemtable, std::min(Unsigned(config.memtable_size), budget_bytes / 3 / kMemtables));
  const uint64_t others = kMemtables * options.memtable_bytes + budget_bytes / 4;
  const uint64_t rest = budget_bytes > others ? budget_bytes - others : 0;
  options.block_cache_bytes = config.block_cache_size > 0 ? Unsigned(config.block_cache_size)
                                                          : std::max(kSmallestCache, rest);
  options.merge_memory_bytes = budget_bytes / kMergeShare;
  options.gap_bytes = budget_bytes / kGapShare;
  options.log_group_bytes =
      std::clamp(budget_bytes / kLogGroupShare, kSmallestLogGroup, kLargestLogGroup);
  options.compaction_threads = static_cast<uint32_t>(config.compaction_threads);
  options.max_disk_bytes = Unsigned(config.max_disk);
  return options;
}

keyspace::KeyspaceOptions KeyspaceOptionsFor(const config::Config& config, uint64_t budget_bytes) {
  return {.databases = static_cast<int>(config.databases),
          .inline_bytes_max = Unsigned(config.collection_max_inline_bytes),
          .hash_listpack_entries = Unsigned(config.hash_max_listpack_entries),
          .hash_listpack_value_bytes = Unsigned(config.hash_max_listpack_value),
          .set_intset_entries = Unsigned(config.set_max_intset_entries),
          .set_listpack_entries = Unsigned(config.set_max_listpack_entries),
          .set_listpack_value_bytes = Unsigned(config.set_max_listpack_value),
          .sorted_set_listpack_entries = Unsigned(config.zset_max_listpack_entries),
          .sorted_set_listpack_value_bytes = Unsigned(config.zset_max_listpack_value),
          .list_listpack_size = config.list_max_listpack_size,
          .overlay_bytes_max = std::max(kSmallestCopy, budget_bytes / kCopyShare),
          .reported_events = config.notify_keyspace_events.any()
                                 ? keyspace::EventsOf(config.notify_keyspace_events.classes)
                                 : 0};
}

uint64_t ClientBytesFor(uint64_t budget_bytes) {
  return std::max(kSmallestClients, budget_bytes / kClientShare);
}

RequestBounds RequestBoundsFor(uint64_t budget_bytes) {
  return {.argument_bytes =
              static_cast<int64_t>(std::max(kSmallestArgument, budget_bytes / kArgumentShare)),
          .request_bytes =
              static_cast<int64_t>(std::max(kSmallestRequest, budget_bytes / kRequestShare))};
}

RequestLimits RequestLimitsFor(const config::Config& config, uint64_t budget_bytes) {
  const RequestBounds bounds = RequestBoundsFor(budget_bytes);
  RequestLimits limits;
  limits.argument_bytes = Unsigned(std::min(config.proto_max_bulk_len, bounds.argument_bytes));
  limits.request_bytes = Unsigned(std::min(config.client_query_buffer_limit, bounds.request_bytes));
  limits.reply_bytes = kArgumentsInAReply * limits.argument_bytes;
  return limits;
}

std::optional<OptionConflict> FindConflict(const config::Config& config, uint64_t available_bytes) {
  if (Unsigned(config.maxmemory) > available_bytes) {
    return OptionConflict{
        .option = "maxmemory",
        .reason = Format("argument must be at most {}, what this machine, or the control group of "
                         "the process, has of memory; 0 takes half of it",
                         available_bytes)};
  }
  const uint64_t budget_bytes = MemoryBudget(config, available_bytes);
  config::Config without = config;
  without.block_cache_size = 0;
  const uint64_t cache_bytes = StoreOptionsFor(without, budget_bytes).block_cache_bytes;
  if (Unsigned(config.block_cache_size) > cache_bytes) {
    return OptionConflict{
        .option = "block-cache-size",
        .reason = Format("argument must be at most {}, what a memory budget of {} leaves for it; "
                         "raise maxmemory, or lower block-cache-size or memtable-size",
                         cache_bytes, budget_bytes)};
  }
  return std::nullopt;
}

storage::Durability DurabilityOf(config::AppendFsync appendfsync) {
  switch (appendfsync) {
    case config::AppendFsync::kAlways:
      return storage::Durability::kAlways;
    case config::AppendFsync::kEverySecond:
      return storage::Durability::kEverySecond;
    case config::AppendFsync::kNo:
      return storage::Durability::kNever;
  }
  return storage::Durability::kAlways;
}

std::optional<uint64_t> ClientsLimit(const config::Config& config) {
  const config::MemoryShare& share = config.maxmemory_clients;
  // As in Redis, where a percentage of no limit is none.
  const int64_t bytes = share.percent != 0 ? config.maxmemory / 100 * share.percent : share.bytes;
  if (bytes == 0) return std::nullopt;
  return static_cast<uint64_t>(bytes);
}

}  // namespace cordwood::pipeline

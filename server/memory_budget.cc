#include "server/memory_budget.h"

#include <algorithm>

#include "pipeline/process_host.h"

namespace cordwood::server {
namespace {

// One memtable takes writes while up to four wait to be flushed.
constexpr uint64_t kMemtables = 5;
constexpr uint64_t kSmallestMemtable = 1 << 20;
constexpr uint64_t kSmallestCache = 4 << 20;

uint64_t Unsigned(int64_t value) { return static_cast<uint64_t>(std::max<int64_t>(value, 0)); }

}  // namespace

uint64_t MemoryBudget(const config::Config& config, uint64_t available_bytes) {
  return config.maxmemory > 0 ? Unsigned(config.maxmemory) : available_bytes / 2;
}

storage::StoreOptions StoreOptionsFor(const config::Config& config, uint64_t budget_bytes) {
  storage::StoreOptions options;
  options.durability = pipeline::DurabilityOf(config.appendfsync);
  options.log_segment_bytes = Unsigned(config.log_segment_size);
  options.memtable_bytes = std::max(
      kSmallestMemtable, std::min(Unsigned(config.memtable_size), budget_bytes / 3 / kMemtables));
  const uint64_t others = kMemtables * options.memtable_bytes + budget_bytes / 4;
  const uint64_t rest = budget_bytes > others ? budget_bytes - others : 0;
  options.block_cache_bytes = config.block_cache_size > 0 ? Unsigned(config.block_cache_size)
                                                          : std::max(kSmallestCache, rest);
  options.compaction_threads = static_cast<uint32_t>(config.compaction_threads);
  options.max_disk_bytes = Unsigned(config.max_disk);
  return options;
}

}  // namespace cordwood::server

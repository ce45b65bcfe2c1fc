#include "pipeline/info/memory_use.h"

#include <algorithm>

#include "pipeline/info/memory_budget.h"
#include "pipeline/pipeline.h"

namespace cordwood::pipeline {

MemoryUse::MemoryUse(Pipeline& pipeline, const ProcessFacts& facts, const CursorTable& cursors)
    : pipeline_(pipeline), facts_(facts), cursors_(cursors) {
  startup_bytes_ = peak_bytes_ = MeasureParts().used();
}

commands::MemoryFacts MemoryUse::MeasureParts() const {
  const storage::StoreStats store = pipeline_.keyspace().store().Stats();
  commands::MemoryFacts memory;
  memory.memtables = store.memtable_bytes + store.immutable_bytes;
  memory.block_cache = store.cache.used_bytes;
  memory.filters_and_indexes = store.tables.bytes + store.tables.summary_bytes;
  memory.clients = pipeline_.client_bytes();
  memory.scan_cursors = cursors_.memory_bytes();
  memory.tracking_table = pipeline_.tracking().keys().memory_bytes();
  return memory;
}

void MemoryUse::Sample() { peak_bytes_ = std::max(peak_bytes_, MeasureParts().used()); }

commands::MemoryFacts MemoryUse::Measure() {
  commands::MemoryFacts memory = MeasureParts();
  peak_bytes_ = std::max(peak_bytes_, memory.used());
  memory.budget = MemoryBudget(pipeline_.config(), facts_.available_memory_bytes);
  memory.peak = peak_bytes_;
  memory.startup = startup_bytes_;
  memory.resident = facts_.usage().resident_bytes;
  if (facts_.allocator_use) memory.allocator = facts_.allocator_use();
  memory.connections = pipeline_.sessions().size();
  return memory;
}

}  // namespace cordwood::pipeline

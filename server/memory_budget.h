#pragma once

// How the one memory budget is shared out. Threads: any; no state.

#include <cstdint>

#include "config/config.h"
#include "storage/options.h"

namespace cordwood::server {

/// maxmemory; or, if that is 0, half of what the process may use.
uint64_t MemoryBudget(const config::Config& config, uint64_t available_bytes);

/// The store's options for a budget: memtables get at most a third of it, filters, indexes and
/// clients a quarter, the block cache the rest.
storage::StoreOptions StoreOptionsFor(const config::Config& config, uint64_t budget_bytes);

}  // namespace cordwood::server

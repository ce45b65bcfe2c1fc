#pragma once

// How the one memory budget is shared out: at the start, and again when CONFIG SET changes it.
//
// Threads: any; no state.

#include <cstdint>

#include "config/config.h"
#include "storage/options.h"

namespace cordwood::pipeline {

/// maxmemory; or, if that is 0, half of what the process may use.
uint64_t MemoryBudget(const config::Config& config, uint64_t available_bytes);

/// The store's options for a budget: memtables get at most a third of it, filters, indexes and
/// clients a quarter, the block cache the rest.
storage::StoreOptions StoreOptionsFor(const config::Config& config, uint64_t budget_bytes);

/// What all connections together may hold of a budget.
uint64_t ClientBytesFor(uint64_t budget_bytes);

/// What one request may take of a budget, which holds a few copies of it on its way to the log.
struct RequestBounds {
  int64_t argument_bytes = 0;
  int64_t request_bytes = 0;
};
RequestBounds RequestBoundsFor(uint64_t budget_bytes);

/// Lowers the limits of requests to what the budget holds, and logs it.
void FitRequests(config::Config& config, uint64_t budget_bytes);

/// The store's word for the option.
storage::Durability DurabilityOf(config::AppendFsync appendfsync);

}  // namespace cordwood::pipeline

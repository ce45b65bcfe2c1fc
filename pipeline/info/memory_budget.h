#pragma once

// What the options mean to the parts that they are for, and how the one memory budget is shared
// out: at the start, and again when CONFIG SET changes something.
//
// Threads: any; no state.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/config.h"
#include "keyspace/core/keyspace.h"
#include "storage/options.h"

namespace cordwood::pipeline {

/// maxmemory; or, if that is 0, half of what the process may use.
uint64_t MemoryBudget(const config::Config& config, uint64_t available_bytes);
/// What all connections together may hold by maxmemory-clients; nothing: it sets no limit.
std::optional<uint64_t> ClientsLimit(const config::Config& config);

/// The store's options for a budget: memtables get at most a third of it, filters, indexes and
/// clients a quarter, the block cache the rest.
storage::StoreOptions StoreOptionsFor(const config::Config& config, uint64_t budget_bytes);

/// The keyspace's options. All but the number of databases may change while it runs.
keyspace::KeyspaceOptions KeyspaceOptionsFor(const config::Config& config, uint64_t budget_bytes);

/// What all connections together may hold of a budget.
uint64_t ClientBytesFor(uint64_t budget_bytes);

/// What one request may take of a budget, which holds a few copies of it on its way to the log.
struct RequestBounds {
  int64_t argument_bytes = 0;
  int64_t request_bytes = 0;
};
RequestBounds RequestBoundsFor(uint64_t budget_bytes);

/// What acts: as the options say, but no more than the budget holds. The options themselves stay as
/// they were set, so that a larger budget gives back what a smaller one took.
struct RequestLimits {
  uint64_t argument_bytes = 0;  // proto-max-bulk-len
  uint64_t request_bytes = 0;   // client-query-buffer-limit
  uint64_t reply_bytes = 0;     // of a reply that is made in one piece
};
RequestLimits RequestLimitsFor(const config::Config& config, uint64_t budget_bytes);

/// An option that the machine, or another option, has no room for.
struct OptionConflict {
  std::string_view option;
  std::string reason;  // with the bound, and what to do
};
/// Looks at the options that share out memory; `available_bytes` is what the process may use.
std::optional<OptionConflict> FindConflict(const config::Config& config, uint64_t available_bytes);

/// The store's word for the option.
storage::Durability DurabilityOf(config::AppendFsync appendfsync);

}  // namespace cordwood::pipeline

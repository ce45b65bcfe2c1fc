#pragma once

// The sets that SINTER, SUNION, SDIFF and their like go through.
//
// Threads: the call's.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/error.h"
#include "keyspace/core/key_codec.h"
#include "keyspace/core/transaction.h"
#include "keyspace/types/set_operation.h"

namespace cordwood::commands::sets {

struct Sources {
  bool wrong_type = false;
  // Keys that were looked for, for CountLookups.
  uint64_t hits = 0;
  uint64_t misses = 0;
  /// Empty: so is the result.
  std::optional<keyspace::SetOperation> operation = std::nullopt;
};

/// Looks all keys up.
Result<Sources> OpenSources(keyspace::Transaction& tx, keyspace::Generation generation,
                            std::span<const std::string_view> keys,
                            keyspace::SetOperation::Kind kind);

/// Once, when the run or the last slice counts.
void CountLookups(keyspace::Transaction& tx, const Sources& sources);

}  // namespace cordwood::commands::sets

#pragma once

// The sets that SINTER, SUNION, SDIFF and their like go through.
//
// Threads: the call's.

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
  /// Empty: so is the result.
  std::optional<keyspace::SetOperation> operation = std::nullopt;
};

/// Looks all keys up, and counts that.
Result<Sources> OpenSources(keyspace::Transaction& tx, keyspace::Generation generation,
                            std::span<const std::string_view> keys,
                            keyspace::SetOperation::Kind kind);

}  // namespace cordwood::commands::sets

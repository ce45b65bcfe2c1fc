#pragma once

// The ranks of a sorted set in elements form (keyspace/types/counted_order.h), which it has once a
// walk that was long has asked for them.
//
// Threads: the transaction's.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "keyspace/core/keys.h"
#include "keyspace/core/record.h"
#include "keyspace/core/transaction.h"
#include "keyspace/types/score_order.h"

namespace cordwood::keyspace {

/// How many members lie in a stretch; nothing: ranks are not whole. Errors as CountedOrder::RankOf.
Result<std::optional<uint64_t>> CountByRanks(Transaction& tx, Generation generation,
                                             const ObjectPayload& object, const OrderRange& range);
/// The place before the member at an index; nothing: the same. REQUIRES: there is one.
Result<std::optional<std::string>> PlaceByRank(Transaction& tx, Generation generation,
                                               const ObjectPayload& object, uint64_t index);
/// A walk over the order takes so many steps. If these are many, ranks are asked for.
void AskForOrderRanks(Transaction& tx, const KeyName& name, const ObjectPayload& object,
                      uint64_t steps);

/// These elements of the order were deleted, and those put that were not there before; all of it is
/// written. In any order.
Status NoteInRanks(Transaction& tx, Generation generation, const ObjectPayload& object,
                   std::vector<std::string> deleted, std::vector<std::string> put);

}  // namespace cordwood::keyspace

#pragma once

// The ranks of an edited list, or of a sorted set in elements form
// (keyspace/types/counted_order.h), which it has once a walk that was long has asked for them. Any
// other object has none, and nothing here reads or writes for it: of an unedited list the positions
// tell as much.
//
// Threads: the transaction's.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "keyspace/core/keys.h"
#include "keyspace/core/record.h"
#include "keyspace/core/transaction.h"
#include "keyspace/types/score_order.h"

namespace cordwood::keyspace {

bool MayHaveRanks(const ObjectPayload& object);

/// Where the element at an index lies; nothing: that takes a walk, for ranks are not whole. Errors
/// as CountedOrder::SubkeyAt. REQUIRES: there is one.
Result<std::optional<std::string>> SubkeyByRank(Transaction& tx, Generation generation,
                                                const ObjectPayload& object, uint64_t index);
/// How many members of a sorted set lie in a stretch; nothing: ranks are not whole. Errors as
/// CountedOrder::RankOf.
Result<std::optional<uint64_t>> CountByRanks(Transaction& tx, Generation generation,
                                             const ObjectPayload& set, const OrderRange& range);

/// A walk over the elements takes so many steps. If these are many, ranks are asked for.
void AskForRanks(Transaction& tx, const KeyName& name, const ObjectPayload& object, uint64_t steps);
/// The same for a walk to an index, from the nearer end.
void AskForRanksAt(Transaction& tx, const KeyName& name, const ObjectPayload& object,
                   uint64_t index);

/// These elements were deleted, and those put that were not there then; all of it is written, and
/// the object is as it is then. In any order: one may have come and gone, or gone and come back.
Status NoteInRanks(Transaction& tx, Generation generation, const ObjectPayload& object,
                   std::vector<std::string> deleted, std::vector<std::string> put);

}  // namespace cordwood::keyspace

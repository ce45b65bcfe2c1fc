#pragma once

// The ranks of an edited list (keyspace/types/counted_order.h). Any other list has none, and
// nothing here reads or writes for it.
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

namespace cordwood::keyspace {

/// Where the element at an index lies; nothing: ranks are not whole. Errors as
/// CountedOrder::SubkeyAt. REQUIRES: there is one.
Result<std::optional<std::string>> SubkeyByRank(Transaction& tx, Generation generation,
                                                const ObjectPayload& list, uint64_t index);
/// Nothing of the kind, and the walk there from the nearer end is long: asks for ranks.
void AskForRanks(Transaction& tx, const KeyName& name, const ObjectPayload& list, uint64_t index);

/// Elements were put that were not there before, or were deleted. With the list as it is then, all
/// of it written, and what was deleted said first. In any order.
Status NotePut(Transaction& tx, Generation generation, const ObjectPayload& list,
               std::vector<std::string> subkeys);
Status NoteDeleted(Transaction& tx, Generation generation, const ObjectPayload& list,
                   std::vector<std::string> subkeys);

}  // namespace cordwood::keyspace

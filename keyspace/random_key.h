#pragma once

// A key drawn at random. Of few keys each is as likely as any other; of many nearly so: a key
// with many versions, or in a block of large records, is a little more likely.
//
// Threads: as the transaction's.

#include <optional>
#include <string>

#include "base/error.h"
#include "base/random.h"
#include "keyspace/transaction.h"

namespace cordwood::keyspace {

/// Nothing if the database is empty.
Result<std::optional<std::string>> RandomKey(Transaction& tx, int db, Random& random);

}  // namespace cordwood::keyspace

#pragma once

// Copies what hangs on a key.
//
// Threads: as the transaction's.

#include "base/error.h"
#include "keyspace/core/record.h"
#include "keyspace/core/transaction.h"

namespace cordwood::keyspace {

/// A record with the content of `record`, whose key is of generation `from`, for a key of
/// generation `to`. Elements are copied for an object of their own; a long whole string is copied
/// into chunks. Errors as those of an
/// ObjectBuilder (keyspace/types/object_builder.h).
Result<Record> CopyRecord(Transaction& tx, Generation from, const Record& record, Generation to);

}  // namespace cordwood::keyspace

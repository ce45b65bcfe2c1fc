#pragma once

// A key and its record, with everything that hangs on it: counters, deadlines, elements. Every
// command that creates, replaces or removes a key does it through here.
//
// Expiry: a key whose expiry has passed is not there for commands, but its record still is until
// a write removes it. A Lookup keeps both views apart.
//
// Threads: as the transaction's.

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "keyspace/core/record.h"
#include "keyspace/core/transaction.h"

namespace cordwood::keyspace {

/// A key of one database.
struct KeyName {
  Generation generation = 0;
  std::string_view key;
};

struct Lookup {
  std::optional<Record> stored;  // what the tree holds
  bool expired = false;          // stored is there but counts as gone

  /// The record, if commands see the key.
  Record* live() { return stored && !expired ? &*stored : nullptr; }
  const Record* live() const { return stored && !expired ? &*stored : nullptr; }
};

/// Reads a key's record. kCold if the blocks are not in the cache.
Result<Lookup> FindKey(Transaction& tx, const KeyName& name);

/// The record of a key that commands see, for one that only looks at it: nothing is copied. It
/// lives as long as the transaction and its view. Errors as FindKey.
Result<std::optional<RecordView>> SeeKey(Transaction& tx, const KeyName& name);

/// Makes `record` the key's record. If it has another object than the stored one, the stored
/// one's elements die. A key that commands did not see is told of as a new one. `ends` as in
/// KeyChange. REQUIRES: `before` is what FindKey says in this transaction.
Status PutRecord(Transaction& tx, const KeyName& name, const Lookup& before, const Record& record,
                 const std::optional<ListEnds>& ends = std::nullopt);

/// As PutRecord, for a record of the same object or an inline one that lost elements, and nothing
/// else: it only takes away, so it goes on while the disk is full.
Status ShrinkRecord(Transaction& tx, const KeyName& name, const Lookup& before,
                    const Record& record, const std::optional<ListEnds>& ends = std::nullopt);

/// Makes `record` the key's record, which differs from the stored one only in what its object holds
/// beside its items: nobody is told of a change.
void PutUnseen(Transaction& tx, const KeyName& name, const Record& record);

/// Sets a plain string over whatever there is, reading from disk only if the key may own elements,
/// or if somebody wants to know what there was.
Status SetString(Transaction& tx, const KeyName& name, std::string_view value,
                 std::optional<int64_t> expiry_ms);

/// Removes the key and what it owns. REQUIRES: before.stored.
Status RemoveKey(Transaction& tx, const KeyName& name, const Lookup& before);

/// Removes the key's record but leaves its elements to a record that took them over.
Status DetachKey(Transaction& tx, const KeyName& name, const Lookup& before);

/// If the key has expired, removes it, as a write does with what it finds. `before` then has
/// nothing stored.
Status SweepExpired(Transaction& tx, const KeyName& name, Lookup& before);

}  // namespace cordwood::keyspace

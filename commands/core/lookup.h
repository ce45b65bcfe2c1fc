#pragma once

// How commands look keys up: what counts as a hit or a miss, and what a write does with a key
// that has expired.
//
// Threads: the call's.

#include <cstddef>
#include <span>
#include <string_view>

#include "base/error.h"
#include "commands/core/call.h"
#include "keyspace/core/keys.h"

namespace cordwood::commands {

/// Notes a hit or a miss, and tells of a miss. It counts if the run does.
inline void CountLookup(keyspace::Transaction& tx, const keyspace::KeyName& name, bool found) {
  tx.NoteLookup(found);
  if (!found) tx.Notify(keyspace::EventClass::kKeyMiss, "keymiss", name.generation, name.key);
}
inline void CountLookup(Call& call, const keyspace::KeyName& name, bool found) {
  CountLookup(call.tx, name, found);
}
/// Of several keys of the client's database: so many that are there, and those that are not.
void CountLookups(Call& call, size_t found, std::span<const std::string_view> missing);

/// Reads a key for a command that writes. An expired one is removed and then not there.
Result<keyspace::Lookup> FindForWrite(Call& call, const keyspace::KeyName& name);

/// True if there is a record and it is not of `type`; then kWrongType was replied.
bool RepliedWrongType(Call& call, const keyspace::Record* record, keyspace::Type type);

/// The record of a key for a command that only looks at it, as keyspace::SeeKey. Counts the lookup.
Result<std::optional<keyspace::RecordView>> LookUp(Call& call, std::string_view key);

/// A string that a command only looks at; it lives as long as the call's transaction.
struct SeenString {
  bool exists = false;
  bool wrong_type = false;  // and kWrongType was replied
  bool in_chunks = false;   // `value` is the payload of its record: keyspace/types/strings.h
  std::string_view value;
};
/// Counts the lookup, but not of one in chunks: reading it may take more than this run.
Result<SeenString> SeeString(Call& call, std::string_view key);

}  // namespace cordwood::commands

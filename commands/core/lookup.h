#pragma once

// How commands look keys up: what counts as a hit or a miss, and what a write does with a key
// that has expired.
//
// Threads: the call's.

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "base/error.h"
#include "commands/core/call.h"
#include "keyspace/core/gathered_reads.h"
#include "keyspace/core/in_turns.h"
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

/// Calls visit(key, record) for each key in order, with nothing for one that is not there, until it
/// answers false. The record lives as long as the call. On kCold, and on other errors, what was
/// visited is not complete. Counts no lookups.
template <typename Visit>
Status SeeEach(Call& call, std::span<const std::string_view> keys, const Visit& visit) {
  const auto see = [&](std::string_view key) { return keyspace::SeeKey(call.tx, call.Key(key)); };
  const auto look = [&](std::string_view key) { static_cast<void>(see(key)); };
  keyspace::GatheredReads reads;
  bool enough = false;
  const auto visit_some = [&](std::span<const std::string_view> some) -> Status {
    for (size_t i = 0; i < some.size() && !enough; ++i) {
      const storage::ReadScope scope(call.tx.view());
      const Result<std::optional<keyspace::RecordView>> record = see(some[i]);
      enough = reads.Ok(record) ? !visit(some[i], *record) : reads.failed();
    }
    return {};
  };
  CW_TRY(keyspace::ReadInTurns(call.tx, keys, look, visit_some));
  return reads.status();
}

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

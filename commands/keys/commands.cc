// The commands of Redis 7.2 for keys of any type: their rows, and the handlers that only look or
// remove.

#include "commands/core/command_table.h"
#include "commands/core/lookup.h"
#include "commands/core/row_maker.h"
#include "commands/keys/handlers.h"
#include "keyspace/core/gathered_reads.h"
#include "keyspace/core/name_order.h"

namespace cordwood::commands {
namespace {

constexpr KeySpec kSubcommandKey = {.first = 2, .last = 2, .step = 1};

constexpr RowMaker kRow = {.group = "generic"};

constexpr Command kObjectRows[] = {
    kRow("object|encoding", 3, kReadOnly, kSubcommandKey, keys::ObjectEncoding, "2.2.3",
         "Returns how Redis would keep the value."),
    kRow("object|freq", 3, kReadOnly, kSubcommandKey, keys::ObjectFreq, "4.0.0",
         "Not tracked: replies with an error."),
    kRow("object|help", 2, kAlways, {}, keys::ObjectHelp, "6.2.0",
         "Returns a text about the subcommands."),
    kRow("object|idletime", 3, kReadOnly, kSubcommandKey, keys::ObjectIdleTime, "2.2.3",
         "Not tracked: replies with an error."),
    kRow("object|refcount", 3, kReadOnly, kSubcommandKey, keys::ObjectRefCount, "2.2.3",
         "Returns 1: values are not shared."),
};

constexpr Command kRows[] = {
    kRow("copy", -3, kWrite | kDenyOom, kTwoKeys, keys::Copy, "6.2.0",
         "Copies a key's value and expiry to another key."),
    kRow("del", -2, kWrite | kFrees, kAllKeys, keys::Del, "1.0.0", "Deletes keys."),
    kRow("exists", -2, kReadOnly | kFast, kAllKeys, keys::Exists, "1.0.0",
         "Counts the keys that exist."),
    kRow("keys", 2, kReadOnly, {}, keys::Keys, "1.0.0", "Returns all keys that match a pattern."),
    kRow("move", 3, kWrite | kFast, kOneKey, keys::Move, "1.0.0",
         "Moves a key to another database."),
    {.name = "object",
     .arity = -2,
     .subcommands = kObjectRows,
     .summary = "A container for commands that look into a key.",
     .since = "2.2.3",
     .group = "generic"},
    kRow("randomkey", 1, kReadOnly, {}, keys::RandomKey, "1.0.0", "Returns a key at random."),
    kRow("rename", 3, kWrite, kTwoKeys, keys::Rename, "1.0.0",
         "Renames a key; overwrites the one that has the new name."),
    kRow("renamenx", 3, kWrite | kFast, kTwoKeys, keys::RenameNx, "1.0.0",
         "Renames a key if no other has the new name."),
    kRow("scan", -2, kReadOnly, {}, keys::Scan, "2.8.0", "Walks the keys of a database."),
    kRow("touch", -2, kReadOnly | kFast, kAllKeys, keys::Touch, "3.2.1",
         "Counts the keys that exist."),
    kRow("type", 2, kReadOnly | kFast, kOneKey, keys::Type, "1.0.0",
         "Returns the type of a key's value."),
    kRow("unlink", -2, kWrite | kFrees | kFast, kAllKeys, keys::Del, "4.0.0", "Deletes keys."),
};

}  // namespace

std::span<const Command> KeyCommands() { return kRows; }

namespace keys {

using keyspace::KeyName;
using keyspace::Lookup;

Status Del(Call& call) {
  int64_t removed = 0;
  const std::span<const std::string_view> keys = call.argv.subspan(1);
  const keyspace::NameOrder order(keys);
  keyspace::GatheredReads reads;
  for (size_t i = 0; i < order.size(); ++i) {
    const KeyName name = call.Key(keys[order[i]]);
    const Result<Lookup> found = FindForWrite(call, name);
    if (!reads.Ok(found) || found->live() == nullptr) continue;
    CW_TRY(keyspace::RemoveKey(call.tx, name, *found));
    ++removed;
  }
  CW_TRY(reads.status());
  call.reply.Integer(removed);
  return {};
}

Status Exists(Call& call) {
  int64_t existing = 0;
  keyspace::GatheredReads reads;
  for (const std::string_view key : call.argv.subspan(1)) {
    const storage::ReadScope scope(call.tx.view());
    const Result<std::optional<keyspace::RecordView>> record =
        keyspace::SeeKey(call.tx, call.Key(key));
    if (reads.Ok(record) && *record) ++existing;
  }
  CW_TRY(reads.status());
  const auto asked = static_cast<int64_t>(call.argv.size() - 1);
  for (int64_t i = 0; i < asked; ++i) CountLookup(call, i < existing);
  call.reply.Integer(existing);
  return {};
}

// When a key was last used is not kept.
Status Touch(Call& call) { return Exists(call); }

Status Type(Call& call) {
  CW_ASSIGN(const std::optional<keyspace::RecordView> record, LookUp(call, call.argv[1]));
  call.reply.SimpleString(record ? keyspace::TypeName(record->header.type) : "none");
  return {};
}

}  // namespace keys
}  // namespace cordwood::commands

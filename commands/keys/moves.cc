// The commands that give a key's value another name, or another database.

#include <optional>

#include "commands/all_commands.h"
#include "commands/core/arg_reader.h"
#include "commands/core/database_arg.h"
#include "commands/core/error_texts.h"
#include "commands/core/events.h"
#include "commands/core/lookup.h"
#include "commands/core/row.h"
#include "keyspace/types/copy.h"
#include "keyspace/types/strings.h"

namespace cordwood::commands::keys {
namespace {

using keyspace::KeyName;
using keyspace::Lookup;
using keyspace::Record;

constexpr std::string_view kSameObject = "ERR source and destination objects are the same";

void NotifyAt(Call& call, std::string_view event, const KeyName& name) {
  call.tx.Notify(EventClass::kGeneric, event, name.generation, name.key);
}

/// Puts a record in the place of whatever is there, which for Redis is a new key in any case.
Status PutAsNew(Call& call, const KeyName& name, const Lookup& before, const Record& record) {
  CW_TRY(keyspace::PutRecord(call.tx, name, before, record));
  if (before.live() != nullptr) {
    call.tx.Notify(EventClass::kNew, "new", name.generation, name.key);
  }
  call.tx.Signal(name.generation, name.key);
  return {};
}

Status RenameKey(Call& call, bool only_if_free) {
  const KeyName from = call.Key(call.argv[1]);
  const KeyName to = call.Key(call.argv[2]);
  CW_ASSIGN(const Lookup source, FindForWrite(call, from));
  if (source.live() == nullptr) return call.Error(kNoSuchKey);
  const bool same = from.key == to.key;
  bool taken = same;
  if (!same) {
    CW_ASSIGN(const Lookup target, FindForWrite(call, to));
    taken = target.live() != nullptr;
    if (!only_if_free || !taken) {
      CW_ASSIGN(const Record record,
                keyspace::ForNewHeader(call.tx, from.generation, *source.live()));
      CW_TRY(keyspace::DetachKey(call.tx, from, source));
      CW_TRY(PutAsNew(call, to, target, record));
      NotifyAt(call, "rename_from", from);
      NotifyAt(call, "rename_to", to);
    }
  }
  if (only_if_free) {
    call.reply.Integer(taken ? 0 : 1);
  } else {
    call.reply.Ok();
  }
  return {};
}

struct CopyOptions {
  int db = 0;
  bool replace = false;
};

/// Replies and answers nothing if the options make no sense.
std::optional<CopyOptions> TakeCopyOptions(Call& call) {
  CopyOptions options{.db = call.client.db};
  for (ArgReader args(call, 3); !args.done();) {
    if (args.Match("REPLACE")) {
      options.replace = true;
    } else if (args.MatchBefore("DB", 1)) {
      const std::optional<int> db = TakeDatabase(args, call);
      if (!db) return std::nullopt;
      options.db = *db;
    } else {
      call.reply.Error(kSyntaxError);
      return std::nullopt;
    }
  }
  return options;
}

Status Rename(Call& call) { return RenameKey(call, false); }

Status RenameNx(Call& call) { return RenameKey(call, true); }

Status Copy(Call& call) {
  const std::optional<CopyOptions> options = TakeCopyOptions(call);
  if (!options) return {};
  if (options->db == call.client.db && call.argv[1] == call.argv[2]) {
    return call.Error(kSameObject);
  }
  const KeyName from = call.Key(call.argv[1]);
  const KeyName to = {.generation = call.tx.GenerationOf(options->db), .key = call.argv[2]};
  CW_ASSIGN(const Lookup source, FindForWrite(call, from));
  CW_ASSIGN(const Lookup target, FindForWrite(call, to));
  const bool copies = source.live() != nullptr && (options->replace || target.live() == nullptr);
  if (copies) {
    CW_ASSIGN(const Record copy,
              keyspace::CopyRecord(call.tx, from.generation, *source.live(), to.generation));
    CW_TRY(PutAsNew(call, to, target, copy));
    NotifyAt(call, "copy_to", to);
  }
  CountLookup(call, from, source.live() != nullptr);
  call.reply.Integer(copies ? 1 : 0);
  return {};
}

Status Move(Call& call) {
  ArgReader args(call, 2);
  const std::optional<int> db = TakeDatabase(args, call);
  if (!db) return {};
  if (*db == call.client.db) return call.Error(kSameObject);
  const KeyName from = call.Key(call.argv[1]);
  const KeyName to = {.generation = call.tx.GenerationOf(*db), .key = call.argv[1]};
  CW_ASSIGN(const Lookup source, FindForWrite(call, from));
  CW_ASSIGN(const Lookup target, FindForWrite(call, to));
  const bool moves = source.live() != nullptr && target.live() == nullptr;
  if (moves) {
    CW_ASSIGN(const Record moved,
              keyspace::CopyRecord(call.tx, from.generation, *source.live(), to.generation));
    CW_TRY(PutAsNew(call, to, target, moved));
    CW_TRY(keyspace::RemoveKey(call.tx, from, source));
    NotifyAt(call, "move_from", from);
    NotifyAt(call, "move_to", to);
  }
  call.reply.Integer(moves ? 1 : 0);
  return {};
}

constexpr Command kRowsOfMove[] = {
    {.name = "copy",
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .keys = {Key(1, kRO | kAccess), Key(2, kOW | kUpdate)},
     .handler = Copy,
     .categories = kKeyspaceCategory,
     .docs = {.group = "generic",
              .since = "6.2.0",
              .complexity = "O(N) where N is the number of elements",
              .arguments = "source#0 destination#1 [DB destination-db:integer] [REPLACE]",
              .summary = "Copies a key's value and expiry to another key."}},
    {.name = "move",
     .arity = 3,
     .flags = kWrite | kFast,
     .keys = {Key(1, kRW | kAccess | kUpdate)},
     .handler = Move,
     .categories = kKeyspaceCategory,
     .docs = {.group = "generic",
              .since = "1.0.0",
              .complexity = "O(N) where N is the number of elements",
              .arguments = "key#0 db:integer",
              .summary = "Moves a key to another database."}},
    {.name = "rename",
     .arity = 3,
     .flags = kWrite,
     .keys = {Key(1, kRW | kAccess | kDelete), Key(2, kOW | kUpdate)},
     .handler = Rename,
     .categories = kKeyspaceCategory,
     .docs = {.group = "generic",
              .since = "1.0.0",
              .complexity = "O(1)",
              .arguments = "key#0 newkey#1",
              .summary = "Renames a key; overwrites the one that has the new name."}},
    {.name = "renamenx",
     .arity = 3,
     .flags = kWrite | kFast,
     .keys = {Key(1, kRW | kAccess | kDelete), Key(2, kOW | kInsert)},
     .handler = RenameNx,
     .categories = kKeyspaceCategory,
     .docs = {.group = "generic",
              .since = "1.0.0",
              .complexity = "O(1)",
              .arguments = "key#0 newkey#1",
              .summary = "Renames a key if no other has the new name."}},
};

}  // namespace

Rows MoveRows() { return kRowsOfMove; }

}  // namespace cordwood::commands::keys

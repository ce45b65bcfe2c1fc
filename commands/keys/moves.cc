// The commands that give a key's value another name, or another database.

#include <optional>

#include "commands/all_commands.h"
#include "commands/core/arg_reader.h"
#include "commands/core/database_arg.h"
#include "commands/core/error_texts.h"
#include "commands/core/lookup.h"
#include "commands/core/row_maker.h"
#include "keyspace/types/copy.h"

namespace cordwood::commands::keys {
namespace {

using keyspace::KeyName;
using keyspace::Lookup;
using keyspace::Record;

constexpr std::string_view kSameObject = "ERR source and destination objects are the same";

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
      CW_TRY(keyspace::DetachKey(call.tx, from, source));
      CW_TRY(keyspace::PutRecord(call.tx, to, target, *source.live()));
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
    CW_TRY(keyspace::PutRecord(call.tx, to, target, copy));
  }
  CountLookup(call, source.live() != nullptr);
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
    CW_TRY(keyspace::PutRecord(call.tx, to, target, moved));
    CW_TRY(keyspace::RemoveKey(call.tx, from, source));
  }
  call.reply.Integer(moves ? 1 : 0);
  return {};
}

constexpr RowMaker kRow = {.group = "generic"};

constexpr Command kRows[] = {
    kRow("copy", -3, kWrite | kDenyOom, kTwoKeys, Copy, "6.2.0",
         "Copies a key's value and expiry to another key."),
    kRow("move", 3, kWrite | kFast, kOneKey, Move, "1.0.0", "Moves a key to another database."),
    kRow("rename", 3, kWrite, kTwoKeys, Rename, "1.0.0",
         "Renames a key; overwrites the one that has the new name."),
    kRow("renamenx", 3, kWrite | kFast, kTwoKeys, RenameNx, "1.0.0",
         "Renames a key if no other has the new name."),
};

}  // namespace

Rows MoveRows() { return kRows; }

}  // namespace cordwood::commands::keys

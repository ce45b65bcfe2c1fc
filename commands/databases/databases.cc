// The commands for whole databases.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "commands/all_commands.h"
#include "commands/core/arg_reader.h"
#include "commands/core/blocked.h"
#include "commands/core/database_arg.h"
#include "commands/core/error_texts.h"
#include "commands/core/host.h"
#include "commands/core/row.h"
#include "commands/core/tracking.h"
#include "commands/core/watches.h"
#include "keyspace/core/gathered_reads.h"

namespace cordwood::commands::databases {
namespace {

using keyspace::CounterKind;
using keyspace::Generation;

Status Select(Call& call) {
  ArgReader args(call, 1);
  const std::optional<int> db = TakeDatabase(args, call);
  if (!db) return {};
  call.client.db = *db;
  call.reply.Ok();
  return {};
}

Status DbSize(Call& call) {
  // Below zero it can only be while writes that did not look are unsettled.
  const int64_t count = call.tx.CountOf(call.client.db, CounterKind::kKeys);
  call.reply.Integer(std::max<int64_t>(0, count));
  return {};
}

/// ASYNC and SYNC are the same: a flush takes a moment, and merges give the space back.
bool TakesFlushMode(Call& call) {
  ArgReader args(call, 1);
  if (args.done()) return true;
  const bool known = args.Match("ASYNC") || args.Match("SYNC");
  return known && args.done();
}

void Flush(Call& call, int db) {
  for (const Watches::Watched& watched : call.host.watches.In(db)) {
    if (watched.exists) call.tx.NoteChange(call.tx.GenerationOf(db), watched.key);
  }
  call.tx.DropGeneration(call.tx.GenerationOf(db));
  call.tx.SetGeneration(db, call.tx.NewGeneration());
}

/// Keys that clients have read changed, and nobody knows which.
void InvalidateAll(Call& call) {
  call.Defer([&tracking = call.host.tracking] { tracking.InvalidateAll(); });
}

Status FlushDb(Call& call) {
  if (!TakesFlushMode(call)) return call.Error(kSyntaxError);
  Flush(call, call.client.db);
  InvalidateAll(call);
  call.reply.Ok();
  return {};
}

Status FlushAll(Call& call) {
  if (!TakesFlushMode(call)) return call.Error(kSyntaxError);
  for (const int db : call.tx.WrittenDatabases()) Flush(call, db);
  InvalidateAll(call);
  call.reply.Ok();
  return {};
}

/// Notes which of the keys that are watched in `db` change when its number takes over what `other`
/// holds: all that exist before or afterwards.
void NoteSwapped(Call& call, int db, int other, keyspace::GatheredReads& reads) {
  for (const Watches::Watched& watched : call.host.watches.In(db)) {
    const storage::ReadScope scope(call.tx.view());
    const keyspace::KeyName name{.generation = call.tx.GenerationOf(other), .key = watched.key};
    const Result<std::optional<keyspace::RecordView>> record = keyspace::SeeKey(call.tx, name);
    if (!reads.Ok(record)) continue;
    if (watched.exists || *record) call.tx.NoteChange(call.tx.GenerationOf(db), watched.key);
  }
}

/// Who waits for a key of `db` looks at what the number means now.
void SignalAwaited(Call& call, int db) {
  for (const std::string& key : call.host.blocked.AwaitedIn(db)) {
    call.tx.Signal(call.tx.GenerationOf(db), key);
  }
}

Status SwapDb(Call& call) {
  const std::optional<int> first = ParseDatabase(call.argv[1]);
  if (!first) return call.Error("ERR invalid first DB index");
  const std::optional<int> second = ParseDatabase(call.argv[2]);
  if (!second) return call.Error("ERR invalid second DB index");
  if (!IsDatabase(call, *first) || !IsDatabase(call, *second)) return call.Error(kNoSuchDatabase);
  if (*first != *second) {
    keyspace::GatheredReads reads;
    NoteSwapped(call, *first, *second, reads);
    NoteSwapped(call, *second, *first, reads);
    CW_TRY(reads.status());
    const Generation of_first = call.tx.GenerationOf(*first);
    const Generation of_second = call.tx.GenerationOf(*second);
    call.tx.SetGeneration(*first, of_second);
    call.tx.SetGeneration(*second, of_first);
    SignalAwaited(call, *first);
    SignalAwaited(call, *second);
    InvalidateAll(call);
  }
  call.reply.Ok();
  return {};
}

constexpr Command kRowsOfDatabase[] = {
    {.name = "dbsize",
     .arity = 1,
     .flags = kReadOnly | kFast,
     .handler = DbSize,
     .categories = kKeyspaceCategory,
     .tips = "request_policy:all_shards response_policy:agg_sum",
     .docs = {.group = "server",
              .since = "1.0.0",
              .complexity = "O(1)",
              .summary = "Returns the number of keys in the database."}},
    {.name = "flushall",
     .arity = -1,
     .flags = kWrite | kFrees | kEmpties,
     .handler = FlushAll,
     .categories = kKeyspaceCategory | kDangerousCategory,
     .tips = "request_policy:all_shards response_policy:all_succeeded",
     .docs = {.group = "server",
              .since = "1.0.0",
              .complexity = "O(N) where N is the number of databases that hold keys",
              .arguments = "[flush-type=(ASYNC@4.0.0 | SYNC@6.2.0)]",
              .summary = "Removes all keys of all databases."}},
    {.name = "flushdb",
     .arity = -1,
     .flags = kWrite | kFrees | kEmpties,
     .handler = FlushDb,
     .categories = kKeyspaceCategory | kDangerousCategory,
     .tips = "request_policy:all_shards response_policy:all_succeeded",
     .docs = {.group = "server",
              .since = "1.0.0",
              .complexity = "O(1)",
              .arguments = "[flush-type=(ASYNC@4.0.0 | SYNC@6.2.0)]",
              .summary = "Removes all keys of the database."}},
    {.name = "select",
     .arity = 2,
     .flags = kFast | kAlways,
     .handler = Select,
     .categories = kConnectionCategory,
     .docs = {.group = "connection",
              .since = "1.0.0",
              .complexity = "O(1)",
              .arguments = "index:integer",
              .summary = "Changes the connection's database."}},
    {.name = "swapdb",
     .arity = 3,
     .flags = kWrite | kFast,
     .handler = SwapDb,
     .categories = kKeyspaceCategory | kDangerousCategory,
     .docs = {.group = "server",
              .since = "4.0.0",
              .complexity = "O(1)",
              .arguments = "index1:integer index2:integer",
              .summary = "Swaps two databases."}},
};

}  // namespace

Rows DatabaseRows() { return kRowsOfDatabase; }

}  // namespace cordwood::commands::databases

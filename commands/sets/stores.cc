// SINTERSTORE, SUNIONSTORE and SDIFFSTORE. A result that is more than a batch should hold is built
// in parts, beside other commands: docs/decisions/long_writes.md.

#include "commands/all_commands.h"
#include "commands/core/error_texts.h"
#include "commands/core/lookup.h"
#include "commands/core/row.h"
#include "commands/sets/sources.h"
#include "keyspace/types/set_builder.h"

namespace cordwood::commands::sets {
namespace {

using keyspace::KeyName;
using keyspace::Lookup;
using keyspace::SetBuilder;
using keyspace::SetOperation;
using Kind = SetOperation::Kind;

/// So many slices of an operation may belong to one turn.
constexpr int kOperationSlicesAtOnce = 4;

Status Build(Call& call, SetOperation& operation, SetBuilder& result) {
  for (int slices = 0;; ++slices) {
    if (slices == kOperationSlicesAtOnce && !call.tx.waits()) {
      return Fail(ErrorCode::kLong, "the sets are too large for one turn");
    }
    CW_ASSIGN(const bool done,
              operation.Advance(call.tx, [&](std::string_view subkey) -> Result<bool> {
                CW_TRY(result.Add(subkey));
                return true;
              }));
    if (done) return {};
    CW_TRY(call.tx.Breathe());
  }
}

Status Store(Call& call, Kind kind) {
  const KeyName name = call.Key(call.argv[1]);
  CW_ASSIGN(Sources sources, OpenSources(call.tx, name.generation, call.argv.subspan(2), kind));
  CountLookups(call.tx, sources);
  if (sources.wrong_type) return call.Error(kWrongType);
  CW_ASSIGN(const Lookup before, FindForWrite(call, name));
  SetBuilder result(call.tx, name.generation);
  if (sources.operation) CW_TRY(Build(call, *sources.operation, result));
  if (result.count() > 0) {
    CW_ASSIGN(const keyspace::Record record, result.Finish());
    CW_TRY(keyspace::PutRecord(call.tx, name, before, record));
  } else if (before.stored) {
    CW_TRY(keyspace::RemoveKey(call.tx, name, before));
  }
  call.reply.Integer(static_cast<int64_t>(result.count()));
  return {};
}

Status SInterStore(Call& call) { return Store(call, Kind::kIntersection); }

Status SUnionStore(Call& call) { return Store(call, Kind::kUnion); }

Status SDiffStore(Call& call) { return Store(call, Kind::kDifference); }

constexpr Command kRowsOfStore[] = {
    {.name = "sdiffstore",
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .keys = {Key(1, kOW | kUpdate), Keys(2, -1, 1, kRO | kAccess)},
     .handler = SDiffStore,
     .categories = kSetCategory,
     .docs = {.group = "set",
              .since = "1.0.0",
              .complexity = "O(N) where N is the number of members of all sets",
              .arguments = "destination#0 key#1...",
              .summary = "Stores the members of the first set that no other has."}},
    {.name = "sinterstore",
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .keys = {Key(1, kRW | kUpdate), Keys(2, -1, 1, kRO | kAccess)},
     .handler = SInterStore,
     .categories = kSetCategory,
     .docs = {.group = "set",
              .since = "1.0.0",
              .complexity = "O(N*M) where N is the number of members of the smallest set and M the "
                            "number of sets",
              .arguments = "destination#0 key#1...",
              .summary = "Stores the members that all sets have."}},
    {.name = "sunionstore",
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .keys = {Key(1, kOW | kUpdate), Keys(2, -1, 1, kRO | kAccess)},
     .handler = SUnionStore,
     .categories = kSetCategory,
     .docs = {.group = "set",
              .since = "1.0.0",
              .complexity = "O(N) where N is the number of members of all sets",
              .arguments = "destination#0 key#1...",
              .summary = "Stores the members that any set has."}},
};

}  // namespace

Rows StoreRows() { return kRowsOfStore; }

}  // namespace cordwood::commands::sets

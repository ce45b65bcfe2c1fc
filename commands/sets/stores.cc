// SINTERSTORE, SUNIONSTORE and SDIFFSTORE. A result that is more than a batch should hold is built
// in parts, beside other commands: docs/decisions/long_writes.md.

#include <optional>

#include "commands/all_commands.h"
#include "commands/core/error_texts.h"
#include "commands/core/events.h"
#include "commands/core/row.h"
#include "commands/core/set_operations.h"
#include "keyspace/types/set_builder.h"

namespace cordwood::commands::sets {
namespace {

using keyspace::KeyName;
using keyspace::SetBuilder;
using Kind = keyspace::SetOperation::Kind;

Status Store(Call& call, Kind kind, std::string_view event) {
  const KeyName name = call.Key(call.argv[1]);
  CW_ASSIGN(SetSources sources,
            OpenSources(call.tx, name.generation, QueryOf(kind, call.argv.subspan(2))));
  CountLookups(call.tx, name.generation, sources);
  if (sources.wrong_type) return call.Error(kWrongType);
  SetBuilder result(call.tx, name.generation);
  if (sources.operation) {
    CW_TRY(GoThrough(call.tx, *sources.operation,
                     [&](std::string_view subkey, double) { return result.Add(subkey); }));
  }
  std::optional<keyspace::Record> record;
  if (result.count() > 0) {
    CW_ASSIGN(record, result.Finish());
  }
  CW_TRY(StoreResult(call, name, {.event_class = EventClass::kSet, .name = event}, record));
  call.reply.Integer(static_cast<int64_t>(result.count()));
  return {};
}

Status SInterStore(Call& call) { return Store(call, Kind::kIntersection, "sinterstore"); }

Status SUnionStore(Call& call) { return Store(call, Kind::kUnion, "sunionstore"); }

Status SDiffStore(Call& call) { return Store(call, Kind::kDifference, "sdiffstore"); }

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

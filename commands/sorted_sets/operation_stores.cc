// ZUNIONSTORE, ZINTERSTORE and ZDIFFSTORE. A result that is more than a batch should hold is built
// in parts, beside other commands: docs/decisions/long_writes.md.

#include <optional>

#include "commands/all_commands.h"
#include "commands/core/error_texts.h"
#include "commands/core/events.h"
#include "commands/core/row.h"
#include "commands/core/set_operations.h"
#include "commands/sorted_sets/operation_args.h"
#include "keyspace/types/hashed_elements.h"
#include "keyspace/types/sorted_set_builder.h"

namespace cordwood::commands::sorted_sets {
namespace {

using keyspace::KeyName;
using keyspace::SortedSetBuilder;
using Kind = keyspace::SetOperation::Kind;

/// What is told of the result is called as the command.
Status Store(Call& call, std::string_view command, Kind kind) {
  const OperationArgs args = ParseOperation(
      call.argv, {.command = command, .kind = kind, .form = OperationSyntax::Form::kStore});
  if (!args.error.empty()) return ReplyError(call, args);
  const KeyName name = call.Key(call.argv[1]);
  CW_ASSIGN(SetSources sources, OpenSources(call.tx, name.generation, args.query));
  CountLookups(call.tx, name.generation, sources);
  if (sources.wrong_type) return call.Error(kWrongType);
  SortedSetBuilder result(call.tx, name.generation);
  if (sources.operation) {
    CW_TRY(GoThrough(call.tx, *sources.operation, [&](std::string_view subkey, double score) {
      return result.Add({.member = keyspace::HashedElements::NameIn(subkey), .score = score});
    }));
  }
  std::optional<keyspace::Record> record;
  if (result.count() > 0) {
    CW_ASSIGN(record, result.Finish());
  }
  CW_TRY(StoreResult(call, name, {.event_class = EventClass::kSortedSet, .name = command}, record));
  call.reply.Integer(static_cast<int64_t>(result.count()));
  return {};
}

Status ZUnionStore(Call& call) { return Store(call, "zunionstore", Kind::kUnion); }

Status ZInterStore(Call& call) { return Store(call, "zinterstore", Kind::kIntersection); }

Status ZDiffStore(Call& call) { return Store(call, "zdiffstore", Kind::kDifference); }

constexpr std::string_view kArgumentsOfStore =
    "destination#0 numkeys:integer key#1... [WEIGHTS weight:integer...] "
    "[AGGREGATE aggregate=(SUM | MIN | MAX)]";

constexpr Command kRowsOfOperationStore[] = {
    {.name = "zdiffstore",
     .arity = -4,
     .flags = kWrite | kDenyOom,
     .keys = {Key(1, kOW | kUpdate), CountedKeys(2, kRO | kAccess)},
     .handler = ZDiffStore,
     .categories = kSortedSetCategory,
     .docs = {.group = "sorted-set",
              .since = "6.2.0",
              .complexity = "O(N log N) where N is the number of members of all sets",
              .arguments = "destination#0 numkeys:integer key#1...",
              .summary = "Stores the members of the first sorted set that no other has."}},
    {.name = "zinterstore",
     .arity = -4,
     .flags = kWrite | kDenyOom,
     .keys = {Key(1, kOW | kUpdate), CountedKeys(2, kRO | kAccess)},
     .handler = ZInterStore,
     .categories = kSortedSetCategory,
     .docs = {.group = "sorted-set",
              .since = "2.0.0",
              .complexity = "O(N*K)+O(M log M) where N is the number of members of the smallest "
                            "set, K the number of sets and M that of results",
              .arguments = kArgumentsOfStore,
              .summary = "Stores the members that all sorted sets have."}},
    {.name = "zunionstore",
     .arity = -4,
     .flags = kWrite | kDenyOom,
     .keys = {Key(1, kOW | kUpdate), CountedKeys(2, kRO | kAccess)},
     .handler = ZUnionStore,
     .categories = kSortedSetCategory,
     .docs = {.group = "sorted-set",
              .since = "2.0.0",
              .complexity = "O(N)+O(M log M) where N is the number of members of all sets and M "
                            "that of results",
              .arguments = kArgumentsOfStore,
              .summary = "Stores the members that any sorted set has."}},
};

}  // namespace

Rows OperationStoreRows() { return kRowsOfOperationStore; }

}  // namespace cordwood::commands::sorted_sets

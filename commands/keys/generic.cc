// The commands for keys of any type that only look or remove.

#include <optional>
#include <string_view>
#include <vector>

#include "commands/all_commands.h"
#include "commands/core/events.h"
#include "commands/core/lookup.h"
#include "commands/core/row.h"
#include "keyspace/core/gathered_reads.h"
#include "keyspace/core/name_order.h"
#include "keyspace/types/traits.h"

namespace cordwood::commands::keys {
namespace {

using keyspace::KeyName;
using keyspace::Lookup;
using keyspace::RecordView;

Status Del(Call& call) {
  int64_t removed = 0;
  const std::span<const std::string_view> keys = call.argv.subspan(1);
  CW_ASSIGN(const keyspace::NameOrder order, keyspace::NameOrder::Of(call.tx, keys));
  keyspace::GatheredReads reads;
  for (size_t i = 0; i < order.size(); ++i) {
    CW_TRY(call.tx.Breathe());
    const KeyName name = call.Key(keys[order[i]]);
    const Result<Lookup> found = FindForWrite(call, name);
    if (!reads.Ok(found) || found->live() == nullptr) continue;
    CW_TRY(keyspace::RemoveKey(call.tx, name, *found));
    Notify(call, kDeleted, name.key);
    ++removed;
  }
  CW_TRY(reads.status());
  call.reply.Integer(removed);
  return {};
}

Status Exists(Call& call) {
  size_t existing = 0;
  std::vector<std::string_view> missing;
  const auto see = [&](std::string_view key, const std::optional<RecordView>& record) {
    if (record) {
      ++existing;
    } else {
      missing.push_back(key);
    }
    return true;
  };
  CW_TRY(SeeEach(call, call.argv.subspan(1), see));
  CountLookups(call, existing, missing);
  call.reply.Integer(static_cast<int64_t>(existing));
  return {};
}

// When a key was last used is not kept.
Status Touch(Call& call) { return Exists(call); }

Status Type(Call& call) {
  CW_ASSIGN(const std::optional<RecordView> record, LookUp(call, call.argv[1]));
  call.reply.SimpleString(record ? keyspace::TypeName(record->header.type) : "none");
  return {};
}

constexpr Command kRowsOfGeneric[] = {
    {.name = "del",
     .arity = -2,
     .flags = kWrite | kFrees,
     .keys = {Keys(1, -1, 1, kRM | kDelete)},
     .handler = Del,
     .categories = kKeyspaceCategory,
     .tips = "request_policy:multi_shard response_policy:agg_sum",
     .docs = {.group = "generic",
              .since = "1.0.0",
              .complexity = "O(N) where N is the number of keys",
              .arguments = "key#0...",
              .summary = "Deletes keys."}},
    {.name = "exists",
     .arity = -2,
     .flags = kReadOnly | kFast,
     .keys = {Keys(1, -1, 1, kRO)},
     .handler = Exists,
     .categories = kKeyspaceCategory,
     .tips = "request_policy:multi_shard response_policy:agg_sum",
     .docs = {.group = "generic",
              .since = "1.0.0",
              .complexity = "O(N) where N is the number of keys",
              .arguments = "key#0...",
              .summary = "Counts the keys that exist."}},
    {.name = "touch",
     .arity = -2,
     .flags = kReadOnly | kFast,
     .keys = {Keys(1, -1, 1, kRO)},
     .handler = Touch,
     .categories = kKeyspaceCategory,
     .tips = "request_policy:multi_shard response_policy:agg_sum",
     .docs = {.group = "generic",
              .since = "3.2.1",
              .complexity = "O(N) where N is the number of keys",
              .arguments = "key#0...",
              .summary = "Counts the keys that exist."}},
    {.name = "type",
     .arity = 2,
     .flags = kReadOnly | kFast,
     .keys = {Key(1, kRO)},
     .handler = Type,
     .categories = kKeyspaceCategory,
     .docs = {.group = "generic",
              .since = "1.0.0",
              .complexity = "O(1)",
              .arguments = "key#0",
              .summary = "Returns the type of a key's value."}},
    {.name = "unlink",
     .arity = -2,
     .flags = kWrite | kFrees | kFast,
     .keys = {Keys(1, -1, 1, kRM | kDelete)},
     .handler = Del,
     .categories = kKeyspaceCategory,
     .tips = "request_policy:multi_shard response_policy:agg_sum",
     .docs = {.group = "generic",
              .since = "4.0.0",
              .complexity = "O(N) where N is the number of keys",
              .arguments = "key#0...",
              .summary = "Deletes keys."}},
};

}  // namespace

Rows GenericRows() { return kRowsOfGeneric; }

}  // namespace cordwood::commands::keys

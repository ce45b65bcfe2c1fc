// The commands that change hashes.

#include <cmath>

#include "base/number.h"
#include "commands/all_commands.h"
#include "commands/core/arg_reader.h"
#include "commands/core/error_texts.h"
#include "commands/core/events.h"
#include "commands/core/open.h"
#include "commands/core/row.h"
#include "keyspace/types/hashes.h"

namespace cordwood::commands::hashes {
namespace {

using keyspace::Hash;
using keyspace::Item;

constexpr Event kFieldsSet = {.event_class = EventClass::kHash, .name = "hset"};
constexpr Event kFieldsDeleted = {.event_class = EventClass::kHash, .name = "hdel"};
constexpr Event kIncremented = {.event_class = EventClass::kHash, .name = "hincrby"};
constexpr Event kFloatIncremented = {.event_class = EventClass::kHash, .name = "hincrbyfloat"};

/// Sets the pairs from argv[2] on; answers how many are new, or nothing after an error reply.
Result<std::optional<uint64_t>> SetPairs(Call& call, std::string_view command) {
  if (call.argv.size() % 2 == 1) {
    call.reply.Error(WrongArity(command));
    return std::nullopt;
  }
  std::optional<Hash> hash;
  CW_TRY(OpenForWrite(call, call.argv[1], hash));
  if (!hash) return std::nullopt;
  if (call.argv.size() == 4) {  // mostly
    const Item pair = {.name = call.argv[2], .value = call.argv[3]};
    CW_ASSIGN(const uint64_t created, hash->Set({&pair, 1}));
    Notify(call, kFieldsSet, call.argv[1]);
    return created;
  }
  std::vector<Item> pairs;
  pairs.reserve(call.argv.size() / 2 - 1);
  for (size_t i = 2; i < call.argv.size(); i += 2) {
    pairs.push_back({.name = call.argv[i], .value = call.argv[i + 1]});
  }
  CW_ASSIGN(const uint64_t created, hash->Set(pairs));
  Notify(call, kFieldsSet, call.argv[1]);
  return created;
}

Status HSet(Call& call) {
  CW_ASSIGN(const std::optional<uint64_t> created, SetPairs(call, "hset"));
  if (created) call.reply.Integer(static_cast<int64_t>(*created));
  return {};
}

Status HMSet(Call& call) {
  CW_ASSIGN(const std::optional<uint64_t> created, SetPairs(call, "hmset"));
  if (created) call.reply.Ok();
  return {};
}

Status HSetNx(Call& call) {
  std::optional<Hash> hash;
  CW_TRY(OpenForWrite(call, call.argv[1], hash));
  if (!hash) return {};
  CW_ASSIGN(const std::optional<std::string> old, hash->Get(call.argv[2]));
  if (!old) {
    const Item pair = {.name = call.argv[2], .value = call.argv[3]};
    CW_TRY(hash->Set({&pair, 1}));
    Notify(call, kFieldsSet, call.argv[1]);
  }
  call.reply.Integer(old ? 0 : 1);
  return {};
}

Status HDel(Call& call) {
  std::optional<Hash> hash;
  CW_TRY(OpenForWrite(call, call.argv[1], hash));
  if (!hash) return {};
  CW_ASSIGN(const uint64_t removed, hash->Remove(call.argv.subspan(2)));
  if (removed > 0) NotifyTaken(call, kFieldsDeleted, call.argv[1], !hash->exists());
  call.reply.Integer(static_cast<int64_t>(removed));
  return {};
}

Status HIncrBy(Call& call) {
  const std::optional<int64_t> increment = ArgReader(call, 3).Int64();
  if (!increment) return {};
  std::optional<Hash> hash;
  CW_TRY(OpenForWrite(call, call.argv[1], hash));
  if (!hash) return {};
  CW_ASSIGN(const std::optional<std::string> old, hash->Get(call.argv[2]));
  const std::optional<int64_t> number = old ? ParseInt64(*old) : 0;
  if (!number) return call.Error("ERR hash value is not an integer");
  int64_t sum = 0;
  if (__builtin_add_overflow(*number, *increment, &sum)) return call.Error(kIncrementOverflows);
  std::string text;
  AppendInt64(text, sum);
  const Item pair = {.name = call.argv[2], .value = text};
  CW_TRY(hash->Set({&pair, 1}));
  Notify(call, kIncremented, call.argv[1]);
  call.reply.Integer(sum);
  return {};
}

Status HIncrByFloat(Call& call) {
  const std::optional<long double> increment = ArgReader(call, 3).LongDouble();
  if (!increment) return {};
  if (!std::isfinite(*increment)) return call.Error("ERR value is NaN or Infinity");
  std::optional<Hash> hash;
  CW_TRY(OpenForWrite(call, call.argv[1], hash));
  if (!hash) return {};
  CW_ASSIGN(const std::optional<std::string> old, hash->Get(call.argv[2]));
  const std::optional<long double> number = old ? ParseLongDouble(*old) : 0;
  if (!number) return call.Error("ERR hash value is not a float");
  const long double sum = *number + *increment;
  if (!std::isfinite(sum)) return call.Error(kIncrementNotFinite);
  const std::string text = FormatLongDouble(sum);
  const Item pair = {.name = call.argv[2], .value = text};
  CW_TRY(hash->Set({&pair, 1}));
  Notify(call, kFloatIncremented, call.argv[1]);
  call.reply.Bulk(text);
  return {};
}

constexpr Command kRowsOfWrite[] = {
    {.name = "hdel",
     .arity = -3,
     .flags = kWrite | kFrees | kFast,
     .keys = {Key(1, kRW | kDelete)},
     .handler = HDel,
     .categories = kHashCategory,
     .docs = {.group = "hash",
              .since = "2.0.0",
              .complexity = "O(N) where N is the number of fields named",
              .arguments = "key#0 field...",
              .summary = "Deletes fields, and the hash with its last one."}},
    {.name = "hincrby",
     .arity = 4,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {Key(1, kRW | kAccess | kUpdate)},
     .handler = HIncrBy,
     .categories = kHashCategory,
     .docs = {.group = "hash",
              .since = "2.0.0",
              .complexity = "O(1)",
              .arguments = "key#0 field increment:integer",
              .summary = "Adds a number to an integer in a field."}},
    {.name = "hincrbyfloat",
     .arity = 4,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {Key(1, kRW | kAccess | kUpdate)},
     .handler = HIncrByFloat,
     .categories = kHashCategory,
     .docs = {.group = "hash",
              .since = "2.6.0",
              .complexity = "O(1)",
              .arguments = "key#0 field increment:double",
              .summary = "Adds a number to a floating-point number in a field."}},
    {.name = "hmset",
     .arity = -4,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {Key(1, kRW | kUpdate)},
     .handler = HMSet,
     .categories = kHashCategory,
     .docs = {.group = "hash",
              .since = "2.0.0",
              .complexity = "O(N) where N is the number of fields named",
              .arguments = "key#0 data=<field value>...",
              .summary = "Sets several fields; HSET by its old name.",
              .deprecated_since = "4.0.0",
              .replaced_by = "HSET with several fields"}},
    {.name = "hset",
     .arity = -4,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {Key(1, kRW | kUpdate)},
     .handler = HSet,
     .categories = kHashCategory,
     .docs = {.group = "hash",
              .since = "2.0.0",
              .complexity = "O(N) where N is the number of fields named",
              .arguments = "key#0 data=<field value>...",
              .summary = "Sets fields."}},
    {.name = "hsetnx",
     .arity = 4,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {Key(1, kRW | kInsert)},
     .handler = HSetNx,
     .categories = kHashCategory,
     .docs = {.group = "hash",
              .since = "2.0.0",
              .complexity = "O(1)",
              .arguments = "key#0 field value",
              .summary = "Sets a field that does not exist."}},
};

}  // namespace

Rows WriteRows() { return kRowsOfWrite; }

}  // namespace cordwood::commands::hashes

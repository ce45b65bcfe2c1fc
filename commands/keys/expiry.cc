// The commands that set, show and remove the expiry of a key.

#include <cstdint>
#include <limits>
#include <optional>

#include "base/ascii.h"
#include "base/format.h"
#include "base/number.h"
#include "commands/all_commands.h"
#include "commands/core/error_texts.h"
#include "commands/core/events.h"
#include "commands/core/lookup.h"
#include "commands/core/row.h"
#include "keyspace/types/strings.h"

namespace cordwood::commands::keys {
namespace {

using keyspace::KeyName;
using keyspace::Lookup;
using keyspace::Record;

constexpr int64_t kMsPerSecond = 1000;

struct Conditions {
  bool if_none = false;     // NX
  bool if_some = false;     // XX
  bool if_later = false;    // GT: no expiry is later than any
  bool if_earlier = false;  // LT
};

/// Replies and answers nothing if the options make no sense.
std::optional<Conditions> TakeConditions(Call& call) {
  Conditions conditions;
  for (const std::string_view option : call.argv.subspan(3)) {
    if (EqualsIgnoreCase(option, "NX")) {
      conditions.if_none = true;
    } else if (EqualsIgnoreCase(option, "XX")) {
      conditions.if_some = true;
    } else if (EqualsIgnoreCase(option, "GT")) {
      conditions.if_later = true;
    } else if (EqualsIgnoreCase(option, "LT")) {
      conditions.if_earlier = true;
    } else {
      call.reply.Error(Format("ERR Unsupported option {}", AsPrintedLast(option)));
      return std::nullopt;
    }
  }
  if (conditions.if_none && (conditions.if_some || conditions.if_later || conditions.if_earlier)) {
    call.reply.Error("ERR NX and XX, GT or LT options at the same time are not compatible");
    return std::nullopt;
  }
  if (conditions.if_later && conditions.if_earlier) {
    call.reply.Error("ERR GT and LT options at the same time are not compatible");
    return std::nullopt;
  }
  return conditions;
}

bool Allows(const Conditions& conditions, std::optional<int64_t> current_ms, int64_t expiry_ms) {
  if (conditions.if_none && current_ms) return false;
  if (conditions.if_some && !current_ms) return false;
  if (conditions.if_later && (!current_ms || expiry_ms <= *current_ms)) return false;
  if (conditions.if_earlier && current_ms && expiry_ms >= *current_ms) return false;
  return true;
}

/// What a time argument counts.
struct TimeScale {
  int64_t unit_ms = 1;
  bool from_now = false;
};

/// argv[2] in milliseconds since 1970; may lie in the past, before 1970 too. Replies and answers
/// nothing if it is no time.
std::optional<int64_t> TakeTime(Call& call, TimeScale scale) {
  const std::optional<int64_t> number = ParseInt64(call.argv[2]);
  if (!number) {
    call.reply.Error(kNotAnInteger);
    return std::nullopt;
  }
  int64_t time_ms = 0;
  if (__builtin_mul_overflow(*number, scale.unit_ms, &time_ms) ||
      __builtin_add_overflow(time_ms, scale.from_now ? call.tx.now_ms() : 0, &time_ms)) {
    call.reply.Error(InvalidExpireTime(ToLower(call.argv[0])));
    return std::nullopt;
  }
  return time_ms;
}

Status ExpireAt(Call& call, TimeScale scale) {
  const std::optional<Conditions> conditions = TakeConditions(call);
  if (!conditions) return {};
  const std::optional<int64_t> expiry_ms = TakeTime(call, scale);
  if (!expiry_ms) return {};
  const KeyName name = call.Key(call.argv[1]);
  CW_ASSIGN(const Lookup found, FindForWrite(call, name));
  if (found.live() == nullptr || !Allows(*conditions, found.live()->expiry_ms, *expiry_ms)) {
    call.reply.Integer(0);
    return {};
  }
  if (*expiry_ms <= call.tx.now_ms()) {
    CW_TRY(keyspace::RemoveKey(call.tx, name, found));
    Notify(call, kDeleted, name.key);
  } else {
    CW_ASSIGN(Record record, keyspace::ForNewHeader(call.tx, name.generation, *found.live()));
    record.expiry_ms = expiry_ms;
    CW_TRY(keyspace::PutRecord(call.tx, name, found, record));
    Notify(call, kExpirySet, name.key);
  }
  call.reply.Integer(1);
  return {};
}

Status Expire(Call& call) { return ExpireAt(call, {.unit_ms = kMsPerSecond, .from_now = true}); }
Status PExpire(Call& call) { return ExpireAt(call, {.unit_ms = 1, .from_now = true}); }
Status ExpireAtSecond(Call& call) {
  return ExpireAt(call, {.unit_ms = kMsPerSecond, .from_now = false});
}
Status PExpireAt(Call& call) { return ExpireAt(call, {.unit_ms = 1, .from_now = false}); }

Status Persist(Call& call) {
  const KeyName name = call.Key(call.argv[1]);
  CW_ASSIGN(const Lookup found, FindForWrite(call, name));
  const bool expires = found.live() != nullptr && found.live()->expiry_ms;
  if (expires) {
    CW_ASSIGN(Record record, keyspace::ForNewHeader(call.tx, name.generation, *found.live()));
    record.expiry_ms.reset();
    CW_TRY(keyspace::PutRecord(call.tx, name, found, record));
    Notify(call, kExpiryRemoved, name.key);
  }
  call.reply.Integer(expires ? 1 : 0);
  return {};
}

/// To the nearest second, as Redis rounds.
int64_t InUnits(int64_t ms, TimeScale scale) {
  return scale.unit_ms == 1 ? ms : ms / kMsPerSecond + (ms % kMsPerSecond >= 500 ? 1 : 0);
}

/// Replies when the key expires; -1 if it does not, -2 if there is no such key.
Status ReplyExpiry(Call& call, TimeScale scale) {
  CW_ASSIGN(const std::optional<keyspace::RecordView> record, LookUp(call, call.argv[1]));
  if (!record) {
    call.reply.Integer(-2);
  } else if (!record->header.expiry_ms) {
    call.reply.Integer(-1);
  } else {
    const int64_t since_ms = scale.from_now ? call.tx.now_ms() : 0;
    call.reply.Integer(InUnits(*record->header.expiry_ms - since_ms, scale));
  }
  return {};
}

Status Ttl(Call& call) { return ReplyExpiry(call, {.unit_ms = kMsPerSecond, .from_now = true}); }
Status PTtl(Call& call) { return ReplyExpiry(call, {.unit_ms = 1, .from_now = true}); }
Status ExpireTime(Call& call) {
  return ReplyExpiry(call, {.unit_ms = kMsPerSecond, .from_now = false});
}
Status PExpireTime(Call& call) { return ReplyExpiry(call, {.unit_ms = 1, .from_now = false}); }

constexpr Command kRowsOfExpiry[] = {
    {.name = "expire",
     .arity = -3,
     .flags = kWrite | kFast,
     .keys = {Key(1, kRW | kUpdate)},
     .handler = Expire,
     .categories = kKeyspaceCategory,
     .docs = {.group = "generic",
              .since = "1.0.0",
              .complexity = "O(1)",
              .arguments = "key#0 seconds:integer [condition=(NX | XX | GT | LT)@7.0.0]",
              .summary = "Lets a key expire in a number of seconds."}},
    {.name = "expireat",
     .arity = -3,
     .flags = kWrite | kFast,
     .keys = {Key(1, kRW | kUpdate)},
     .handler = ExpireAtSecond,
     .categories = kKeyspaceCategory,
     .docs = {.group = "generic",
              .since = "1.2.0",
              .complexity = "O(1)",
              .arguments =
                  "key#0 unix-time-seconds:unix-time [condition=(NX | XX | GT | LT)@7.0.0]",
              .summary = "Lets a key expire at a second."}},
    {.name = "expiretime",
     .arity = 2,
     .flags = kReadOnly | kFast,
     .keys = {Key(1, kRO | kAccess)},
     .handler = ExpireTime,
     .categories = kKeyspaceCategory,
     .docs = {.group = "generic",
              .since = "7.0.0",
              .complexity = "O(1)",
              .arguments = "key#0",
              .summary = "Returns the second at which a key expires."}},
    {.name = "persist",
     .arity = 2,
     .flags = kWrite | kFast,
     .keys = {Key(1, kRW | kUpdate)},
     .handler = Persist,
     .categories = kKeyspaceCategory,
     .docs = {.group = "generic",
              .since = "2.2.0",
              .complexity = "O(1)",
              .arguments = "key#0",
              .summary = "Removes the expiry of a key."}},
    {.name = "pexpire",
     .arity = -3,
     .flags = kWrite | kFast,
     .keys = {Key(1, kRW | kUpdate)},
     .handler = PExpire,
     .categories = kKeyspaceCategory,
     .docs = {.group = "generic",
              .since = "2.6.0",
              .complexity = "O(1)",
              .arguments = "key#0 milliseconds:integer [condition=(NX | XX | GT | LT)@7.0.0]",
              .summary = "Lets a key expire in a number of milliseconds."}},
    {.name = "pexpireat",
     .arity = -3,
     .flags = kWrite | kFast,
     .keys = {Key(1, kRW | kUpdate)},
     .handler = PExpireAt,
     .categories = kKeyspaceCategory,
     .docs = {.group = "generic",
              .since = "2.6.0",
              .complexity = "O(1)",
              .arguments =
                  "key#0 unix-time-milliseconds:unix-time [condition=(NX | XX | GT | LT)@7.0.0]",
              .summary = "Lets a key expire at a millisecond."}},
    {.name = "pexpiretime",
     .arity = 2,
     .flags = kReadOnly | kFast,
     .keys = {Key(1, kRO | kAccess)},
     .handler = PExpireTime,
     .categories = kKeyspaceCategory,
     .docs = {.group = "generic",
              .since = "7.0.0",
              .complexity = "O(1)",
              .arguments = "key#0",
              .summary = "Returns the millisecond at which a key expires."}},
    {.name = "pttl",
     .arity = 2,
     .flags = kReadOnly | kFast,
     .keys = {Key(1, kRO | kAccess)},
     .handler = PTtl,
     .categories = kKeyspaceCategory,
     .tips = "nondeterministic_output",
     .docs = {.group = "generic",
              .since = "2.6.0",
              .complexity = "O(1)",
              .arguments = "key#0",
              .summary = "Returns the milliseconds until a key expires."}},
    {.name = "ttl",
     .arity = 2,
     .flags = kReadOnly | kFast,
     .keys = {Key(1, kRO | kAccess)},
     .handler = Ttl,
     .categories = kKeyspaceCategory,
     .tips = "nondeterministic_output",
     .docs = {.group = "generic",
              .since = "1.0.0",
              .complexity = "O(1)",
              .arguments = "key#0",
              .summary = "Returns the seconds until a key expires."}},
};

}  // namespace

Rows ExpiryRows() { return kRowsOfExpiry; }

}  // namespace cordwood::commands::keys

// The commands that set whole strings, and those that read one and change its key.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "base/number.h"
#include "commands/all_commands.h"
#include "commands/core/arg_reader.h"
#include "commands/core/error_texts.h"
#include "commands/core/events.h"
#include "commands/core/lookup.h"
#include "commands/core/row.h"
#include "commands/strings/put_string.h"
#include "keyspace/core/gathered_reads.h"
#include "keyspace/core/name_order.h"
#include "keyspace/types/strings.h"

namespace cordwood::commands::strings {
namespace {

using keyspace::KeyName;
using keyspace::Lookup;
using keyspace::Record;
using keyspace::Type;

constexpr int64_t kMsPerSecond = 1000;

/// How an expiry was given. The name of the option says the unit and whether it is from now.
enum class TimeOption : uint8_t { kNone, kEx, kPx, kExAt, kPxAt };

struct Options {
  bool if_absent = false;
  bool if_present = false;
  bool get = false;
  bool keep_ttl = false;
  bool persist = false;
  TimeOption time_option = TimeOption::kNone;
  std::string_view time;
};

enum class OptionSet : uint8_t { kOfSet, kOfGetEx };

constexpr Event kStringSet = {.event_class = EventClass::kString, .name = "set"};

bool TakeTime(ArgReader& args, Options& options, std::string_view keyword, TimeOption option) {
  const TimeOption given = options.time_option;
  if (options.keep_ttl || options.persist) return false;
  if (given != TimeOption::kNone && given != option) return false;
  if (!args.MatchBefore(keyword, 1)) return false;
  options.time_option = option;
  options.time = args.Next();
  return true;
}

/// False if the next argument is no option, or contradicts one before it.
bool TakeOption(ArgReader& args, OptionSet allowed, Options& options) {
  const bool no_time = options.time_option == TimeOption::kNone;
  if (allowed == OptionSet::kOfSet) {
    if (!options.if_present && args.Match("NX")) return options.if_absent = true;
    if (!options.if_absent && args.Match("XX")) return options.if_present = true;
    if (args.Match("GET")) return options.get = true;
    if (no_time && args.Match("KEEPTTL")) return options.keep_ttl = true;
  } else if (no_time && args.Match("PERSIST")) {
    return options.persist = true;
  }
  return TakeTime(args, options, "EX", TimeOption::kEx) ||
         TakeTime(args, options, "PX", TimeOption::kPx) ||
         TakeTime(args, options, "EXAT", TimeOption::kExAt) ||
         TakeTime(args, options, "PXAT", TimeOption::kPxAt);
}

/// Replies and answers nothing if the options from argv[first] on make no sense.
std::optional<Options> TakeOptions(Call& call, size_t first, OptionSet allowed) {
  Options options;
  for (ArgReader args(call, first); !args.done();) {
    if (TakeOption(args, allowed, options)) continue;
    call.reply.Error(kSyntaxError);
    return std::nullopt;
  }
  return options;
}

/// The moment in milliseconds since 1970; replies and answers nothing if it makes no sense.
std::optional<int64_t> TakeExpiry(Call& call, std::string_view command, TimeOption option,
                                  std::string_view time) {
  const std::optional<int64_t> number = ParseInt64(time);
  if (!number) {
    call.reply.Error(kNotAnInteger);
    return std::nullopt;
  }
  const bool in_seconds = option == TimeOption::kEx || option == TimeOption::kExAt;
  const bool from_now = option == TimeOption::kEx || option == TimeOption::kPx;
  int64_t expiry_ms = *number;
  const bool overflows =
      (in_seconds && __builtin_mul_overflow(expiry_ms, kMsPerSecond, &expiry_ms)) ||
      (from_now && __builtin_add_overflow(expiry_ms, call.tx.now_ms(), &expiry_ms));
  if (*number <= 0 || overflows || expiry_ms <= 0) {
    call.reply.Error(InvalidExpireTime(command));
    return std::nullopt;
  }
  return expiry_ms;
}

/// Of the key under argv[1].
void NotifySet(Call& call, bool with_time) {
  Notify(call, kStringSet, call.argv[1]);
  if (with_time) Notify(call, kExpirySet, call.argv[1]);
}

/// SET with options that depend on what is there.
Status SetConditionally(Call& call, const Options& options, std::optional<int64_t> expiry_ms) {
  const KeyName name = call.Key(call.argv[1]);
  CW_ASSIGN(const Lookup before, FindForWrite(call, name));
  const Record* old = before.live();
  if (options.get) {
    CountLookup(call, name, old != nullptr);
    if (RepliedWrongType(call, old, Type::kString)) return {};
    CW_TRY(ReplyString(call, name, old));
  }
  if (old != nullptr ? options.if_absent : options.if_present) {
    if (!options.get) call.reply.Null();
    return {};
  }
  if (options.keep_ttl && old != nullptr) expiry_ms = old->expiry_ms;
  const Record record{.expiry_ms = expiry_ms, .payload = std::string(call.argv[2])};
  CW_TRY(keyspace::PutRecord(call.tx, name, before, record));
  NotifySet(call, options.time_option != TimeOption::kNone);
  if (!options.get) call.reply.Ok();
  return {};
}

Status SetWithTime(Call& call, std::string_view command, TimeOption option) {
  const std::optional<int64_t> expiry_ms = TakeExpiry(call, command, option, call.argv[2]);
  if (!expiry_ms) return {};
  CW_TRY(keyspace::SetString(call.tx, call.Key(call.argv[1]), call.argv[3], expiry_ms));
  NotifySet(call, true);
  call.reply.Ok();
  return {};
}

/// Replies with the string under argv[1] for a command that goes on to change its key. Answers
/// nothing if a reply of another type or of no key ended the command.
Result<std::optional<Lookup>> ReplyAndFind(Call& call) {
  const KeyName name = call.Key(call.argv[1]);
  CW_ASSIGN(Lookup found, FindForWrite(call, name));
  const Record* record = found.live();
  CountLookup(call, name, record != nullptr);
  if (RepliedWrongType(call, record, Type::kString)) return std::nullopt;
  CW_TRY(ReplyString(call, name, record));
  return found;
}

Status Set(Call& call) {
  const std::optional<Options> options = TakeOptions(call, 3, OptionSet::kOfSet);
  if (!options) return {};
  std::optional<int64_t> expiry_ms;
  if (options->time_option != TimeOption::kNone) {
    expiry_ms = TakeExpiry(call, "set", options->time_option, options->time);
    if (!expiry_ms) return {};
  }
  if (options->if_absent || options->if_present || options->get || options->keep_ttl) {
    return SetConditionally(call, *options, expiry_ms);
  }
  CW_TRY(keyspace::SetString(call.tx, call.Key(call.argv[1]), call.argv[2], expiry_ms));
  NotifySet(call, expiry_ms.has_value());
  call.reply.Ok();
  return {};
}

Status SetEx(Call& call) { return SetWithTime(call, "setex", TimeOption::kEx); }

Status PSetEx(Call& call) { return SetWithTime(call, "psetex", TimeOption::kPx); }

Status SetNx(Call& call) {
  const KeyName name = call.Key(call.argv[1]);
  CW_ASSIGN(const Lookup before, FindForWrite(call, name));
  if (before.live() == nullptr) {
    CW_TRY(PutKeepingExpiry(call, name, before, std::string(call.argv[2])));
    NotifySet(call, false);
  }
  call.reply.Integer(before.live() == nullptr ? 1 : 0);
  return {};
}

Status GetSet(Call& call) {
  CW_ASSIGN(const std::optional<Lookup> before, ReplyAndFind(call));
  if (!before) return {};
  const Record record{.payload = std::string(call.argv[2])};
  CW_TRY(keyspace::PutRecord(call.tx, call.Key(call.argv[1]), *before, record));
  NotifySet(call, false);
  return {};
}

Status GetDel(Call& call) {
  CW_ASSIGN(const std::optional<Lookup> before, ReplyAndFind(call));
  if (!before || before->live() == nullptr) return {};
  CW_TRY(keyspace::RemoveKey(call.tx, call.Key(call.argv[1]), *before));
  Notify(call, kDeleted, call.argv[1]);
  return {};
}

Status GetEx(Call& call) {
  const std::optional<Options> options = TakeOptions(call, 2, OptionSet::kOfGetEx);
  if (!options) return {};
  const KeyName name = call.Key(call.argv[1]);
  CW_ASSIGN(const Lookup before, FindForWrite(call, name));
  const Record* old = before.live();
  CountLookup(call, name, old != nullptr);
  if (RepliedWrongType(call, old, Type::kString)) return {};
  if (old == nullptr) {
    call.reply.Null();
    return {};
  }
  std::optional<int64_t> expiry_ms;
  if (options->time_option != TimeOption::kNone) {
    expiry_ms = TakeExpiry(call, "getex", options->time_option, options->time);
    if (!expiry_ms) return {};
  }
  CW_TRY(ReplyString(call, name, old));
  if (!expiry_ms && !options->persist) return {};
  if (expiry_ms && *expiry_ms <= call.tx.now_ms()) {
    CW_TRY(keyspace::RemoveKey(call.tx, name, before));
    Notify(call, kDeleted, name.key);
    return {};
  }
  if (expiry_ms || old->expiry_ms) Notify(call, expiry_ms ? kExpirySet : kExpiryRemoved, name.key);
  if (expiry_ms == old->expiry_ms) return {};
  CW_ASSIGN(Record record, keyspace::ForNewHeader(call.tx, name.generation, *old));
  record.expiry_ms = expiry_ms;
  return keyspace::PutRecord(call.tx, name, before, record);
}

Status MSet(Call& call) {
  if (call.argv.size() % 2 == 0) return call.Error(WrongArity("mset"));
  // The last one counts of a key that is named twice: they stay in turn.
  const std::span<const std::string_view> pairs = call.argv.subspan(1);
  CW_ASSIGN(const keyspace::NameOrder order, keyspace::NameOrder::Of(call.tx, pairs, 2));
  keyspace::GatheredReads reads;
  for (size_t i = 0; i < order.size() && !reads.failed(); ++i) {
    const size_t at = order[i];
    reads.Ok(keyspace::SetString(call.tx, call.Key(pairs[at]), pairs[at + 1], std::nullopt));
    Notify(call, kStringSet, pairs[at]);
    CW_TRY(call.tx.Breathe());
  }
  CW_TRY(reads.status());
  call.reply.Ok();
  return {};
}

Status MSetNx(Call& call) {
  if (call.argv.size() % 2 == 0) return call.Error(WrongArity("msetnx"));
  const std::span<const std::string_view> pairs = call.argv.subspan(1);
  CW_ASSIGN(const keyspace::NameOrder order, keyspace::NameOrder::Of(call.tx, pairs, 2));
  keyspace::GatheredReads reads;
  for (size_t i = 0; i < order.size() && !reads.failed(); ++i) {
    CW_TRY(call.tx.Breathe());
    const Result<Lookup> found = FindForWrite(call, call.Key(pairs[order[i]]));
    if (!reads.Ok(found) || found->live() == nullptr) continue;
    call.reply.Integer(0);
    return {};
  }
  CW_TRY(reads.status());
  for (size_t i = 0; i < order.size(); ++i) {
    CW_TRY(call.tx.Breathe());
    const size_t at = order[i];
    CW_TRY(keyspace::SetString(call.tx, call.Key(pairs[at]), pairs[at + 1], std::nullopt));
    Notify(call, kStringSet, pairs[at]);
  }
  call.reply.Integer(1);
  return {};
}

/// GET is an option wherever it stands, also where it is the value of another and fails later.
std::optional<KeyRanges> KeysOfSet(std::span<const std::string_view> argv) {
  const bool gets = std::ranges::any_of(
      argv.subspan(3), [](std::string_view word) { return EqualsIgnoreCase(word, "GET"); });
  const uint16_t access = gets ? kRW | kAccess | kUpdate : kOW | kUpdate;
  return KeyRanges{{.first = 1, .last = 1, .access = access}};
}

constexpr Command kRowsOfSet[] = {
    {.name = "getdel",
     .arity = 2,
     .flags = kWrite | kFrees | kFast,
     .keys = {Key(1, kRW | kAccess | kDelete)},
     .handler = GetDel,
     .categories = kStringCategory,
     .docs = {.group = "string",
              .since = "6.2.0",
              .complexity = "O(1)",
              .arguments = "key#0",
              .summary = "Returns a string and deletes its key."}},
    {.name = "getex",
     .arity = -2,
     .flags = kWrite | kFast,
     .keys = {Key(1, kRW | kAccess | kUpdate, "changes when the key expires")},
     .handler = GetEx,
     .categories = kStringCategory,
     .docs = {.group = "string",
              .since = "6.2.0",
              .complexity = "O(1)",
              .arguments =
                  "key#0 [expiration=(EX seconds:integer | PX milliseconds:integer | EXAT "
                  "unix-time-seconds:unix-time | PXAT unix-time-milliseconds:unix-time | PERSIST)]",
              .summary = "Returns a string and sets or removes its expiry."}},
    {.name = "getset",
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {Key(1, kRW | kAccess | kUpdate)},
     .handler = GetSet,
     .categories = kStringCategory,
     .docs = {.group = "string",
              .since = "1.0.0",
              .complexity = "O(1)",
              .arguments = "key#0 value",
              .summary = "Sets a string and returns the one before.",
              .deprecated_since = "6.2.0",
              .replaced_by = "SET with GET"}},
    {.name = "mset",
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .keys = {Keys(1, -1, 2, kOW | kUpdate)},
     .handler = MSet,
     .categories = kStringCategory,
     .tips = "request_policy:multi_shard response_policy:all_succeeded",
     .docs = {.group = "string",
              .since = "1.0.1",
              .complexity = "O(N) where N is the number of keys",
              .arguments = "data=<key#0 value>...",
              .summary = "Sets several strings at once."}},
    {.name = "msetnx",
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .keys = {Keys(1, -1, 2, kOW | kInsert)},
     .handler = MSetNx,
     .categories = kStringCategory,
     .docs = {.group = "string",
              .since = "1.0.1",
              .complexity = "O(N) where N is the number of keys",
              .arguments = "data=<key#0 value>...",
              .summary = "Sets several strings at once if none of the keys exists."}},
    {.name = "psetex",
     .arity = 4,
     .flags = kWrite | kDenyOom,
     .keys = {Key(1, kOW | kUpdate)},
     .handler = PSetEx,
     .categories = kStringCategory,
     .docs = {.group = "string",
              .since = "2.6.0",
              .complexity = "O(1)",
              .arguments = "key#0 milliseconds:integer value",
              .summary = "Sets a string with an expiry in milliseconds.",
              .deprecated_since = "2.6.12",
              .replaced_by = "SET with PX"}},
    {.name = "set",
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .keys = {Key(1, kRW | kAccess | kUpdate | kVariableFlags, "reads the old value with GET")},
     .find_keys = KeysOfSet,
     .handler = Set,
     .categories = kStringCategory,
     .docs = {.group = "string",
              .since = "1.0.0",
              .complexity = "O(1)",
              .arguments = "key#0 value [condition=(NX | XX)@2.6.12] [GET@6.2.0] [expiration=(EX "
                           "seconds:integer@2.6.12 | PX milliseconds:integer@2.6.12 | EXAT "
                           "unix-time-seconds:unix-time@6.2.0 | PXAT "
                           "unix-time-milliseconds:unix-time@6.2.0 | KEEPTTL@6.0.0)]",
              .summary = "Sets a string, on conditions if asked to."}},
    {.name = "setex",
     .arity = 4,
     .flags = kWrite | kDenyOom,
     .keys = {Key(1, kOW | kUpdate)},
     .handler = SetEx,
     .categories = kStringCategory,
     .docs = {.group = "string",
              .since = "2.0.0",
              .complexity = "O(1)",
              .arguments = "key#0 seconds:integer value",
              .summary = "Sets a string with an expiry in seconds.",
              .deprecated_since = "2.6.12",
              .replaced_by = "SET with EX"}},
    {.name = "setnx",
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {Key(1, kOW | kInsert)},
     .handler = SetNx,
     .categories = kStringCategory,
     .docs = {.group = "string",
              .since = "1.0.0",
              .complexity = "O(1)",
              .arguments = "key#0 value",
              .summary = "Sets a string if the key does not exist.",
              .deprecated_since = "2.6.12",
              .replaced_by = "SET with NX"}},
};

}  // namespace

Rows SetRows() { return kRowsOfSet; }

}  // namespace cordwood::commands::strings

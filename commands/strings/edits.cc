// APPEND, SETRANGE and the commands that count: they read a string and write another.

#include <cmath>
#include <limits>

#include "base/number.h"
#include "commands/all_commands.h"
#include "commands/core/arg_reader.h"
#include "commands/core/error_texts.h"
#include "commands/core/events.h"
#include "commands/core/lookup.h"
#include "commands/core/row.h"
#include "commands/core/settings.h"
#include "commands/strings/put_string.h"
#include "keyspace/types/strings.h"

namespace cordwood::commands::strings {
namespace {

using keyspace::KeyName;
using keyspace::Lookup;
using keyspace::Record;
using keyspace::String;
using keyspace::Type;

constexpr Event kIncremented = {.event_class = EventClass::kString, .name = "incrby"};
constexpr Event kFloatIncremented = {.event_class = EventClass::kString, .name = "incrbyfloat"};
constexpr Event kAppended = {.event_class = EventClass::kString, .name = "append"};
constexpr Event kRangeSet = {.event_class = EventClass::kString, .name = "setrange"};

/// What Redis reads a number from at most.
constexpr uint64_t kNumberBytesMax = 5 * 1024 - 1;

/// What a number is to be read from: the string, or nothing if it is longer than any number.
/// `digits` holds it if it lay in chunks.
Result<std::string_view> NumberText(Call& call, const KeyName& name, const Record& record,
                                    std::string& digits) {
  CW_ASSIGN(String string, String::Open(call.tx, name.generation, record.view()));
  if (!string.in_chunks()) return string.whole();
  if (string.length() > kNumberBytesMax) return std::string_view();
  CW_ASSIGN(digits, string.ReadAll());
  return digits;
}

Status AddInteger(Call& call, int64_t increment) {
  const KeyName name = call.Key(call.argv[1]);
  CW_ASSIGN(const Lookup before, FindForWrite(call, name));
  const Record* old = before.live();
  if (RepliedWrongType(call, old, Type::kString)) return {};
  const bool in_chunks = old != nullptr && old->owns_object();  // longer than any integer
  const std::optional<int64_t> number = old != nullptr ? ParseInt64(old->payload) : 0;
  if (in_chunks || !number) return call.Error(kNotAnInteger);
  int64_t sum = 0;
  if (__builtin_add_overflow(*number, increment, &sum)) return call.Error(kIncrementOverflows);
  std::string text;
  AppendInt64(text, sum);
  CW_TRY(PutKeepingExpiry(call, name, before, std::move(text)));
  Notify(call, kIncremented, name.key);
  call.reply.Integer(sum);
  return {};
}

Result<uint64_t> LengthOf(Call& call, const KeyName& name, const Record* record) {
  if (record == nullptr) return 0;
  CW_ASSIGN(const String string, String::Open(call.tx, name.generation, record->view()));
  return string.length();
}

Status Append(Call& call) {
  const KeyName name = call.Key(call.argv[1]);
  CW_ASSIGN(const Lookup before, FindForWrite(call, name));
  const Record* old = before.live();
  if (RepliedWrongType(call, old, Type::kString)) return {};
  CW_ASSIGN(uint64_t length, LengthOf(call, name, old));
  const std::string_view more = call.argv[2];
  if (old != nullptr && length + more.size() > call.host.settings.MaxStringBytes()) {
    return call.Error(kStringTooLong);
  }
  if (!more.empty()) {
    CW_ASSIGN(length, keyspace::WriteStringAt(call.tx, name, before, length, more));
  } else if (old == nullptr) {
    CW_TRY(PutKeepingExpiry(call, name, before, {}));
  } else {
    // For Redis it is a change, which those who watch the key see.
    CW_ASSIGN(const Record same, keyspace::ForNewHeader(call.tx, name.generation, *old));
    CW_TRY(keyspace::PutRecord(call.tx, name, before, same));
  }
  Notify(call, kAppended, name.key);
  call.reply.Integer(static_cast<int64_t>(length));
  return {};
}

Status SetRange(Call& call) {
  const std::optional<int64_t> offset = ArgReader(call, 2).Int64();
  if (!offset) return {};
  if (*offset < 0) return call.Error("ERR offset is out of range");
  const std::string_view patch = call.argv[3];
  const KeyName name = call.Key(call.argv[1]);
  CW_ASSIGN(const Lookup before, FindForWrite(call, name));
  if (RepliedWrongType(call, before.live(), Type::kString)) return {};
  CW_ASSIGN(uint64_t length, LengthOf(call, name, before.live()));
  if (!patch.empty()) {
    const auto at = static_cast<uint64_t>(*offset);
    const uint64_t most = call.host.settings.MaxStringBytes();
    if (at > most || at + patch.size() > most) {
      return call.Error(kStringTooLong);
    }
    CW_ASSIGN(length, keyspace::WriteStringAt(call.tx, name, before, at, patch));
    Notify(call, kRangeSet, name.key);
  }
  call.reply.Integer(static_cast<int64_t>(length));
  return {};
}

Status Incr(Call& call) { return AddInteger(call, 1); }

Status Decr(Call& call) { return AddInteger(call, -1); }

Status IncrBy(Call& call) {
  const std::optional<int64_t> increment = ArgReader(call, 2).Int64();
  return increment ? AddInteger(call, *increment) : Status();
}

Status DecrBy(Call& call) {
  const std::optional<int64_t> decrement = ArgReader(call, 2).Int64();
  if (!decrement) return {};
  if (*decrement == std::numeric_limits<int64_t>::min()) {
    return call.Error("ERR decrement would overflow");
  }
  return AddInteger(call, -*decrement);
}

Status IncrByFloat(Call& call) {
  const KeyName name = call.Key(call.argv[1]);
  CW_ASSIGN(const Lookup before, FindForWrite(call, name));
  const Record* old = before.live();
  if (RepliedWrongType(call, old, Type::kString)) return {};
  std::optional<long double> number = 0;
  std::string digits;
  if (old != nullptr) {
    CW_ASSIGN(const std::string_view text, NumberText(call, name, *old, digits));
    number = ParseLongDouble(text);
  }
  if (!number) return call.Error(kNotAFloat);
  const std::optional<long double> increment = ArgReader(call, 2).LongDouble();
  if (!increment) return {};
  const long double sum = *number + *increment;
  if (!std::isfinite(sum)) return call.Error(kIncrementNotFinite);
  const std::string text = FormatLongDouble(sum);
  CW_TRY(PutKeepingExpiry(call, name, before, text));
  Notify(call, kFloatIncremented, name.key);
  call.reply.Bulk(text);
  return {};
}

constexpr Command kRowsOfEdit[] = {
    {.name = "append",
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {Key(1, kRW | kInsert)},
     .handler = Append,
     .categories = kStringCategory,
     .docs = {.group = "string",
              .since = "2.0.0",
              .complexity = "O(N) where N is the length of the resulting string",
              .arguments = "key#0 value",
              .summary = "Adds bytes to the end of a string; a missing one is empty."}},
    {.name = "decr",
     .arity = 2,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {Key(1, kRW | kAccess | kUpdate)},
     .handler = Decr,
     .categories = kStringCategory,
     .docs = {.group = "string",
              .since = "1.0.0",
              .complexity = "O(1)",
              .arguments = "key#0",
              .summary = "Takes one from an integer."}},
    {.name = "decrby",
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {Key(1, kRW | kAccess | kUpdate)},
     .handler = DecrBy,
     .categories = kStringCategory,
     .docs = {.group = "string",
              .since = "1.0.0",
              .complexity = "O(1)",
              .arguments = "key#0 decrement:integer",
              .summary = "Takes a number from an integer."}},
    {.name = "incr",
     .arity = 2,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {Key(1, kRW | kAccess | kUpdate)},
     .handler = Incr,
     .categories = kStringCategory,
     .docs = {.group = "string",
              .since = "1.0.0",
              .complexity = "O(1)",
              .arguments = "key#0",
              .summary = "Adds one to an integer."}},
    {.name = "incrby",
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {Key(1, kRW | kAccess | kUpdate)},
     .handler = IncrBy,
     .categories = kStringCategory,
     .docs = {.group = "string",
              .since = "1.0.0",
              .complexity = "O(1)",
              .arguments = "key#0 increment:integer",
              .summary = "Adds a number to an integer."}},
    {.name = "incrbyfloat",
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {Key(1, kRW | kAccess | kUpdate)},
     .handler = IncrByFloat,
     .categories = kStringCategory,
     .docs = {.group = "string",
              .since = "2.6.0",
              .complexity = "O(1)",
              .arguments = "key#0 increment:double",
              .summary = "Adds a number to a floating-point number."}},
    {.name = "setrange",
     .arity = 4,
     .flags = kWrite | kDenyOom,
     .keys = {Key(1, kRW | kUpdate)},
     .handler = SetRange,
     .categories = kStringCategory,
     .docs = {.group = "string",
              .since = "2.2.0",
              .complexity = "O(N) where N is the length of the resulting string",
              .arguments = "key#0 offset:integer value",
              .summary = "Overwrites a part of a string, growing it if needed."}},
};

}  // namespace

Rows EditRows() { return kRowsOfEdit; }

}  // namespace cordwood::commands::strings

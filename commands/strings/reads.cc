// GET, MGET, STRLEN, DIGEST, GETRANGE and SUBSTR.

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/format.h"
#include "base/hash.h"
#include "commands/all_commands.h"
#include "commands/core/arg_reader.h"
#include "commands/core/lookup.h"
#include "commands/core/row.h"
#include "commands/core/sliced.h"
#include "commands/strings/long_read.h"
#include "keyspace/types/strings.h"

namespace cordwood::commands::strings {
namespace {

Status ReplyInSlices(Call& call, Reply kind, const Range& range = {}) {
  const std::span<const std::string_view> keys =
      call.argv.subspan(1, kind == Reply::kArray ? call.argv.size() - 1 : 1);
  return RunSliced(call, WhenCold::kRunAgain, [&] {
    return std::make_unique<LongStrings>(std::vector<std::string>(keys.begin(), keys.end()), kind,
                                         range);
  });
}

Status Get(Call& call) {
  CW_ASSIGN(const SeenString seen, SeeString(call, call.argv[1]));
  if (seen.wrong_type) return {};
  if (seen.in_chunks) return ReplyInSlices(call, Reply::kValue);
  if (seen.exists) {
    call.reply.Bulk(seen.value);
  } else {
    call.reply.Null();
  }
  return {};
}

Status MGet(Call& call) {
  const std::span<const std::string_view> keys = call.argv.subspan(1);
  std::vector<std::string_view> missing;
  bool in_chunks = false;  // one of them
  const size_t start = call.reply.size();
  call.reply.ArrayHeader(keys.size());
  using Seen = std::optional<keyspace::RecordView>;
  CW_TRY(SeeEach(call, keys, [&](std::string_view key, const Seen& record) {
    if (!record) missing.push_back(key);
    if (record && record->header.type == keyspace::Type::kString) {
      in_chunks = in_chunks || record->header.form == keyspace::Form::kElements;
      if (!in_chunks) call.reply.Bulk(record->payload);
    } else {
      call.reply.Null();
    }
    return !call.reply.overflowed();
  }));
  if (in_chunks && !call.reply.overflowed()) {
    call.reply.Truncate(start);
    return ReplyInSlices(call, Reply::kArray);
  }
  CountLookups(call, keys.size() - missing.size(), missing);
  return {};
}

Status StrLen(Call& call) {
  CW_ASSIGN(const SeenString seen, SeeString(call, call.argv[1]));
  if (seen.wrong_type) return {};
  uint64_t length = seen.value.size();
  if (seen.in_chunks) {
    CW_ASSIGN(length, keyspace::LengthOfChunked(seen.value));
    call.tx.NoteLookup(true);
  }
  call.reply.Integer(static_cast<int64_t>(length));
  return {};
}

// Clients compute it as well, to compare values that they do not want to read.
Status Digest(Call& call) {
  CW_ASSIGN(const SeenString seen, SeeString(call, call.argv[1]));
  if (seen.wrong_type) return {};
  if (seen.in_chunks) {
    return RunSliced(call, WhenCold::kRunAgain,
                     [&] { return std::make_unique<LongDigest>(call.argv[1]); });
  }
  if (seen.exists) {
    call.reply.Bulk(Format("{:016x}", Hash64(seen.value)));
  } else {
    call.reply.Null();
  }
  return {};
}

Status GetRange(Call& call) {
  ArgReader args(call, 2);
  const std::optional<int64_t> start = args.Int64();
  if (!start) return {};
  const std::optional<int64_t> end = args.Int64();
  if (!end) return {};
  const Range range = {.start = *start, .end = *end};
  CW_ASSIGN(const SeenString seen, SeeString(call, call.argv[1]));
  if (seen.wrong_type) return {};
  if (seen.in_chunks) return ReplyInSlices(call, Reply::kRange, range);
  const auto [first, last] = range.In(seen.value.size());
  call.reply.Bulk(seen.value.substr(first, last - first));
  return {};
}

constexpr Command kRowsOfRead[] = {
    {.name = "get",
     .arity = 2,
     .flags = kReadOnly | kFast,
     .keys = {Key(1, kRO | kAccess)},
     .handler = Get,
     .categories = kStringCategory,
     .docs = {.group = "string",
              .since = "1.0.0",
              .complexity = "O(1)",
              .arguments = "key#0",
              .summary = "Returns a string."}},
    {.name = "getrange",
     .arity = 4,
     .flags = kReadOnly,
     .keys = {Key(1, kRO | kAccess)},
     .handler = GetRange,
     .categories = kStringCategory,
     .docs = {.group = "string",
              .since = "2.4.0",
              .complexity = "O(N) where N is the length of the string",
              .arguments = "key#0 start:integer end:integer",
              .summary = "Returns a part of a string."}},
    {.name = "mget",
     .arity = -2,
     .flags = kReadOnly | kFast,
     .keys = {Keys(1, -1, 1, kRO | kAccess)},
     .handler = MGet,
     .categories = kStringCategory,
     .tips = "request_policy:multi_shard",
     .docs = {.group = "string",
              .since = "1.0.0",
              .complexity = "O(N) where N is the number of keys",
              .arguments = "key#0...",
              .summary = "Returns several strings."}},
    {.name = "digest",
     .arity = 2,
     .flags = kReadOnly | kFast,
     .keys = {Key(1, kRO)},
     .handler = Digest,
     .categories = kStringCategory,
     .docs = {.group = "string",
              .since = "8.4.0",
              .complexity = "O(N) where N is the length of the string",
              .arguments = "key#0",
              .summary = "Returns the XXH3 hash of a string."}},
    {.name = "strlen",
     .arity = 2,
     .flags = kReadOnly | kFast,
     .keys = {Key(1, kRO)},
     .handler = StrLen,
     .categories = kStringCategory,
     .docs = {.group = "string",
              .since = "2.2.0",
              .complexity = "O(1)",
              .arguments = "key#0",
              .summary = "Returns a string's length."}},
    {.name = "substr",
     .arity = 4,
     .flags = kReadOnly,
     .keys = {Key(1, kRO | kAccess)},
     .handler = GetRange,
     .categories = kStringCategory,
     .docs = {.group = "string",
              .since = "1.0.0",
              .complexity = "O(N) where N is the length of the string",
              .arguments = "key#0 start:integer end:integer",
              .summary = "Returns a part of a string; GETRANGE by its old name.",
              .deprecated_since = "2.0.0",
              .replaced_by = "GETRANGE"}},
};

}  // namespace

Rows ReadRows() { return kRowsOfRead; }

}  // namespace cordwood::commands::strings

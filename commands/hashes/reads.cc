// The commands that read single fields.

#include "commands/all_commands.h"
#include "commands/core/open.h"
#include "commands/core/row.h"
#include "keyspace/types/hashes.h"

namespace cordwood::commands::hashes {
namespace {

using keyspace::Hash;

/// What the single-field commands do with the value that they find.
template <typename Reply>
Status ReadField(Call& call, const Reply& reply) {
  std::optional<Hash> hash;
  CW_TRY(OpenForRead(call, call.argv[1], hash));
  if (!hash) return {};
  CW_ASSIGN(const std::optional<std::string> value, hash->Get(call.argv[2]));
  reply(value);
  return {};
}

void ReplyValue(protocol::ReplyWriter& reply, std::optional<std::string_view> value) {
  if (value) {
    reply.Bulk(*value);
  } else {
    reply.Null();
  }
}

Status HGet(Call& call) {
  return ReadField(call, [&](const auto& value) { ReplyValue(call.reply, value); });
}

Status HExists(Call& call) {
  return ReadField(call, [&](const auto& value) { call.reply.Integer(value ? 1 : 0); });
}

Status HStrLen(Call& call) {
  return ReadField(call, [&](const auto& value) {
    call.reply.Integer(value ? static_cast<int64_t>(value->size()) : 0);
  });
}

Status HMGet(Call& call) {
  std::optional<Hash> hash;
  CW_TRY(OpenForRead(call, call.argv[1], hash));
  if (!hash) return {};
  const std::span<const std::string_view> fields = call.argv.subspan(2);
  call.reply.ArrayHeader(fields.size());
  return hash->GetMany(fields, [&](std::optional<std::string_view> value) {
    ReplyValue(call.reply, value);
    return !call.reply.overflowed();
  });
}

Status HLen(Call& call) {
  std::optional<Hash> hash;
  CW_TRY(OpenForRead(call, call.argv[1], hash));
  if (!hash) return {};
  CW_ASSIGN(const uint64_t length, hash->Length());
  call.reply.Integer(static_cast<int64_t>(length));
  return {};
}

constexpr Command kRowsOfRead[] = {
    {.name = "hexists",
     .arity = 3,
     .flags = kReadOnly | kFast,
     .keys = {Key(1, kRO)},
     .handler = HExists,
     .categories = kHashCategory,
     .docs = {.group = "hash",
              .since = "2.0.0",
              .complexity = "O(1)",
              .arguments = "key#0 field",
              .summary = "Tells whether a field exists."}},
    {.name = "hget",
     .arity = 3,
     .flags = kReadOnly | kFast,
     .keys = {Key(1, kRO | kAccess)},
     .handler = HGet,
     .categories = kHashCategory,
     .docs = {.group = "hash",
              .since = "2.0.0",
              .complexity = "O(1)",
              .arguments = "key#0 field",
              .summary = "Returns the value of a field."}},
    {.name = "hlen",
     .arity = 2,
     .flags = kReadOnly | kFast,
     .keys = {Key(1, kRO)},
     .handler = HLen,
     .categories = kHashCategory,
     .docs = {.group = "hash",
              .since = "2.0.0",
              .complexity = "O(1)",
              .arguments = "key#0",
              .summary = "Returns the number of fields."}},
    {.name = "hmget",
     .arity = -3,
     .flags = kReadOnly | kFast,
     .keys = {Key(1, kRO | kAccess)},
     .handler = HMGet,
     .categories = kHashCategory,
     .docs = {.group = "hash",
              .since = "2.0.0",
              .complexity = "O(N) where N is the number of fields named",
              .arguments = "key#0 field...",
              .summary = "Returns the values of several fields."}},
    {.name = "hstrlen",
     .arity = 3,
     .flags = kReadOnly | kFast,
     .keys = {Key(1, kRO)},
     .handler = HStrLen,
     .categories = kHashCategory,
     .docs = {.group = "hash",
              .since = "3.2.0",
              .complexity = "O(1)",
              .arguments = "key#0 field",
              .summary = "Returns the length of a field's value."}},
};

}  // namespace

Rows ReadRows() { return kRowsOfRead; }

}  // namespace cordwood::commands::hashes

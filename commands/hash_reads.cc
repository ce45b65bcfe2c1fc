// The commands that read single fields, and HSCAN.

#include <algorithm>

#include "base/glob.h"
#include "base/number.h"
#include "commands/arg_reader.h"
#include "commands/hash_handlers.h"
#include "commands/lookup.h"
#include "keyspace/hashes.h"

namespace cordwood::commands::hashes {
namespace {

using keyspace::Hash;
using keyspace::HashedElements;
using keyspace::Lookup;
using keyspace::Type;

/// A page of HSCAN has at most this many fields, whatever COUNT says: the rest has a cursor.
constexpr int64_t kPageMax = 10'000;
constexpr int64_t kPageDefault = 10;

/// What the single-field commands do with the value that they find.
template <typename Reply>
Status ReadField(Call& call, const Reply& reply) {
  const keyspace::KeyName name = call.Key(call.argv[1]);
  CW_ASSIGN(Lookup found, keyspace::FindKey(call.tx, name));
  const bool exists = found.live() != nullptr;
  if (exists && found.live()->type != Type::kHash) {
    CountLookup(call, true);
    return call.Error(kWrongType);
  }
  CW_ASSIGN(const std::optional<std::string> value,
            Hash(call.tx, name, std::move(found)).Get(call.argv[2]));
  CountLookup(call, exists);
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

struct ScanOptions {
  int64_t count = kPageDefault;
  std::optional<std::string_view> pattern;
};

std::optional<ScanOptions> TakeScanOptions(Call& call) {
  ScanOptions options;
  for (ArgReader args(call, 3); !args.done();) {
    if (args.MatchBefore("COUNT", 1)) {
      const std::optional<int64_t> count = args.Int64();
      if (!count) return std::nullopt;
      options.count = *count;
      if (*count >= 1) continue;
    } else if (args.MatchBefore("MATCH", 1)) {
      options.pattern = args.Pattern();
      if (!options.pattern) return std::nullopt;
      continue;
    }
    call.reply.Error(kSyntaxError);
    return std::nullopt;
  }
  return options;
}

Result<HashedElements::Page> ReadPage(const Hash& hash, uint64_t cursor, int64_t count) {
  if (hash.in_elements()) {
    CW_ASSIGN(HashedElements elements, hash.Elements());
    return elements.Scan(cursor, static_cast<uint64_t>(std::min(count, kPageMax)));
  }
  HashedElements::Page page;
  CW_ASSIGN(const std::vector<keyspace::FieldValue> pairs, hash.Inline());
  for (const keyspace::FieldValue& pair : pairs) {
    page.elements.emplace_back(pair.field, pair.value);
  }
  return page;
}

void ReplyPage(Call& call, const HashedElements::Page& page, const ScanOptions& options) {
  std::string cursor;
  AppendUint64(cursor, page.next);
  call.reply.ArrayHeader(2);
  call.reply.Bulk(cursor);
  const size_t start = call.reply.size();
  size_t matching = 0;
  for (const auto& [field, value] : page.elements) {
    if (options.pattern && !GlobMatch(*options.pattern, field)) continue;
    call.reply.Bulk(field);
    call.reply.Bulk(value);
    ++matching;
  }
  call.reply.InsertArrayHeader(start, 2 * matching);
}

}  // namespace

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
  const keyspace::KeyName name = call.Key(call.argv[1]);
  CW_ASSIGN(Lookup found, keyspace::FindKey(call.tx, name));
  const bool exists = found.live() != nullptr;
  if (exists && found.live()->type != Type::kHash) {
    CountLookup(call, true);
    return call.Error(kWrongType);
  }
  const std::span<const std::string_view> fields = call.argv.subspan(2);
  call.reply.ArrayHeader(fields.size());
  const auto reply_value = [&](std::optional<std::string_view> value) {
    ReplyValue(call.reply, value);
    return !call.reply.overflowed();
  };
  CW_TRY(Hash(call.tx, name, std::move(found)).GetMany(fields, reply_value));
  CountLookup(call, exists);
  return {};
}

Status HLen(Call& call) {
  const keyspace::KeyName name = call.Key(call.argv[1]);
  CW_ASSIGN(Lookup found, keyspace::FindKey(call.tx, name));
  CountLookup(call, found.live() != nullptr);
  if (RepliedWrongType(call, found.live(), Type::kHash)) return {};
  CW_ASSIGN(const uint64_t length, Hash(call.tx, name, std::move(found)).Length());
  call.reply.Integer(static_cast<int64_t>(length));
  return {};
}

Status HScan(Call& call) {
  const std::optional<uint64_t> cursor = ArgReader(call, 2).Cursor();
  if (!cursor) return {};
  const keyspace::KeyName name = call.Key(call.argv[1]);
  CW_ASSIGN(Lookup found, keyspace::FindKey(call.tx, name));
  if (found.live() == nullptr) {
    CountLookup(call, false);
    ReplyPage(call, {}, {});
    return {};
  }
  if (RepliedWrongType(call, found.live(), Type::kHash)) {
    CountLookup(call, true);
    return {};
  }
  const std::optional<ScanOptions> options = TakeScanOptions(call);
  if (!options) return {};
  const Hash hash(call.tx, name, std::move(found));
  CW_ASSIGN(const HashedElements::Page page, ReadPage(hash, *cursor, options->count));
  CountLookup(call, true);
  ReplyPage(call, page, *options);
  return {};
}

}  // namespace cordwood::commands::hashes

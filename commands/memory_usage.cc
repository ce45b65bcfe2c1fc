// MEMORY USAGE. What a key takes is bytes of the store, before compression: its record, and its
// elements if it has any. Nothing of it need be in memory.

#include <cstdint>
#include <optional>

#include "commands/arg_reader.h"
#include "commands/help.h"
#include "commands/server_handlers.h"
#include "keyspace/keys.h"
#include "keyspace/range_walk.h"

namespace cordwood::commands::server {
namespace {

using keyspace::KeyName;
using keyspace::Record;

constexpr int64_t kDefaultSamples = 5;

/// Replies and answers nothing if the options make no sense.
std::optional<int64_t> TakeSamples(Call& call) {
  int64_t samples = kDefaultSamples;
  for (ArgReader args(call, 3); !args.done();) {
    std::optional<int64_t> given = -1;
    if (args.MatchBefore("SAMPLES", 1)) given = args.Int64();
    if (!given) return std::nullopt;
    if (*given < 0) {
      call.reply.Error(kSyntaxError);
      return std::nullopt;
    }
    samples = *given;
  }
  return samples;
}

/// From the first `samples` elements (0: all) to all of them.
Result<uint64_t> ElementBytes(Call& call, const KeyName& name, const Record& record,
                              int64_t samples) {
  CW_ASSIGN(const keyspace::ObjectPayload object, keyspace::ObjectPayload::Decode(record.payload));
  const std::string prefix = keyspace::ElementPrefix(name.generation, object.oid);
  keyspace::RangeWalk elements(call.tx, prefix);
  uint64_t bytes = 0;
  uint64_t met = 0;
  for (elements.Seek(prefix); elements.Valid(); elements.Next()) {
    bytes += elements.key().size() + elements.value().size();
    ++met;
    if (met == static_cast<uint64_t>(samples)) break;
  }
  CW_TRY(elements.status());
  return met == 0 || met >= object.count ? bytes : bytes / met * object.count;
}

}  // namespace

Status MemoryUsage(Call& call) {
  const std::optional<int64_t> samples = TakeSamples(call);
  if (!samples) return {};
  const KeyName name = call.Key(call.argv[2]);
  CW_ASSIGN(const keyspace::Lookup found, keyspace::FindKey(call.tx, name));
  const Record* record = found.live();
  if (record == nullptr) {
    call.reply.Null();
    return {};
  }
  uint64_t bytes =
      keyspace::KeyRecordKey(name.generation, name.key).size() + record->Encode().size();
  if (record->owns_object()) {
    CW_ASSIGN(const uint64_t of_elements, ElementBytes(call, name, *record, *samples));
    bytes += of_elements;
  }
  call.reply.Integer(static_cast<int64_t>(bytes));
  return {};
}

Status MemoryHelp(Call& call) {
  static constexpr std::string_view kLines[] = {
      "USAGE <key> [SAMPLES <count>]",
      "    Return the bytes that <key> and its value take in the store, before compression.",
      "    Of many elements the first <count> stand for all (default: 5, 0: look at all).",
  };
  return ReplyHelp(call, "MEMORY", kLines);
}

}  // namespace cordwood::commands::server

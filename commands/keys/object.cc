// OBJECT: what Redis would say about how it keeps a value.

#include "base/number.h"
#include "commands/core/help.h"
#include "commands/core/lookup.h"
#include "commands/keys/handlers.h"
#include "keyspace/core/keys.h"

namespace cordwood::commands::keys {
namespace {

using keyspace::Form;
using keyspace::Lookup;
using keyspace::Record;
using keyspace::Type;

// Redis keeps a string up to this length in one allocation with its header.
constexpr size_t kEmbeddedBytesMax = 44;

std::string_view StringEncoding(const Record& record) {
  if (ParseInt64(record.payload)) return "int";
  return record.payload.size() <= kEmbeddedBytesMax ? "embstr" : "raw";
}

std::string_view EncodingOf(const Record& record) {
  const bool is_inline = record.form == Form::kInline;
  switch (record.type) {
    case Type::kString:
      return StringEncoding(record);
    case Type::kList:
      return is_inline ? "listpack" : "quicklist";
    case Type::kSet:
    case Type::kHash:
      return is_inline ? "listpack" : "hashtable";
    case Type::kSortedSet:
      return is_inline ? "listpack" : "skiplist";
    case Type::kStream:
      return "stream";
  }
  return "unknown";
}

/// Replies null and answers false if the key does not exist.
Result<bool> ExistsOrNull(Call& call) {
  CW_ASSIGN(const Lookup found, keyspace::FindKey(call.tx, call.Key(call.argv[2])));
  CountLookup(call, found.live() != nullptr);
  if (found.live() == nullptr) call.reply.Null();
  return found.live() != nullptr;
}

}  // namespace

Status ObjectEncoding(Call& call) {
  CW_ASSIGN(const Lookup found, keyspace::FindKey(call.tx, call.Key(call.argv[2])));
  CountLookup(call, found.live() != nullptr);
  if (found.live() == nullptr) {
    call.reply.Null();
  } else {
    call.reply.Bulk(EncodingOf(*found.live()));
  }
  return {};
}

Status ObjectFreq(Call& call) {
  CW_ASSIGN(const bool exists, ExistsOrNull(call));
  if (!exists) return {};
  return call.Error(
      "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note "
      "that when switching between policies at runtime LRU and LFU data will take some time to "
      "adjust.");
}

Status ObjectIdleTime(Call& call) {
  CW_ASSIGN(const bool exists, ExistsOrNull(call));
  if (!exists) return {};
  return call.Error("ERR when a key was last used is not kept, idle time not tracked.");
}

Status ObjectRefCount(Call& call) {
  CW_ASSIGN(const bool exists, ExistsOrNull(call));
  if (exists) call.reply.Integer(1);
  return {};
}

Status ObjectHelp(Call& call) {
  static constexpr std::string_view kLines[] = {
      "ENCODING <key>", "    Return how Redis would keep the value of <key>, by its type and size.",
      "FREQ <key>",     "    Not tracked.",
      "IDLETIME <key>", "    Not tracked.",
      "REFCOUNT <key>", "    Return 1: values are not shared.",
  };
  return ReplyHelp(call, "OBJECT", kLines);
}

}  // namespace cordwood::commands::keys

// DEBUG: what test suites ask of a server. Nothing runs unless `enable-debug-command` allows it.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/ascii.h"
#include "base/format.h"
#include "base/log.h"
#include "base/number.h"
#include "commands/all_commands.h"
#include "commands/core/arg_reader.h"
#include "commands/core/database_arg.h"
#include "commands/core/error_texts.h"
#include "commands/core/help.h"
#include "commands/core/host.h"
#include "commands/core/lookup.h"
#include "commands/core/process.h"
#include "commands/core/row.h"
#include "commands/core/settings.h"
#include "commands/core/sliced.h"
#include "commands/debug/digest.h"
#include "keyspace/types/strings.h"
#include "keyspace/types/traits.h"

namespace cordwood::commands::debug {
namespace {

constexpr std::string_view kNotAllowed =
    "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you "
    "can run it from a local connection, otherwise you need to set this option in the "
    "configuration file, and then restart the server.";

/// The handler, where DEBUG is allowed.
template <Handler Run>
Status Guarded(Call& call) {
  return call.host.settings.AllowsDebug(call.client) ? Run(call) : call.Error(kNotAllowed);
}

Status AcceptWithoutEffect(Call& call) {
  call.reply.Ok();
  return {};
}

// --- the process ---

Status Sleep(Call& call) {
  constexpr double kDay = 24 * 60 * 60;
  // As for Redis, what is no number is none.
  const double seconds = std::clamp(ParseDouble(call.argv[2]).value_or(0), 0.0, kDay);
  call.host.process.Pause(static_cast<uint64_t>(seconds * 1000));
  call.reply.Ok();
  return {};
}

Status ReopenStore(Call& call) {
  call.Defer([&process = call.host.process] { process.ReopenStore(); });
  call.reply.Ok();
  return {};
}

// Nothing needs to be saved for it, and nothing is merged into what there is.
Status Reload(Call& call) {
  for (const std::string_view option : call.argv.subspan(2)) {
    const bool known = EqualsIgnoreCase(option, "MERGE") || EqualsIgnoreCase(option, "NOFLUSH") ||
                       EqualsIgnoreCase(option, "NOSAVE");
    if (!known) {
      return call.Error("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
    }
  }
  return ReopenStore(call);
}

Status SetActiveExpire(Call& call) {
  call.host.process.SetActiveExpire(ParseInt64(call.argv[2]).value_or(0) != 0);
  call.reply.Ok();
  return {};
}

Status Log(Call& call) {
  LogWarning(Format("DEBUG LOG: {}", call.argv[2]));
  call.reply.Ok();
  return {};
}

Status ReplyBuffer(Call& call) {
  ArgReader args(call, 2);
  if (!args.MatchBefore("PEAK-RESET-TIME", 1) && !args.MatchBefore("RESIZING", 1)) {
    return call.Error(kSyntaxError);
  }
  return AcceptWithoutEffect(call);
}

// --- keys ---

Status ObjectInfo(Call& call) {
  CW_ASSIGN(const keyspace::Lookup found, keyspace::FindKey(call.tx, call.Key(call.argv[2])));
  const keyspace::Record* const record = found.live();
  if (record == nullptr) return call.Error(kNoSuchKey);
  CW_ASSIGN(const std::string_view encoding, keyspace::EncodingOf(*record));
  uint64_t length = record->payload.size();
  if (record->type == keyspace::Type::kString && record->owns_object()) {
    CW_ASSIGN(length, keyspace::LengthOfChunked(record->payload));
  }
  call.reply.SimpleString(
      Format("Value at:0x0 refcount:1 encoding:{} serializedlength:{} lru:0 lru_seconds_idle:0",
             encoding, length));
  return {};
}

Status DigestOfEverything(Call& call) {
  return RunSliced(call, WhenCold::kRunAgain, [] { return std::make_unique<DatasetDigest>(); });
}

Status DigestOfValues(Call& call) {
  return RunSliced(call, WhenCold::kRunAgain, [&call] {
    return std::make_unique<NamedDigests>(
        std::vector<std::string>(call.argv.begin() + 2, call.argv.end()));
  });
}

/// Keys <prefix>:0, <prefix>:1 ... with the values value:0, value:1 ..., cut or filled up with NULs
/// to `size` bytes if it is not 0. Keys that exist stay as they are.
Status Populate(Call& call) {
  // Of a key in the transaction, beside its bytes.
  constexpr uint64_t kOverhead = 192;
  const std::optional<int64_t> count = ParseInt64(call.argv[2]);
  const std::string_view prefix = call.argv.size() > 3 ? call.argv[3] : "key";
  const std::optional<int64_t> size =
      call.argv.size() > 4 ? ParseInt64(call.argv[4]) : std::optional<int64_t>(0);
  if (call.argv.size() > 5) return call.Error(WrongArity("debug|populate"));
  if (!count || *count < 0 || !size || *size < 0) return call.Error(kMustBePositive);
  const auto value_bytes = static_cast<uint64_t>(*size);
  if (value_bytes > call.host.settings.MaxStringBytes()) return call.Error(kStringTooLong);
  const uint64_t most = call.tx.keyspace().options().overlay_bytes_max;
  if (static_cast<uint64_t>(*count) > most / (value_bytes + prefix.size() + kOverhead)) {
    return call.Error(
        Format("ERR that is more than {} bytes, which is what the memory budget has "
               "room for; populate in parts",
               most));
  }
  for (int64_t i = 0; i < *count; ++i) {
    const std::string key = Format("{}:{}", prefix, i);
    CW_ASSIGN(const keyspace::Lookup found, FindForWrite(call, call.Key(key)));
    if (found.stored) continue;
    std::string value = Format("value:{}", i);
    if (value_bytes > 0) value.resize(value_bytes);
    CW_TRY(keyspace::SetString(call.tx, call.Key(key), value, {}));
  }
  call.reply.Ok();
  return {};
}

Status HashTableStats(Call& call) {
  ArgReader args(call, 2);
  const std::optional<int64_t> db = args.Int64();
  if (!db) return {};
  if (*db < 0 || *db >= call.tx.keyspace().databases().count()) {
    return call.Error("ERR Out of range database");
  }
  call.reply.VerbatimString(
      "[Dictionary HT]\nNo stats available: keys are not in a hash table\n"
      "[Expires HT]\nNo stats available: deadlines are not in a hash table\n");
  return {};
}

// --- the protocol ---

constexpr std::string_view kBigNumber = "1234567999999999999999999999999999999";

void ReplyNumbers(protocol::ReplyWriter& reply) {
  for (int i = 0; i < 3; ++i) reply.Integer(i);
}

void ReplyBigNumber(protocol::ReplyWriter& reply) {
  if (reply.resp3()) {
    reply.Raw(Format("({}\r\n", kBigNumber));
  } else {
    reply.Bulk(kBigNumber);
  }
}

void ReplyMap(protocol::ReplyWriter& reply) {
  reply.MapHeader(3);
  for (int i = 0; i < 3; ++i) {
    reply.Integer(i);
    reply.Bool(i == 1);
  }
}

void ReplyAttribute(protocol::ReplyWriter& reply) {
  if (reply.resp3()) {
    reply.Raw("|1\r\n");
    reply.Bulk("key-popularity");
    reply.ArrayHeader(2);
    reply.Bulk("key:123");
    reply.Integer(90);
  }
  reply.Bulk("Some real reply following the attribute");
}

void ReplyPush(protocol::ReplyWriter& reply) {
  if (!reply.resp3()) return reply.Error("ERR RESP2 is not supported by this command");
  reply.PushHeader(2);
  reply.Bulk("server-cpu-usage");
  reply.Integer(42);
  reply.Bulk("Some real reply following the push reply");
}

using Writer = protocol::ReplyWriter;
struct Sample {
  std::string_view type;
  void (*write)(Writer& reply);
};
constexpr Sample kSamples[] = {
    {"string", [](Writer& reply) { reply.Bulk("Hello World"); }},
    {"integer", [](Writer& reply) { reply.Integer(12345); }},
    {"double", [](Writer& reply) { reply.Double(3.141); }},
    {"bignum", ReplyBigNumber},
    {"null", [](Writer& reply) { reply.Null(); }},
    {"array",
     [](Writer& reply) {
       reply.ArrayHeader(3);
       ReplyNumbers(reply);
     }},
    {"set",
     [](Writer& reply) {
       reply.SetHeader(3);
       ReplyNumbers(reply);
     }},
    {"map", ReplyMap},
    {"attrib", ReplyAttribute},
    {"push", ReplyPush},
    {"verbatim", [](Writer& reply) { reply.VerbatimString("This is a verbatim\nstring"); }},
    {"true", [](Writer& reply) { reply.Bool(true); }},
    {"false", [](Writer& reply) { reply.Bool(false); }},
};

Status Protocol(Call& call) {
  std::string names;
  for (const Sample& sample : kSamples) {
    if (EqualsIgnoreCase(sample.type, call.argv[2])) {
      sample.write(call.reply);
      return {};
    }
    names += names.empty() ? "" : "|";
    names += sample.type;
  }
  return call.Error(
      Format("ERR Wrong protocol type name. Please use one of the following: {}", names));
}

constexpr uint32_t kDebug = kAdmin | kNoScript | kAlways;

constexpr Command Row(std::string_view name, int arity, uint32_t flags, Handler handler,
                      std::string_view arguments, std::string_view summary,
                      std::string_view complexity = "O(1)") {
  return {.name = name,
          .arity = arity,
          .flags = kDebug | flags,
          .handler = handler,
          .docs = {.group = "server",
                   .since = "1.0.0",
                   .complexity = complexity,
                   .arguments = arguments,
                   .summary = summary}};
}

constexpr std::string_view kNoEffect = "Accepted without effect.";

constexpr Command kDebugRows[] = {
    Row("debug|digest", 2, kReadOnly, Guarded<DigestOfEverything>, {},
        "Returns a digest of all data, which depends on nothing else.",
        "O(N) where N is the number of keys and of their elements"),
    Row("debug|digest-value", -3, kReadOnly, Guarded<DigestOfValues>, "key...",
        "Returns digests of the values of keys.", "O(N) where N is the number of elements"),
    Row("debug|help", 2, 0, Guarded<Help>, {}, "Returns a text about the subcommands."),
    Row("debug|htstats", -3, 0, Guarded<HashTableStats>, "db:integer",
        "Says that there is no hash table."),
    Row("debug|loadaof", 2, 0, Guarded<ReopenStore>, {}, "Closes the store and opens it again.",
        "O(N) where N is what the log holds"),
    Row("debug|log", 3, 0, Guarded<Log>, "message", "Writes a line to the log."),
    Row("debug|object", -3, kReadOnly, Guarded<ObjectInfo>, "key",
        "Returns how Redis would keep a value, and its length."),
    Row("debug|pause-cron", 3, 0, Guarded<AcceptWithoutEffect>, "pause:integer", kNoEffect),
    Row("debug|populate", -3, kWrite, Guarded<Populate>, "count:integer [prefix] [size:integer]",
        "Creates strings <prefix>:<number>, as far as they do not exist.",
        "O(N) where N is the number of keys"),
    Row("debug|protocol", 3, 0, Guarded<Protocol>, "type",
        "Returns a value of a type of the protocol."),
    Row("debug|quicklist-packed-threshold", 3, 0, Guarded<AcceptWithoutEffect>, "size", kNoEffect),
    Row("debug|reload", -2, 0, Guarded<Reload>, "[option...]",
        "Closes the store and opens it again.", "O(N) where N is what the log holds"),
    Row("debug|replybuffer", 4, 0, Guarded<ReplyBuffer>, "setting value", kNoEffect),
    Row("debug|set-active-expire", 3, 0, Guarded<SetActiveExpire>, "active:integer",
        "Sets whether expired keys that nobody asks for are removed."),
    Row("debug|sleep", 3, 0, Guarded<Sleep>, "seconds:double", "Stops the server for a while."),
    Row("debug|stringmatch-len", -2, 0, Guarded<AcceptWithoutEffect>, "[argument...]", kNoEffect),
};

constexpr Command kRowsOfDebug[] = {
    {.name = "debug",
     .arity = -2,
     .flags = kDebug,
     .subcommands = kDebugRows,
     .docs = {.group = "server",
              .since = "1.0.0",
              .complexity = "Its subcommands differ.",
              .summary = "A container for commands that test suites need."}},
};

}  // namespace

Rows DebugRows() { return kRowsOfDebug; }

}  // namespace cordwood::commands::debug

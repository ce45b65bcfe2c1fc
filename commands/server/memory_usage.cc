// MEMORY USAGE and PURGE. What a key takes is bytes of the store, before compression: its record,
// and its elements if it has any. Nothing of it need be in memory.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "commands/all_commands.h"
#include "commands/core/arg_reader.h"
#include "commands/core/error_texts.h"
#include "commands/core/help.h"
#include "commands/core/host.h"
#include "commands/core/long_read.h"
#include "commands/core/process.h"
#include "commands/core/row.h"
#include "commands/core/sliced.h"
#include "commands/server/memory_report.h"
#include "keyspace/core/keys.h"
#include "keyspace/types/object_reader.h"

namespace cordwood::commands::server {
namespace {

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

// Elements looked at in one slice.
constexpr uint64_t kSliceElements = 1000;

/// Looks at the first `samples` elements (0: all), and concludes from them to all. Of a string it
/// looks at all chunks: they are stored without the zeros at their ends, and none tells of another.
class Usage final : public LongRead {
 public:
  Usage(std::string_view key, int64_t samples)
      : key_(key), samples_(samples == 0 ? UINT64_MAX : static_cast<uint64_t>(samples)) {}

  Result<bool> Step(keyspace::Transaction& tx, protocol::ReplyWriter& reply) override {
    if (!looked_up_) CW_TRY(LookUp(tx));
    if (!record_) {
      reply.Null();
      return true;
    }
    uint64_t bytes = keyspace::KeyRecordKey(generation(), key_).size() + record_->Encode().size();
    if (record_->owns_object()) {
      if (record_->type == keyspace::Type::kString) samples_ = UINT64_MAX;
      CW_ASSIGN(const bool done, LookAtElements(tx));
      if (!done) return false;
      CW_ASSIGN(const uint64_t count, keyspace::CountItems(*record_));
      bytes += met_ < samples_ ? bytes_ : bytes_ / met_ * count;
    }
    reply.Integer(static_cast<int64_t>(bytes));
    return true;
  }

 private:
  Status LookUp(keyspace::Transaction& tx) {
    CW_ASSIGN(keyspace::Lookup found,
              keyspace::FindKey(tx, {.generation = generation(), .key = key_}));
    if (found.live() != nullptr) record_ = *std::move(found.stored);
    looked_up_ = true;
    return {};
  }

  /// True once it has seen enough.
  Result<bool> LookAtElements(keyspace::Transaction& tx) {
    uint64_t left = kSliceElements;
    const auto is_full = [&] { return left == 0; };
    const auto add = [&](const keyspace::ObjectReader::ReadItem& read) {
      bytes_ += read.stored_bytes;
      ++met_;
      --left;
      return met_ < samples_;
    };
    return items_.Step(tx, generation(), *record_, is_full, add);
  }

  const std::string key_;
  uint64_t samples_;
  bool looked_up_ = false;
  std::optional<Record> record_;  // none: the key does not exist
  SlicedRead items_;
  uint64_t met_ = 0;
  uint64_t bytes_ = 0;
};

Status MemoryUsage(Call& call) {
  const std::optional<int64_t> samples = TakeSamples(call);
  if (!samples) return {};
  return RunSliced(call, WhenCold::kRunAgain,
                   [&] { return std::make_unique<Usage>(call.argv[2], *samples); });
}

Status MemoryPurge(Call& call) {
  if (!call.host.process.PurgeMemory()) return call.Error("ERR Error purging dirty pages");
  call.reply.Ok();
  return {};
}

constexpr std::string_view kReportTips =
    "nondeterministic_output request_policy:all_shards response_policy:special";

constexpr Command kMemoryRows[] = {
    {.name = "memory|doctor",
     .arity = 2,
     .handler = MemoryDoctor,
     .tips = kReportTips,
     .docs = {.group = "server",
              .since = "4.0.0",
              .complexity = "O(1)",
              .summary = "Returns a report on the process' memory."}},
    {.name = "memory|help",
     .arity = 2,
     .flags = kAlways,
     .handler = Help,
     .docs = {.group = "server",
              .since = "4.0.0",
              .complexity = "O(N) where N is the number of subcommands",
              .summary = "Returns a text about the subcommands."}},
    {.name = "memory|malloc-stats",
     .arity = 2,
     .handler = MemoryMallocStats,
     .tips = kReportTips,
     .docs = {.group = "server",
              .since = "4.0.0",
              .complexity = "O(1)",
              .summary = "Returns what the allocator says of itself."}},
    {.name = "memory|purge",
     .arity = 2,
     .handler = MemoryPurge,
     .tips = "request_policy:all_shards response_policy:all_succeeded",
     .docs = {.group = "server",
              .since = "4.0.0",
              .complexity = "O(N) where N is the number of pages that are free",
              .summary = "Gives memory that is free back to the system."}},
    {.name = "memory|stats",
     .arity = 2,
     .handler = MemoryStats,
     .tips = kReportTips,
     .docs = {.group = "server",
              .since = "4.0.0",
              .complexity = "O(N) where N is the number of databases",
              .summary = "Returns how much memory the parts of the server use."}},
    {.name = "memory|usage",
     .arity = -3,
     .flags = kReadOnly,
     .keys = {Key(2, kRO)},
     .handler = MemoryUsage,
     .docs = {.group = "server",
              .since = "4.0.0",
              .complexity = "O(N) where N is the number of elements looked at",
              .arguments = "key#0 [SAMPLES count:integer]",
              .summary =
                  "Returns the bytes that a key takes in the store, before compression; the first "
                  "<count> elements stand for all (default: 5, 0: looks at all). Looks at all of a "
                  "string."}},
};

constexpr Command kRowsOfMemory[] = {
    {.name = "memory",
     .arity = -2,
     .subcommands = kMemoryRows,
     .docs = {.group = "server",
              .since = "4.0.0",
              .complexity = "Its subcommands differ.",
              .summary = "A container for commands about memory."}},
};

}  // namespace

Rows MemoryRows() { return kRowsOfMemory; }

}  // namespace cordwood::commands::server

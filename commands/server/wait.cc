// WAIT and WAITAOF: commands that wait for replicas, of which there are none, and for the log.

#include <cstdint>
#include <limits>
#include <optional>

#include "commands/all_commands.h"
#include "commands/core/arg_reader.h"
#include "commands/core/blocked.h"
#include "commands/core/call.h"
#include "commands/core/error_texts.h"
#include "commands/core/host.h"
#include "commands/core/row.h"
#include "commands/core/timeout_arg.h"

namespace cordwood::commands::server {
namespace {

constexpr int64_t kReplicas = 0;

Status WaitForReplicas(Call& call) {
  ArgReader args(call, 1);
  const std::optional<int64_t> replicas = args.Int64();
  if (!replicas) return {};
  const std::optional<int64_t> timeout_ms = TakeMilliseconds(args, call);
  if (!timeout_ms) return {};
  const auto answer = [](protocol::ReplyWriter& reply, const Client&, const Host&) {
    reply.Integer(kReplicas);
  };
  if (kReplicas < *replicas) return call.Block({.timeout_ms = *timeout_ms, .at_timeout = answer});
  answer(call.reply, call.client, call.host);
  return {};
}

/// How many logs, and how many replicas', hold on stable storage what the client was told of.
void ReplySynced(protocol::ReplyWriter& reply, const Client& client, const Host& host) {
  reply.ArrayHeader(2);
  reply.Integer(host.blocked.IsSynced(client) ? 1 : 0);
  reply.Integer(kReplicas);
}

Status WaitForLog(Call& call) {
  ArgReader args(call, 1);
  const std::optional<int64_t> local = args.Int64Between(0, 1);
  if (!local) return {};
  const std::optional<int64_t> replicas = args.Int64();
  if (!replicas) return {};
  if (*replicas < 0) return call.Error(kMustBePositive);
  const std::optional<int64_t> timeout_ms = TakeMilliseconds(args, call);
  if (!timeout_ms) return {};
  const bool is_synced = *local == 0 || call.host.blocked.IsSynced(call.client);
  if (is_synced && *replicas <= kReplicas) {
    ReplySynced(call.reply, call.client, call.host);
    return {};
  }
  return call.Block(
      {.for_sync = *replicas <= kReplicas, .timeout_ms = *timeout_ms, .at_timeout = ReplySynced});
}

constexpr Command kRowsOfWait[] = {
    {.name = "wait",
     .arity = 3,
     .flags = kBlocking,
     .handler = WaitForReplicas,
     .categories = kConnectionCategory,
     .tips = "request_policy:all_shards response_policy:agg_min",
     .docs = {.group = "generic",
              .since = "3.0.0",
              .complexity = "O(1)",
              .arguments = "numreplicas:integer timeout:integer",
              .summary = "Waits for replicas to have the connection's writes. There are none."}},
    {.name = "waitaof",
     .arity = 4,
     .flags = kBlocking,
     .handler = WaitForLog,
     .categories = kConnectionCategory,
     .tips = "request_policy:all_shards response_policy:agg_min",
     .docs = {.group = "generic",
              .since = "7.2.0",
              .complexity = "O(1)",
              .arguments = "numlocal:integer numreplicas:integer timeout:integer",
              .summary = "Waits for the connection's writes to be on stable storage."}},
};

}  // namespace

Rows WaitRows() { return kRowsOfWait; }

}  // namespace cordwood::commands::server

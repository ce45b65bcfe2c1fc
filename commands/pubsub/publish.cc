// PUBLISH and SPUBLISH, and PUBSUB, which tells who listens.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/glob.h"
#include "commands/all_commands.h"
#include "commands/core/call.h"
#include "commands/core/error_texts.h"
#include "commands/core/help.h"
#include "commands/core/pubsub.h"
#include "commands/core/row.h"

namespace cordwood::commands::pubsub {
namespace {

/// How often the client itself is sent the message.
uint64_t OwnReceipts(const Client& client, SubscriptionKind kind, std::string_view channel) {
  uint64_t receipts = client.subscriptions.names(kind).contains(channel) ? 1 : 0;
  if (kind != SubscriptionKind::kChannel) return receipts;
  for (const std::string& pattern : client.subscriptions.names(SubscriptionKind::kPattern)) {
    if (GlobMatch(pattern, channel)) ++receipts;
  }
  return receipts;
}

template <SubscriptionKind Kind>
Status Publish(Call& call) {
  const std::string_view channel = call.argv[1];
  const uint64_t receivers = call.host.pubsub.ReceiversBeside(call.client, Kind, channel) +
                             OwnReceipts(call.client, Kind, channel);
  call.reply.Integer(static_cast<int64_t>(receivers));
  call.Defer(
      [&pubsub = call.host.pubsub, &client = call.client, channel = std::string(channel),
       message = std::string(call.argv[2])] { pubsub.Publish(client, Kind, channel, message); });
  return {};
}

template <SubscriptionKind Kind>
Status Channels(Call& call) {
  if (call.argv.size() > 3) return call.Error(WrongSubcommandUse("pubsub", call.argv[1]));
  const std::string_view pattern = call.argv.size() > 2 ? call.argv[2] : "*";
  const std::vector<std::string> names = call.host.pubsub.NamesLike(Kind, pattern);
  call.reply.ArrayHeader(names.size());
  for (const std::string& name : names) call.reply.Bulk(name);
  return {};
}

template <SubscriptionKind Kind>
Status NumSub(Call& call) {
  const std::span<const std::string_view> names = call.argv.subspan(2);
  call.reply.ArrayHeader(2 * names.size());
  for (const std::string_view name : names) {
    call.reply.Bulk(name);
    call.reply.Integer(static_cast<int64_t>(call.host.pubsub.SubscribersOf(Kind, name)));
  }
  return {};
}

Status NumPat(Call& call) {
  call.reply.Integer(static_cast<int64_t>(call.host.pubsub.CountOf(SubscriptionKind::kPattern)));
  return {};
}

constexpr Command kSubcommandsOfPubSub[] = {
    {.name = "pubsub|channels",
     .arity = -2,
     .flags = kPubSub | kAlways,
     .handler = Channels<SubscriptionKind::kChannel>,
     .docs = {.group = "pubsub",
              .since = "2.8.0",
              .complexity = "O(N) where N is the number of active channels.",
              .arguments = "[pattern:pattern]",
              .summary = "Lists the channels that have subscribers."}},
    {.name = "pubsub|help",
     .arity = 2,
     .flags = kAlways,
     .handler = Help,
     .docs = {.group = "pubsub",
              .since = "6.2.0",
              .complexity = "O(1)",
              .summary = "Explains the subcommands."}},
    {.name = "pubsub|numpat",
     .arity = 2,
     .flags = kPubSub | kAlways,
     .handler = NumPat,
     .docs = {.group = "pubsub",
              .since = "2.8.0",
              .complexity = "O(1)",
              .summary = "Counts the different patterns that have subscribers."}},
    {.name = "pubsub|numsub",
     .arity = -2,
     .flags = kPubSub | kAlways,
     .handler = NumSub<SubscriptionKind::kChannel>,
     .docs = {.group = "pubsub",
              .since = "2.8.0",
              .complexity = "O(N) where N is the number of channels that are asked for.",
              .arguments = "[channel...]",
              .summary = "Counts the subscribers of channels."}},
    {.name = "pubsub|shardchannels",
     .arity = -2,
     .flags = kPubSub | kAlways,
     .handler = Channels<SubscriptionKind::kShardChannel>,
     .docs = {.group = "pubsub",
              .since = "7.0.0",
              .complexity = "O(N) where N is the number of active shard channels.",
              .arguments = "[pattern:pattern]",
              .summary = "Lists the shard channels that have subscribers."}},
    {.name = "pubsub|shardnumsub",
     .arity = -2,
     .flags = kPubSub | kAlways,
     .handler = NumSub<SubscriptionKind::kShardChannel>,
     .docs = {.group = "pubsub",
              .since = "7.0.0",
              .complexity = "O(N) where N is the number of shard channels that are asked for.",
              .arguments = "[shardchannel...]",
              .summary = "Counts the subscribers of shard channels."}},
};

constexpr Command kRowsOfMessages[] = {
    {.name = "publish",
     .arity = 3,
     .flags = kPubSub | kAlways | kFast | kMayReplicate,
     .handler = Publish<SubscriptionKind::kChannel>,
     .docs = {.group = "pubsub",
              .since = "2.0.0",
              .complexity = "O(N+M) where N is the number of clients subscribed to the channel and "
                            "M is the number of patterns that anybody is subscribed to.",
              .arguments = "channel message",
              .summary = "Sends a message to the subscribers of a channel."}},
    {.name = "pubsub",
     .arity = -2,
     .subcommands = kSubcommandsOfPubSub,
     .docs = {.group = "pubsub",
              .since = "2.8.0",
              .complexity = "Depends on subcommand.",
              .summary = "A container for commands about channels."}},
    {.name = "spublish",
     .arity = 3,
     .flags = kPubSub | kAlways | kFast | kMayReplicate,
     .keys = {Key(1, kNotKey)},
     .handler = Publish<SubscriptionKind::kShardChannel>,
     .docs = {.group = "pubsub",
              .since = "7.0.0",
              .complexity = "O(N) where N is the number of clients subscribed to the channel.",
              .arguments = "shardchannel message",
              .summary = "Sends a message to the subscribers of a shard channel."}},
};

}  // namespace

Rows MessageRows() { return kRowsOfMessages; }

}  // namespace cordwood::commands::pubsub

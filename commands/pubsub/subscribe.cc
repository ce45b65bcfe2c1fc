// SUBSCRIBE, its forms for patterns and shard channels, and their opposites.
//
// Each name has a reply of its own. What the client is subscribed to changes at once, as part of
// its state; that it is sent messages, when the run counts.

#include "commands/pubsub/subscribe.h"

#include <string>
#include <string_view>
#include <vector>

#include "commands/all_commands.h"
#include "commands/core/call.h"
#include "commands/core/pubsub.h"
#include "commands/core/row.h"

namespace cordwood::commands::pubsub {
namespace {

/// One line of the table: how a kind's commands are called in replies.
struct Verbs {
  std::string_view subscribe;
  std::string_view unsubscribe;
};

constexpr Verbs VerbsOf(SubscriptionKind kind) {
  switch (kind) {
    case SubscriptionKind::kChannel:
      return {.subscribe = "subscribe", .unsubscribe = "unsubscribe"};
    case SubscriptionKind::kPattern:
      return {.subscribe = "psubscribe", .unsubscribe = "punsubscribe"};
    case SubscriptionKind::kShardChannel:
      break;
  }
  return {.subscribe = "ssubscribe", .unsubscribe = "sunsubscribe"};
}

void ReplyCount(Call& call, SubscriptionKind kind) {
  call.reply.Integer(static_cast<int64_t>(call.client.subscriptions.CountBeside(kind)));
}

template <SubscriptionKind Kind>
Status Subscribe(Call& call) {
  for (const std::string_view name : call.argv.subspan(1)) {
    if (call.client.subscriptions.Add(Kind, name)) {
      call.Defer([&pubsub = call.host.pubsub, &client = call.client, name = std::string(name)] {
        pubsub.Subscribe(client, Kind, name);
      });
    }
    call.reply.PushHeader(3);
    call.reply.Bulk(VerbsOf(Kind).subscribe);
    call.reply.Bulk(name);
    ReplyCount(call, Kind);
  }
  return {};
}

void End(Call& call, SubscriptionKind kind, std::string_view name) {
  if (!call.client.subscriptions.Remove(kind, name)) return;
  call.Defer([&pubsub = call.host.pubsub, &client = call.client, kind, name = std::string(name)] {
    pubsub.Unsubscribe(client, kind, name);
  });
}

template <SubscriptionKind Kind>
Status Unsubscribe(Call& call) {
  const auto end = [&call](std::string_view name) {
    End(call, Kind, name);
    call.reply.PushHeader(3);
    call.reply.Bulk(VerbsOf(Kind).unsubscribe);
    call.reply.Bulk(name);
    ReplyCount(call, Kind);
  };
  if (call.argv.size() > 1) {
    for (const std::string_view name : call.argv.subspan(1)) end(name);
    return {};
  }
  const Subscriptions::Names names = call.client.subscriptions.names(Kind);
  for (const std::string& name : names) end(name);
  if (!names.empty()) return {};
  call.reply.PushHeader(3);
  call.reply.Bulk(VerbsOf(Kind).unsubscribe);
  call.reply.Null();
  ReplyCount(call, Kind);
  return {};
}

constexpr uint32_t kSubscriberFlags = kPubSub | kNoScript | kAlways | kWhileSubscribed;

constexpr Command kRowsOfSubscriptions[] = {
    {.name = "psubscribe",
     .arity = -2,
     .flags = kSubscriberFlags,
     .handler = Subscribe<SubscriptionKind::kPattern>,
     .docs = {.group = "pubsub",
              .since = "2.0.0",
              .complexity = "O(N) where N is the number of patterns.",
              .arguments = "pattern=<pattern:pattern>...",
              .summary = "Listens for messages to channels that match patterns."}},
    {.name = "punsubscribe",
     .arity = -1,
     .flags = kSubscriberFlags,
     .handler = Unsubscribe<SubscriptionKind::kPattern>,
     .docs = {.group = "pubsub",
              .since = "2.0.0",
              .complexity = "O(N) where N is the number of patterns.",
              .arguments = "[pattern:pattern...]",
              .summary = "Stops listening to channels that match patterns; without one, to all."}},
    {.name = "ssubscribe",
     .arity = -2,
     .flags = kSubscriberFlags,
     .keys = {Keys(1, -1, 1, kNotKey)},
     .handler = Subscribe<SubscriptionKind::kShardChannel>,
     .docs = {.group = "pubsub",
              .since = "7.0.0",
              .complexity = "O(N) where N is the number of shard channels.",
              .arguments = "shardchannel...",
              .summary = "Listens for messages to shard channels."}},
    {.name = "subscribe",
     .arity = -2,
     .flags = kSubscriberFlags,
     .handler = Subscribe<SubscriptionKind::kChannel>,
     .docs = {.group = "pubsub",
              .since = "2.0.0",
              .complexity = "O(N) where N is the number of channels.",
              .arguments = "channel...",
              .summary = "Listens for messages to channels."}},
    {.name = "sunsubscribe",
     .arity = -1,
     .flags = kSubscriberFlags,
     .keys = {Keys(1, -1, 1, kNotKey)},
     .handler = Unsubscribe<SubscriptionKind::kShardChannel>,
     .docs = {.group = "pubsub",
              .since = "7.0.0",
              .complexity = "O(N) where N is the number of shard channels.",
              .arguments = "[shardchannel...]",
              .summary = "Stops listening to shard channels; without one, to all."}},
    {.name = "unsubscribe",
     .arity = -1,
     .flags = kSubscriberFlags,
     .handler = Unsubscribe<SubscriptionKind::kChannel>,
     .docs = {.group = "pubsub",
              .since = "2.0.0",
              .complexity = "O(N) where N is the number of channels.",
              .arguments = "[channel...]",
              .summary = "Stops listening to channels; without one, to all."}},
};

}  // namespace

Rows SubscriptionRows() { return kRowsOfSubscriptions; }

void UnsubscribeAll(Call& call) {
  for (const SubscriptionKind kind :
       {SubscriptionKind::kChannel, SubscriptionKind::kPattern, SubscriptionKind::kShardChannel}) {
    const Subscriptions::Names names = call.client.subscriptions.names(kind);
    for (const std::string& name : names) End(call, kind, name);
  }
}

}  // namespace cordwood::commands::pubsub

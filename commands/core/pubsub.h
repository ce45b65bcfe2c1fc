#pragma once

// Who is subscribed to what, and the messages that they are sent.
//
// The names of channels and those of shard channels have nothing to do with each other; patterns
// match channels.
//
// Threads: called on the thread that runs the command.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "commands/core/client.h"
#include "commands/core/subscriptions.h"

namespace cordwood::commands {

class PubSub {
 public:
  virtual ~PubSub() = default;

  /// The client is sent what it is subscribed to from now on. REQUIRES: it was not subscribed to
  /// it, or, to end it, was.
  virtual void Subscribe(const Client& client, SubscriptionKind kind, std::string_view name) = 0;
  virtual void Unsubscribe(const Client& client, SubscriptionKind kind, std::string_view name) = 0;

  /// How often a message would be sent to others than `client`: to one that is subscribed to its
  /// channel and to patterns that match, more than once.
  virtual uint64_t ReceiversBeside(const Client& client, SubscriptionKind kind,
                                   std::string_view channel) const = 0;
  /// Sends the message, once everything is visible that the client has written.
  virtual void Publish(const Client& client, SubscriptionKind kind, std::string_view channel,
                       std::string_view message) = 0;

  /// The names that anybody is subscribed to, of those that match.
  virtual std::vector<std::string> NamesLike(SubscriptionKind kind,
                                             std::string_view pattern) const = 0;
  /// How many clients are subscribed to it.
  virtual uint64_t SubscribersOf(SubscriptionKind kind, std::string_view name) const = 0;
  /// How many names anybody is subscribed to.
  virtual uint64_t CountOf(SubscriptionKind kind) const = 0;
};

}  // namespace cordwood::commands

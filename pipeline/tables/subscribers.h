#pragma once

// Who is subscribed to which channels, patterns and shard channels, and what they are sent.
//
// Ownership: refers to what it is given; sessions are forgotten before they are gone. Threads: the
// loop's.

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "commands/core/pubsub.h"
#include "pipeline/gate/outgoing.h"
#include "pipeline/gate/pushes.h"
#include "pipeline/loop/sessions.h"

namespace cordwood::pipeline {

class Subscribers final : public commands::PubSub {
 public:
  using Kind = commands::SubscriptionKind;

  Subscribers(const Sessions& sessions, Outgoing& outgoing, Pushes& pushes)
      : sessions_(sessions), outgoing_(outgoing), pushes_(pushes) {}
  Subscribers(const Subscribers&) = delete;
  Subscribers& operator=(const Subscribers&) = delete;

  /// Sends the message to those who are subscribed now. REQUIRES: no command is running.
  void Send(Kind kind, std::string_view channel, std::string_view message);
  /// Nobody is subscribed to any channel or pattern.
  bool empty() const { return Of(Kind::kChannel).empty() && Of(Kind::kPattern).empty(); }
  /// The session will be gone.
  void Forget(const Session& session);

  // --- commands::PubSub ---
  void Subscribe(const commands::Client& client, Kind kind, std::string_view name) override;
  void Unsubscribe(const commands::Client& client, Kind kind, std::string_view name) override;
  uint64_t ReceiversBeside(const commands::Client& client, Kind kind,
                           std::string_view channel) const override;
  void Publish(const commands::Client& client, Kind kind, std::string_view channel,
               std::string_view message) override;
  std::vector<std::string> NamesLike(Kind kind, std::string_view pattern) const override;
  uint64_t SubscribersOf(Kind kind, std::string_view name) const override;
  uint64_t CountOf(Kind kind) const override { return Of(kind).size(); }

 private:
  using Line = std::map<SessionId, Session*>;  // of those who are subscribed to one name
  using Names = std::map<std::string, Line, std::less<>>;  // no line is empty

  Names& Of(Kind kind) { return names_[static_cast<size_t>(kind)]; }
  const Names& Of(Kind kind) const { return names_[static_cast<size_t>(kind)]; }
  void SendTo(const Line& line, std::string_view verb, std::string_view pattern,
              std::string_view channel, std::string_view message);

  const Sessions& sessions_;
  Outgoing& outgoing_;
  Pushes& pushes_;
  std::array<Names, commands::kSubscriptionKinds> names_;
};

}  // namespace cordwood::pipeline

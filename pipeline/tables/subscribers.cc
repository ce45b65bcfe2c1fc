#include "pipeline/tables/subscribers.h"

#include "base/check.h"
#include "base/glob.h"
#include "protocol/reply_writer.h"

namespace cordwood::pipeline {
namespace {

/// `pattern` is empty: none matched, the channel itself did.
std::string Encode(protocol::RespVersion version, std::string_view verb, std::string_view pattern,
                   std::string_view channel, std::string_view message) {
  std::string text;
  protocol::ReplyWriter writer(text, version);
  writer.PushHeader(pattern.data() == nullptr ? 3 : 4);
  writer.Bulk(verb);
  if (pattern.data() != nullptr) writer.Bulk(pattern);
  writer.Bulk(channel);
  writer.Bulk(message);
  return text;
}

}  // namespace

void Subscribers::Subscribe(const commands::Client& client, Kind kind, std::string_view name) {
  Session* const session = sessions_.Find(client.id);
  CHECK(session != nullptr);
  Names& names = Of(kind);
  auto it = names.find(name);
  if (it == names.end()) it = names.emplace(name, Line()).first;
  it->second.emplace(client.id, session);
}

void Subscribers::Unsubscribe(const commands::Client& client, Kind kind, std::string_view name) {
  const auto it = Of(kind).find(name);
  if (it == Of(kind).end()) return;
  it->second.erase(client.id);
  if (it->second.empty()) Of(kind).erase(it);
}

void Subscribers::Forget(const Session& session) {
  for (const Kind kind : {Kind::kChannel, Kind::kPattern, Kind::kShardChannel}) {
    for (const std::string& name : session.client.subscriptions.names(kind)) {
      Unsubscribe(session.client, kind, name);
    }
  }
}

// --- messages ---

uint64_t Subscribers::ReceiversBeside(const commands::Client& client, Kind kind,
                                      std::string_view channel) const {
  const auto others = [&](const Line& line) {
    return line.size() - (line.contains(client.id) ? 1 : 0);
  };
  const auto it = Of(kind).find(channel);
  uint64_t count = it == Of(kind).end() ? 0 : others(it->second);
  if (kind != Kind::kChannel) return count;
  for (const auto& [pattern, line] : Of(Kind::kPattern)) {
    if (GlobMatch(pattern, channel)) count += others(line);
  }
  return count;
}

void Subscribers::Publish(const commands::Client& client, Kind kind, std::string_view channel,
                          std::string_view message) {
  const Session* const session = sessions_.Find(client.id);
  CHECK(session != nullptr);
  outgoing_.Add(session->dep, channel.size() + message.size(),
                [this, kind, channel = std::string(channel), message = std::string(message)] {
                  Send(kind, channel, message);
                });
}

void Subscribers::Send(Kind kind, std::string_view channel, std::string_view message) {
  if (const auto it = Of(kind).find(channel); it != Of(kind).end()) {
    SendTo(it->second, kind == Kind::kShardChannel ? "smessage" : "message", {}, channel, message);
  }
  if (kind != Kind::kChannel) return;
  for (const auto& [pattern, line] : Of(Kind::kPattern)) {
    if (GlobMatch(pattern, channel)) SendTo(line, "pmessage", pattern, channel, message);
  }
}

void Subscribers::SendTo(const Line& line, std::string_view verb, std::string_view pattern,
                         std::string_view channel, std::string_view message) {
  std::array<std::string, 2> encoded;  // in RESP2 and RESP3, once somebody wants it
  for (const auto& [id, session] : line) {
    const protocol::RespVersion version = session->resp_version();
    std::string& text = encoded[version == protocol::RespVersion::kResp3 ? 1 : 0];
    if (text.empty()) text = Encode(version, verb, pattern, channel, message);
    pushes_.Send(*session, text);
  }
}

// --- what PUBSUB tells ---

std::vector<std::string> Subscribers::NamesLike(Kind kind, std::string_view pattern) const {
  std::vector<std::string> names;
  for (const auto& [name, line] : Of(kind)) {
    if (GlobMatch(pattern, name)) names.push_back(name);
  }
  return names;
}

uint64_t Subscribers::SubscribersOf(Kind kind, std::string_view name) const {
  const auto it = Of(kind).find(name);
  return it == Of(kind).end() ? 0 : it->second.size();
}

}  // namespace cordwood::pipeline

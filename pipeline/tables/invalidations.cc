#include "pipeline/tables/invalidations.h"

#include "protocol/reply_writer.h"

namespace cordwood::pipeline {
namespace {

constexpr std::string_view kInvalidationChannel = "__redis__:invalidate";

}  // namespace

const std::string& Invalidation::TextFor(protocol::RespVersion version) {
  std::string& text = encoded_[version == protocol::RespVersion::kResp3 ? 1 : 0];
  if (text.empty()) text = Encode(version);
  return text;
}

std::string Invalidation::Encode(protocol::RespVersion version) const {
  std::string text;
  protocol::ReplyWriter writer(text, version);
  if (version == protocol::RespVersion::kResp3) {
    writer.PushHeader(2);
    writer.Bulk("invalidate");
  } else {
    writer.ArrayHeader(3);
    writer.Bulk("message");
    writer.Bulk(kInvalidationChannel);
  }
  if (all_) {
    writer.Null();
    return text;
  }
  writer.ArrayHeader(keys_.size());
  for (const std::string_view key : keys_) writer.Bulk(key);
  return text;
}

void Invalidations::Send(Session& session, Invalidation& invalidation) {
  Session* const receiver = ReceiverOf(session);
  if (receiver == nullptr) return;
  // One that speaks RESP2 could not tell it from a reply, unless it is subscribed to something.
  const bool can_tell = receiver->resp_version() == protocol::RespVersion::kResp3 ||
                        (receiver != &session && !receiver->client.subscriptions.empty());
  if (can_tell) pushes_.Send(*receiver, invalidation.TextFor(receiver->resp_version()));
}

Session* Invalidations::ReceiverOf(Session& session) {
  commands::ClientTracking& tracking = session.client.tracking;
  if (tracking.redirect == 0) return &session;
  Session* const receiver = sessions_.Find(tracking.redirect);
  if (receiver != nullptr && !receiver->closing()) return receiver;
  tracking.redirect_is_broken = true;
  if (session.resp_version() == protocol::RespVersion::kResp3) {
    std::string text;
    protocol::ReplyWriter writer(text, protocol::RespVersion::kResp3);
    writer.PushHeader(2);
    writer.Bulk("tracking-redir-broken");
    writer.Integer(static_cast<int64_t>(tracking.redirect));
    pushes_.Send(session, text);
  }
  return nullptr;
}

}  // namespace cordwood::pipeline

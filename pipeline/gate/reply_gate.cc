#include "pipeline/gate/reply_gate.h"

#include "base/format.h"
#include "base/log.h"

namespace cordwood::pipeline {

void ReplyGate::Wait(Session& session) {
  session.waiting_for_release = true;
  waiting_.push_back(session.id());
}

void ReplyGate::PutPush(Session& session, std::string_view push) {
  session.replies.buffer() += push;
  session.replies.Commit(0, keyspace_.store().visible());
  sessions_.MarkDirty(session);
}

void ReplyGate::Release() {
  const storage::Seq visible = keyspace_.store().visible();
  size_t kept = 0;
  for (const SessionId id : waiting_) {
    Session* const session = sessions_.Find(id);
    if (session == nullptr) continue;
    if (session->replies.Release(visible)) sessions_.MarkDirty(*session);
    session->waiting_for_release = session->replies.waiting();
    if (session->waiting_for_release) waiting_[kept++] = id;
  }
  waiting_.resize(kept);
}

void ReplyGate::CloseWaiting() {
  for (const SessionId id : waiting_) CloseHopeless(sessions_, id);
}

void CloseHopeless(Sessions& sessions, SessionId id) {
  Session* const session = sessions.Find(id);
  if (session == nullptr || session->close_now) return;
  LogNotice(Format("closing {}: the outcome of its writes is unknown", session->client.address));
  sessions.CloseSoon(*session);
}

}  // namespace cordwood::pipeline

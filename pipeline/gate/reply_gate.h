#pragma once

// Holds replies until what they depend on is visible (rule W1 of the commit contract).
//
// Ownership: refers to the sessions and the keyspace. Threads: the loop's.

#include <vector>

#include "keyspace/core/keyspace.h"
#include "pipeline/loop/sessions.h"

namespace cordwood::pipeline {

class ReplyGate {
 public:
  ReplyGate(Sessions& sessions, keyspace::Keyspace& keyspace)
      : sessions_(sessions), keyspace_(keyspace) {}

  /// What was appended to the session's replies is one, or the next part of one. It leaves once
  /// everything is visible that the session depends on.
  void Add(Session& session) {
    session.replies.Commit(session.dep, keyspace_.store().visible());
    sessions_.MarkDirty(session);
    if (session.replies.waiting() && !session.waiting_for_release) Wait(session);
  }
  /// The same, but CLIENT REPLY may have it that nothing is sent.
  void AddReply(Session& session) {
    if (session.client.replies != commands::Replies::kSent) [[unlikely]]
      session.replies.Drop();
    Add(session);
  }
  /// What has become visible lets replies go.
  void Release();
  /// The store failed: what waits for it would wait for ever, so it is closed.
  void CloseWaiting();

 private:
  void Wait(Session& session);

  Sessions& sessions_;
  keyspace::Keyspace& keyspace_;
  std::vector<SessionId> waiting_;
};

/// Closes a session that waits for a store which failed.
void CloseHopeless(Sessions& sessions, SessionId id);

}  // namespace cordwood::pipeline

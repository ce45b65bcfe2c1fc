#pragma once

// Holds replies until what they depend on is visible (rule W1 of the commit contract).
//
// Ownership: refers to the sessions and the keyspace. Threads: the loop's.

#include <string_view>
#include <utility>
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
  /// As Add, but CLIENT REPLY may have it that nothing is sent.
  void AddReply(Session& session) {
    if (session.client.replies != commands::Replies::kSent) [[unlikely]]
      session.replies.Drop();
    Add(session);
  }
  /// One push, behind all replies; behind the one that the session is in the middle of, too. It
  /// waits for nothing but what stands before it.
  void AddPush(Session& session, std::string_view push) {
    if (session.is_within_reply()) {
      session.held_pushes += push;
    } else {
      PutPush(session, push);
    }
  }
  /// The session's reply has ended.
  void AddHeldPushes(Session& session) {
    if (!session.held_pushes.empty()) PutPush(session, std::exchange(session.held_pushes, {}));
  }
  /// What has become visible lets replies go.
  void Release();
  /// The store failed: what waits for it would wait for ever, so it is closed.
  void CloseWaiting();

 private:
  void Wait(Session& session);
  void PutPush(Session& session, std::string_view push);

  Sessions& sessions_;
  keyspace::Keyspace& keyspace_;
  std::vector<SessionId> waiting_;
};

/// Closes a session that waits for a store which failed.
void CloseHopeless(Sessions& sessions, SessionId id);

}  // namespace cordwood::pipeline

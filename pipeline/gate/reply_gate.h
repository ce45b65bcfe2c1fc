#pragma once

// Holds replies until what they depend on is visible (rule W1 of the commit contract).
//
// Ownership: refers to the sessions and the store. Threads: the loop's.

#include <vector>

#include "pipeline/loop/sessions.h"
#include "storage/store.h"

namespace cordwood::pipeline {

class ReplyGate {
 public:
  ReplyGate(Sessions& sessions, const storage::Store& store) : sessions_(sessions), store_(store) {}

  /// What was appended to the session's replies is one, or the next part of one. It leaves once
  /// everything is visible that the session depends on.
  void Add(Session& session);
  /// What has become visible lets replies go.
  void Release();
  /// The store failed: what waits for it would wait for ever, so it is closed.
  void CloseWaiting();

 private:
  Sessions& sessions_;
  const storage::Store& store_;
  std::vector<SessionId> waiting_;
};

/// Closes a session that waits for a store which failed.
void CloseHopeless(Sessions& sessions, SessionId id);

}  // namespace cordwood::pipeline

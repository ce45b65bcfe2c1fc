#pragma once

// The connections' sessions by id, and those of them that the transport must look at.
//
// A list elsewhere that still names a session which is gone looks it up and does not find it.
//
// Ownership: owns the sessions. Threads: the loop's.

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "pipeline/loop/session.h"

namespace cordwood::pipeline {

class Sessions {
 public:
  using Map = std::map<SessionId, std::unique_ptr<Session>>;  // ids ascend with age

  Sessions() = default;
  Sessions(const Sessions&) = delete;
  Sessions& operator=(const Sessions&) = delete;

  const Map& all() const { return sessions_; }
  size_t size() const { return sessions_.size(); }
  /// Null if it is gone.
  Session* Find(SessionId id) const {
    const auto it = sessions_.find(id);
    return it == sessions_.end() ? nullptr : it->second.get();
  }

  Session& Add(const protocol::Limits& limits);
  /// Nothing if it is gone.
  std::unique_ptr<Session> Remove(SessionId id);

  /// It has new output, or its wish for input or to close may have changed.
  void MarkDirty(Session& session) {
    if (session.dirty) return;
    session.dirty = true;
    dirty_.push_back(session.id());
  }
  void MarkAllDirty();
  /// Those that were marked since the last call.
  std::vector<SessionId> TakeDirty();
  /// Without sending what is left.
  void CloseSoon(Session& session);

 private:
  Map sessions_;
  SessionId next_id_ = 1;
  std::vector<SessionId> dirty_;
};

}  // namespace cordwood::pipeline

#include "pipeline/loop/sessions.h"

namespace cordwood::pipeline {

Session& Sessions::Add(const protocol::Limits& limits) {
  const SessionId id = next_id_++;
  return *sessions_.emplace(id, std::make_unique<Session>(id, limits)).first->second;
}

std::unique_ptr<Session> Sessions::Remove(SessionId id) {
  const auto it = sessions_.find(id);
  if (it == sessions_.end()) return nullptr;
  std::unique_ptr<Session> gone = std::move(it->second);
  sessions_.erase(it);
  return gone;
}

void Sessions::MarkAllDirty() {
  for (auto& [id, session] : sessions_) MarkDirty(*session);
}

std::vector<SessionId> Sessions::TakeDirty() {
  for (const SessionId id : dirty_) {
    if (Session* const session = Find(id)) session->dirty = false;
  }
  return std::exchange(dirty_, {});
}

void Sessions::CloseSoon(Session& session) {
  session.close_now = true;
  MarkDirty(session);
}

}  // namespace cordwood::pipeline

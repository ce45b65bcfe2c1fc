#include "pipeline/loop/memory_pressure.h"

#include "base/format.h"
#include "base/log.h"

namespace cordwood::pipeline {

void MemoryPressure::Account(Session& session) {
  if (memory_.Account(session)) sessions_.MarkAllDirty();
  Close(memory_.TakeExcess());
  Evict(memory_.TakeBeyondLimit());
}

void MemoryPressure::Forget(const Session& session) {
  if (memory_.Forget(session)) sessions_.MarkAllDirty();
}

void MemoryPressure::Relieve() {
  if (!memory_.over()) return;
  if (memory_.ReleaseIdle()) sessions_.MarkAllDirty();
  Close(memory_.TakeOverdue());
  if (Session* const favoured = memory_.TakeFavoured()) sessions_.MarkDirty(*favoured);
}

void MemoryPressure::Close(const std::vector<Session*>& sessions) {
  if (sessions.empty()) return;
  const Session& first = *sessions.front();
  if (const uint64_t closed = log_.Note(env_.MonotonicNs(), sessions.size())) {
    LogWarning(Format(
        "closing {} of {} connections: they hold {} bytes, more than their share of the memory "
        "budget ({}), and {}{} the most of them, {}",
        closed, sessions_.size(), memory_.bytes(), memory_.max(), first.client.address,
        first.client.authenticated ? "" : ", which has not authenticated,", first.held_bytes));
  }
  for (Session* const session : sessions) {
    ++stats_.output_buffer_disconnections;
    Drop(*session);
  }
}

void MemoryPressure::Evict(const std::vector<Session*>& sessions) {
  for (Session* const session : sessions) {
    ++stats_.evicted_clients;
    LogNotice(
        Format("closing {}: it holds {} bytes, and all connections more than "
               "maxmemory-clients",
               session->client.address, session->held_bytes));
    Drop(*session);
  }
}

void MemoryPressure::Drop(Session& session) {
  sessions_.CloseSoon(session);
  // Its command may still run, and needs its arguments.
  if (!session.held()) session.parser = protocol::RequestParser(session.parser.limits());
  session.replies = {};
  session.held_pushes = {};
  if (memory_.Account(session)) sessions_.MarkAllDirty();
}

}  // namespace cordwood::pipeline

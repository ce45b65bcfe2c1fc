#pragma once

// Whether a write may run now: the store has room for it, its turn has come, and what was written
// before it has been paid for in time.
//
// Those who must wait stand in line; what frees space goes past it.
//
// Ownership: refers to what it is given. Threads: the loop's.

#include <cstdint>
#include <deque>
#include <optional>

#include "base/env.h"
#include "keyspace/core/keyspace.h"
#include "pipeline/info/latency_events.h"
#include "pipeline/info/stats.h"
#include "pipeline/loop/session.h"

namespace cordwood::pipeline {

/// What a command is let in with: it may write no more, and nothing else, without asking again.
struct Admitted {
  uint64_t bytes = 0;
  storage::Intent intent = storage::Intent::kAdd;
};

class AdmissionLine {
 public:
  AdmissionLine(Env& env, keyspace::Keyspace& keyspace, LatencyEvents& events, PipelineStats& stats)
      : env_(env), keyspace_(keyspace), events_(events), stats_(stats) {}

  /// Whether the session's command may write so much. kLater: it stands in line, and is to be held
  /// for admission.
  storage::WriteGate Ask(Session& session, Admitted wanted);
  /// The same of one that goes ahead of all that are in line, because they wait for it.
  storage::WriteGate AskAhead(Session& session, Admitted wanted);
  /// The session's command waits for another write, and for nothing here.
  void NoteHeld(Session& session);
  /// It waits for nothing any more: it runs, or is gone.
  void NoteLetGo(Session& session) {
    if (session.held_write.reason) LetGo(session);
  }
  /// A write of so many bytes is going to be made, which adds: the next ones wait for it, by the
  /// pressure of now.
  void Pace(uint64_t bytes);

  bool empty() const { return line_.empty(); }
  /// REQUIRES: !empty(). The session may be gone.
  SessionId front() const { return line_.front(); }
  void Pop() { line_.pop_front(); }
  /// Those in line have waited long enough for what was written before.
  bool due() { return !line_.empty() && free_at_ns_ <= env_.MonotonicNs(); }
  /// When they will have, on the monotonic clock. Nothing if nobody waits for time alone.
  std::optional<uint64_t> WakeNs();

 private:
  /// Whether writers are being held back for what was written before.
  bool IsPaced();
  void Hold(Session& session, storage::HeldFor reason);
  void LetGo(Session& session);
  storage::WriteGate Count(Session& session, storage::WriteGate gate, storage::HeldFor reason);

  Env& env_;
  keyspace::Keyspace& keyspace_;
  LatencyEvents& events_;
  PipelineStats& stats_;
  std::deque<SessionId> line_;                             // in the order in which they came
  uint64_t free_at_ns_ = 0;                                // pacing: the next write may run then
  storage::HeldFor held_for_ = storage::HeldFor::kPacing;  // those in line, as of the last answer
};

}  // namespace cordwood::pipeline

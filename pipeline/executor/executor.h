#pragma once

// Runs the commands of sessions: plain reads at the visible state, everything else one after the
// other at the newest (rules W1, R1, R2 and C1 of the commit contract).
//
// A command that may not run, or not to its end, holds its session; it is run again from the start
// when what it waits for is there.
//
// One that the reruns do not bring to an end, or that takes longer than a turn, gets a stack of its
// own and waits there, in the middle of its work (pipeline/executor/own_runs.h).
//
// Ownership: refers to what it is given. Threads: the loop's.

#include <cstdint>
#include <optional>

#include "base/env.h"
#include "config/config.h"
#include "keyspace/core/keyspace.h"
#include "keyspace/core/transaction.h"
#include "pipeline/executor/block_fetches.h"
#include "pipeline/executor/commits.h"
#include "pipeline/executor/expiry_clock.h"
#include "pipeline/executor/expiry_runs.h"
#include "pipeline/executor/long_reads.h"
#include "pipeline/executor/own_runs.h"
#include "pipeline/executor/rank_builds.h"
#include "pipeline/executor/waiters.h"
#include "pipeline/gate/completion.h"
#include "pipeline/gate/event_messages.h"
#include "pipeline/gate/outgoing.h"
#include "pipeline/loop/memory_pressure.h"
#include "pipeline/loop/paused_clients.h"
#include "pipeline/loop/session_runner.h"
#include "pipeline/loop/sessions.h"
#include "pipeline/loop/transport.h"
#include "pipeline/tables/tracking_table.h"
#include "pipeline/tables/watch_table.h"
#include "storage/reader.h"

namespace cordwood::commands {
struct Host;
}

namespace cordwood::pipeline {

/// What the executor works with; all of it outlives it.
struct ExecutorParts {
  Env& env;
  keyspace::Keyspace& keyspace;
  const config::Config& config;
  Transport& transport;
  Sessions& sessions;
  MemoryPressure& pressure;
  const PausedClients& pauses;
  ReplyGate& gate;
  Completion& completion;
  CommandMeter& meter;
  LatencyEvents& events;
  PipelineStats& stats;
  TurnClock& turn_clock;
  const RequestLimits& limits;
  SessionRunner& runner;
  WatchTable& watches;
  TrackingTable& tracking;
  BlockedClients& blocked;
  Outgoing& outgoing;
  EventMessages& messages;
};

class Executor {
 public:
  explicit Executor(const ExecutorParts& parts);
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  /// Who answers what commands ask of the process. Set once, before the first command.
  void SetHost(const commands::Host* host);

  /// Runs the session's command, and then those that waited for what it did; on return it is
  /// finished or the session is held.
  void Run(Session& session) {
    RunCommand(session);
    NoteIfHeld(session);
    waiters_.Settle(session);
    if (parts_.outgoing.due()) [[unlikely]]
      parts_.outgoing.LetLeave();
  }
  /// The session's turn has come: its long read, or its own run, goes on. REQUIRES: one of them is
  /// what holds it.
  void TakeTurn(Session& session);
  /// The session will be gone.
  void Forget(Session& session) {
    commits_.line().NoteLetGo(session);
    own_runs_.Forget(session);
    waiters_.Forget(session);
  }
  /// Some of what the session was replied was sent.
  void NoteSent(Session& session) { long_reads_.ResumeStalled(session); }
  /// Ends what has gone on for too long.
  void CheckAge(Session& session, uint64_t now_ns) { long_reads_.CheckAge(session, now_ns); }

  /// Those go on whose turn has come to write.
  void RetryAdmissions();
  /// Whether EndPass may have something to do.
  bool has_waiting() {
    return !commits_.line().empty() || fetches_.has_waiting() ||
           parts_.keyspace.pending_objects().has_given_up();
  }
  /// At the end of a pass.
  void EndPass();
  /// More has become visible, or the log or the memtables have room.
  void OnProgress();
  /// The store failed: who waits for it is closed.
  void CloseWaiting() { long_reads_.CloseWaiting(); }
  /// When held writes, or the replies of those whose time is over, are due: on the monotonic clock,
  /// if that is a matter of time.
  std::optional<uint64_t> WakeNs();

  /// One run of each thing that is done in the background, of about a millisecond.
  void RunBackground();
  /// The same of those that have more to do.
  void GoOnInBackground();
  /// Not while a write owns the executor: until that has ended it could only wait.
  bool background_goes_on() const {
    return (expiry_.goes_on() || rank_builds_.goes_on()) && !stopped_ && !own_runs_.owned();
  }
  void SetActiveExpire(bool active) { expiry_.SetActive(active); }
  const ExpiryClock& clock() const { return clock_; }
  /// Commands that wait.
  Waiters& waiters() { return waiters_; }

  /// Whether nobody has anything of the store: a snapshot, blocks, a run that has not ended.
  bool IsIdle();
  /// Keyspace::Reopen. REQUIRES: IsIdle().
  Status ReopenStore();

  /// No further command of anybody runs, those that are held included. Long reads go on.
  void Stop();
  bool stopped() const { return stopped_; }

 private:
  storage::Store& store() const { return parts_.keyspace.store(); }
  commands::Call CallOf(Session& session, keyspace::Transaction& tx,
                        protocol::ReplyWriter& reply) const;
  bool MustExecute(const Session& session) const;
  /// It names so many keys or elements, or has queued so many commands, that it takes longer than
  /// one turn should.
  static bool NamesMuch(const Session& session);
  /// It would send messages that cannot leave yet, and too many of these wait already.
  bool MustWaitToSend(const Session& session) const;
  void RunCommand(Session& session);
  /// What the loop does next is not the session's.
  void NoteIfHeld(Session& session) {
    if (session.held()) [[unlikely]]
      parts_.meter.NoteHeld(session);
  }
  /// What has become of a run.
  enum class Then : uint8_t {
    kEnded,      // it is finished, or held
    kRunAlone,   // it is undone, and goes to a stack of its own
    kLongWrite,  // the same, and others may commit meanwhile
  };
  Then RunOnce(Session& session, bool execute, Admitted admitted);
  /// Gives the session's command a stack of its own, or holds it until that may be.
  void RunAlone(Session& session, bool execute, Then then);
  /// The session's blocks are there.
  void Resume(Session& session);
  /// Runs the command of a session that was held, and what stands behind it.
  void RunHeld(Session& session);

  const ExecutorParts parts_;
  const commands::Host* host_ = nullptr;
  std::optional<storage::Reader> reader_;  // always, but while the store is opened again
  ExpiryClock clock_;
  Commits commits_;
  BlockFetches fetches_;
  LongReads long_reads_;
  Waiters waiters_;
  OwnRuns own_runs_;
  ExpiryRuns expiry_;
  RankBuilds rank_builds_;
  bool stopped_ = false;
};

}  // namespace cordwood::pipeline

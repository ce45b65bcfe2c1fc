#pragma once

// Runs the commands of sessions: plain reads at the visible state, everything else one after the
// other at the newest (rules W1, R1, R2 and C1 of the commit contract).
//
// A command that may not run, or not to its end, holds its session; it is run again from the start
// when what it waits for is there.
//
// One that the reruns do not bring to an end gets a stack of its own and waits there, in the middle
// of its work. A read does so at a snapshot. A write becomes the executor's owner: until it is done
// nothing else runs on the executor, which is not to be seen from outside but in time; plain reads
// go on, and judge expiry as of the owner's start.
//
// Ownership: refers to what it is given. Threads: the loop's.

#include <cstdint>
#include <deque>
#include <optional>

#include "base/env.h"
#include "config/config.h"
#include "keyspace/core/keyspace.h"
#include "keyspace/core/transaction.h"
#include "pipeline/executor/admission_line.h"
#include "pipeline/executor/block_fetches.h"
#include "pipeline/executor/expiry_clock.h"
#include "pipeline/executor/expiry_runs.h"
#include "pipeline/executor/long_reads.h"
#include "pipeline/executor/own_run.h"
#include "pipeline/gate/completion.h"
#include "pipeline/gate/start_times.h"
#include "pipeline/loop/memory_pressure.h"
#include "pipeline/loop/session_runner.h"
#include "pipeline/loop/sessions.h"
#include "pipeline/loop/transport.h"
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
  ReplyGate& gate;
  Completion& completion;
  PipelineStats& stats;
  TurnClock& turn_clock;
  const RequestLimits& limits;
  SessionRunner& runner;
  WatchTable& watches;
};

class Executor {
 public:
  explicit Executor(const ExecutorParts& parts);
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  /// Who answers what commands ask of the process. Set once, before the first command.
  void SetHost(const commands::Host* host) { host_ = host; }

  /// Runs the session's command; on return it is finished or the session is held.
  void Run(Session& session);
  /// The session's turn has come: its long read, or its own run, goes on. REQUIRES: one of them is
  /// what holds it.
  void TakeTurn(Session& session);
  /// The session will be gone.
  void Forget(Session& session);
  /// Some of what the session was replied was sent.
  void NoteSent(Session& session) { long_reads_.ResumeStalled(session); }
  /// Ends what has gone on for too long.
  void CheckAge(Session& session, uint64_t now_ns) { long_reads_.CheckAge(session, now_ns); }

  /// Those go on whose turn has come to write.
  void RetryAdmissions();
  /// Whether EndPass may have something to do.
  bool has_waiting() const { return !admissions_.empty() || fetches_.has_waiting(); }
  /// At the end of a pass.
  void EndPass();
  /// More has become visible, or the log or the memtables have room.
  void OnProgress();
  /// The store failed: who waits for it is closed.
  void CloseWaiting() { long_reads_.CloseWaiting(); }
  /// When held writes are due, on the monotonic clock, if that is a matter of time.
  std::optional<uint64_t> WakeNs() { return admissions_.WakeNs(); }

  /// One run of expiry, of about a millisecond.
  void RunExpiry();
  bool expiry_goes_on() const { return expiry_.goes_on(); }
  void SetActiveExpire(bool active) { expiry_.SetActive(active); }
  const ExpiryClock& clock() const { return clock_; }

  /// Whether nobody has anything of the store: a snapshot, blocks, a run that has not ended.
  bool IsIdle();
  /// Keyspace::Reopen. REQUIRES: IsIdle().
  Status ReopenStore();

  /// No further command of anybody runs, those that are held included. Long reads go on.
  void Stop() { stopped_ = true; }
  bool stopped() const { return stopped_; }

 private:
  storage::Store& store() const { return parts_.keyspace.store(); }
  commands::Call CallOf(Session& session, keyspace::Transaction& tx,
                        protocol::ReplyWriter& reply) const;
  bool MustExecute(const Session& session) const;
  /// True: a write owns the executor, and the session waits for that.
  bool HoldForOwner(Session& session);
  /// False: the command is to be run on a stack of its own instead.
  bool RunOnce(Session& session, bool execute, Admitted admitted);
  /// False: the command may not write now. It is held, or was refused.
  bool LetIn(Session& session, storage::WriteGate gate, size_t reply_start);
  /// The same, after the handler: of what it wrote in the end.
  bool MayCommit(Session& session, const keyspace::Transaction& tx, Admitted admitted,
                 size_t reply_start);
  /// Writes what was let in.
  Status Commit(keyspace::Transaction& tx);
  /// Gives the session's command a stack of its own, or holds it until that may be.
  void RunAlone(Session& session, bool execute);
  void StartOwnRun(Session& session, OwnRun::Work work);
  void GoOnAlone(Session& session);
  /// Ends a read whose snapshot is older than one may be.
  bool EndOldRun(Session& session);
  /// The handler is done: commits, and ends the command. Holds the session if it may not write yet.
  void FinishOwnRun(Session& session);
  /// As LetIn; one that is refused owns nothing any more.
  bool MayCommitOwnRun(Session& session, size_t reply_start);
  /// Nobody owns the executor any more: those go on who waited.
  void EndOwnership();
  /// The session's blocks are there.
  void Resume(Session& session);
  /// Runs the command of a session that was held, and what stands behind it.
  void RunHeld(Session& session);

  const ExecutorParts parts_;
  const commands::Host* host_ = nullptr;
  std::optional<storage::Reader> reader_;  // always, but while the store is opened again
  ExpiryClock clock_;
  StartTimes start_times_;
  AdmissionLine admissions_;
  BlockFetches fetches_;
  LongReads long_reads_;
  ExpiryRuns expiry_;
  SessionId owner_ = 0;  // 0: nobody
  std::deque<SessionId> held_for_owner_;
  bool stopped_ = false;
};

}  // namespace cordwood::pipeline

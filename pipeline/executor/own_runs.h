#pragma once

// Commands that run on a stack of their own (pipeline/executor/own_run.h), and whom they hold up.
//
//   a read         at a snapshot: it holds nobody up
//   an owner       a write that owns the executor: nothing else runs there until it is done, which
//                  is not to be seen from outside but in time. Plain reads go on, and judge expiry
//                  as of its start
//   a long write   others commit while it works. What it reads is guarded: when it is done it is
//                  committed if nothing of that was changed, and begins anew if something was. Once
//                  that happened kOvertakenMax times, those who would write its keys wait for it
//
// Ownership: refers to what it is given. Threads: the loop's.

#include <cstdint>
#include <deque>
#include <functional>
#include <utility>

#include "base/env.h"
#include "commands/core/call.h"
#include "config/config.h"
#include "keyspace/core/keyspace.h"
#include "pipeline/executor/block_fetches.h"
#include "pipeline/executor/commits.h"
#include "pipeline/executor/expiry_clock.h"
#include "pipeline/executor/long_reads.h"
#include "pipeline/executor/own_run.h"
#include "pipeline/executor/waiters.h"
#include "pipeline/gate/completion.h"
#include "pipeline/loop/session_runner.h"
#include "pipeline/loop/sessions.h"
#include "storage/reader.h"

namespace cordwood::pipeline {

/// What they work with; all of it outlives them.
struct OwnRunParts {
  Env& env;
  keyspace::Keyspace& keyspace;
  storage::Reader& reader;
  ExpiryClock& clock;
  Sessions& sessions;
  Completion& completion;
  Commits& commits;
  BlockFetches& fetches;
  LongReads& long_reads;
  Waiters& waiters;
  PipelineStats& stats;
  const RequestLimits& limits;
  SessionRunner& runner;
  /// The session's command, for its handler.
  std::function<commands::Call(Session&, keyspace::Transaction&, protocol::ReplyWriter&)> call_of;
  /// Runs the command of a session that was held, and what stands behind it.
  std::function<void(Session&)> run_held;
};

class OwnRuns {
 public:
  static constexpr uint32_t kOvertakenMax = 3;

  explicit OwnRuns(OwnRunParts parts) : parts_(std::move(parts)) {}
  OwnRuns(const OwnRuns&) = delete;
  OwnRuns& operator=(const OwnRuns&) = delete;

  /// True: the session's command has to wait for a run, and is held.
  bool HoldBack(Session& session) {
    return (owner_ != 0 || parts_.commits.guards().has_locks()) && HoldBackForRun(session);
  }
  bool owned() const { return owner_ != 0; }
  /// Null: there is none.
  Session* owner() const { return parts_.sessions.Find(owner_); }

  enum class Kind : uint8_t { kRead, kOwner, kLongWrite };
  /// Runs the session's command from its start. REQUIRES: a read has its snapshot.
  void Run(Session& session, Kind kind);
  /// Does other work, at the session's snapshot; then LongReads::StepDone is called.
  void RunSlice(Session& session, OwnRun::Work work) {
    Start(session, Kind::kRead, std::move(work));
  }
  /// What the run waited for is there.
  void GoOn(Session& session);
  /// What is being committed in slices is committed when this returns.
  void EndCommit();
  /// The session will be gone.
  void Forget(Session& session);

 private:
  bool HoldBackForRun(Session& session);
  void Hold(Session& session);
  /// Whether the session's command names a key that is locked, or may write keys without a name.
  bool NeedsLocked(const Session& session) const;
  void Start(Session& session, Kind kind, OwnRun::Work work);
  /// Ends a read whose snapshot is older than one may be.
  bool EndOldRun(Session& session);
  /// Whether a run may write so much before it is done; kLater: it is held.
  storage::WriteGate AskRoom(Session& session, Admitted wanted);
  /// As AdmissionLine::Ask.
  storage::WriteGate Ask(Session& session, Admitted wanted);
  /// The handler is done: commits, and ends the command. Holds the session if it may not write yet.
  void Finish(Session& session);
  /// False: the long write is held, or begins anew.
  bool StillHolds(Session& session);
  bool MayCommit(Session& session, size_t reply_start);
  /// Commits what a run that is done wrote, and owns the executor until that is in the store.
  /// False: it is held, or goes on in slices.
  bool Commit(Session& session, size_t reply_start);
  /// It is neither owner any more nor does it lock keys: those go on who waited.
  void Release(Session& session);

  const OwnRunParts parts_;
  SessionId owner_ = 0;  // 0: nobody
  std::deque<SessionId> held_;
};

}  // namespace cordwood::pipeline

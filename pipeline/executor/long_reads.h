#pragma once

// Reads that go on in slices, at a snapshot, behind other connections.
//
// Ownership: refers to what it is given. Threads: the loop's.

#include <cstdint>
#include <functional>
#include <vector>

#include "base/env.h"
#include "config/config.h"
#include "keyspace/core/keyspace.h"
#include "pipeline/executor/block_fetches.h"
#include "pipeline/executor/expiry_clock.h"
#include "pipeline/executor/own_run.h"
#include "pipeline/gate/completion.h"
#include "pipeline/gate/event_messages.h"
#include "pipeline/gate/start_times.h"
#include "pipeline/loop/session_runner.h"
#include "storage/reader.h"

namespace cordwood::pipeline {

/// What long reads work with; all of it outlives them.
struct LongReadParts {
  Env& env;
  keyspace::Keyspace& keyspace;
  const config::Config& config;
  storage::Reader& reader;
  ExpiryClock& clock;
  StartTimes& start_times;
  Sessions& sessions;
  MemoryPressure& pressure;
  ReplyGate& gate;
  Completion& completion;
  EventMessages& messages;
  BlockFetches& fetches;
  PipelineStats& stats;
  SessionRunner& runner;
  /// Has the work done on a stack of its own, at the session's snapshot; then StepDone is called.
  std::function<void(Session&, OwnRun::Work)> run_alone;
};

class LongReads {
 public:
  explicit LongReads(const LongReadParts& parts) : parts_(parts) {}
  LongReads(const LongReads&) = delete;
  LongReads& operator=(const LongReads&) = delete;

  /// The session's command has left a long read behind. It begins with a turn, or holds the session
  /// until everything is visible that the connection did; then the command is to run again.
  void Start(Session& session);
  /// Holds the session until everything is visible that its connection did.
  void HoldForVisibility(Session& session);
  /// A snapshot for the session, of what is visible.
  void TakeSnapshot(Session& session);
  /// The session's snapshot is older than one may be.
  bool IsOld(const Session& session, uint64_t now_ns) const;
  /// Puts the error that tells so in the place of the reply.
  void PutTooOld(Session& session, size_t reply_start);
  /// Calls `run` with the sessions whose commands may run now.
  void RetryHeld(const std::function<void(Session&)>& run);
  /// One slice. REQUIRES: nobody has a view of the reader.
  void Step(Session& session);
  /// The slice is done that went on on a stack of its own.
  void StepDone(Session& session);
  /// Some of what the session was replied was sent.
  void ResumeStalled(Session& session);
  /// Ends a read whose snapshot is older than one may be, and a connection that reads nothing.
  void CheckAge(Session& session, uint64_t now_ns);
  /// The store failed: who waits for it is closed.
  void CloseWaiting();

 private:
  void StepAlone(Session& session);
  /// The slice counts: what it looked for, and what it tells of that.
  void CountSlice(keyspace::Transaction& tx);
  /// What a slice left behind; `missing` blocks of the next one.
  void AfterStep(Session& session, const Result<bool>& done, size_t reply_start,
                 std::vector<storage::BlockRef> missing);
  /// What was appended from there on ends the reply.
  void End(Session& session, size_t reply_start);
  bool EndIfOld(Session& session, uint64_t now_ns);
  void CloseIfStalled(Session& session, uint64_t now_ns);

  LongReadParts parts_;
  std::vector<SessionId> held_;  // for visibility
};

}  // namespace cordwood::pipeline

#pragma once

// Takes the commands of sessions out of their parsers, in order, and has them run: as many as a
// connection may run before others have their turn.
//
// Work that goes on in turns, behind that of other connections: long reads, slice by slice, and
// pipelines that would keep the loop to themselves.
//
// Ownership: refers to what it is given. Threads: the loop's.

#include <deque>
#include <string>
#include <string_view>

#include "base/env.h"
#include "config/config.h"
#include "pipeline/executor/executor.h"
#include "pipeline/gate/completion.h"
#include "pipeline/info/memory_budget.h"
#include "pipeline/loop/memory_pressure.h"
#include "pipeline/loop/paused_clients.h"
#include "pipeline/loop/session_runner.h"
#include "pipeline/loop/sessions.h"
#include "pipeline/loop/strangers.h"
#include "pipeline/tables/watch_table.h"

namespace cordwood::commands {
class CommandTable;
struct Command;
}  // namespace cordwood::commands

namespace cordwood::pipeline {

/// What the loop works with; all of it outlives it.
struct CommandLoopParts {
  Env& env;
  const config::Config& config;
  const commands::CommandTable& table;
  Sessions& sessions;
  MemoryPressure& pressure;
  ReplyGate& gate;
  Completion& completion;
  Strangers& strangers;
  PausedClients& pauses;
  WatchTable& watches;
  PipelineStats& stats;
  const RequestLimits& limits;
  Executor& executor;
};

class CommandLoop {
 public:
  explicit CommandLoop(const CommandLoopParts& parts) : parts_(parts) {}
  CommandLoop(const CommandLoop&) = delete;
  CommandLoop& operator=(const CommandLoop&) = delete;

  /// Of a session; without one, of a connection that is new.
  protocol::Limits LimitsFor(const Session* session) const;

  /// Parses and runs until the session needs more input, is held, has enough to send, or had its
  /// time: then it goes on in a turn. `now_ns`: on the monotonic clock.
  void Advance(Session& session, uint64_t now_ns);
  void Advance(Session& session) { Advance(session, parts_.env.MonotonicNs()); }
  bool MayAdvance(const Session& session) const;
  /// As SessionRunner has them.
  void GoOn(Session& session);
  void QueueTurn(Session& session);

  bool wants_turn() const { return !turns_.empty(); }
  /// About a millisecond for those who wait for their turn.
  void Turn();

 private:
  /// The work since the last look at the clock took so long.
  void PaceClock(uint64_t took_ns);
  /// Takes the session's next command out of its parser, unless it has one that is to start again.
  static protocol::RequestParser::Outcome Next(Session& session);
  void Start(Session& session);
  /// The command waits for EXEC.
  void Queue(Session& session);
  /// A command is finished: what it changed about its connection takes effect.
  void NoteFinished(Session& session) {
    const commands::Client& client = session.client;
    const bool same = client.authenticated == session.parser.limits().authenticated &&
                      client.failed_logins == session.failed_logins && client.queue == nullptr &&
                      !client.tracking.caching;
    if (!same && !session.held()) TakeOver(session);
  }
  void TakeOver(Session& session);
  void RejectMalformed(Session& session);
  std::string CheckAllowed(const Session& session, const commands::Command& command) const;

  const CommandLoopParts parts_;
  std::deque<SessionId> turns_;  // those who go on when others had their turn
  size_t work_between_clocks_ = 1;
};

}  // namespace cordwood::pipeline

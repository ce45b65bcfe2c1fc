#include "pipeline/executor/own_runs.h"

#include <algorithm>
#include <utility>

#include "commands/core/row.h"

namespace cordwood::pipeline {

// --- who waits ---

bool OwnRuns::HoldBackForRun(Session& session) {
  if (owner_ == 0 && !NeedsLocked(session)) return false;
  Hold(session);
  return true;
}

void OwnRuns::Hold(Session& session) {
  session.hold = Hold::kExecutor;
  session.DropFetched();  // the run may need the memory, and may take long
  held_.push_back(session.id());
  const bool writes = (session.run_flags & commands::kWrite) != 0;
  if (writes) parts_.commits.line().NoteHeld(session);
}

bool OwnRuns::NeedsLocked(const Session& session) const {
  if ((session.run_flags & commands::kWrite) == 0) return false;
  const auto needs = [&](const commands::Command& command, const auto& argv) {
    if ((command.flags & commands::kWrite) == 0) return false;
    if (!commands::HasKeys(command)) return true;
    bool is_locked = false;
    commands::ForEachKey(command, argv, [&](size_t i, uint16_t) {
      is_locked |= parts_.commits.guards().IsLocked(argv[i]);
    });
    return is_locked;
  };
  if ((session.command->flags & commands::kRunsQueue) == 0) {
    return needs(*session.command, session.argv());
  }
  return std::ranges::any_of(session.client.queue->commands(), [&](const auto& queued) {
    const std::vector<std::string_view> argv(queued.argv.begin(), queued.argv.end());
    return needs(*queued.command, argv);
  });
}

void OwnRuns::Release(Session& session) {
  const bool locked = session.guard != nullptr && session.guard->locks();
  session.guard.reset();
  session.overtaken = 0;
  if (owner_ == session.id()) {
    owner_ = 0;
    parts_.commits.start_times().SetRunning(std::nullopt);
  } else if (!locked) {
    return;
  }
  parts_.waiters.Serve();  // before the next command
  for (const SessionId id : std::exchange(held_, {})) {
    Session* const held = parts_.sessions.Find(id);
    if (held != nullptr && held->hold == Hold::kExecutor) parts_.run_held(*held);
  }
}

void OwnRuns::Forget(Session& session) {
  session.own_run.reset();
  Release(session);
}

// --- running ---

void OwnRuns::Run(Session& session, Kind kind) {
  if (kind == Kind::kOwner) owner_ = session.id();
  if (kind == Kind::kLongWrite) ++parts_.stats.long_writes;
  Start(session, kind, [this, &session](keyspace::Transaction& tx, protocol::ReplyWriter& reply) {
    commands::Call call = parts_.call_of(session, tx, reply);
    OwnRun::Outcome outcome{.status = Waiters::RunHandler(session, call)};
    outcome.long_read = std::move(call.long_read);
    outcome.effects = std::move(call.effects);
    outcome.met_newest = call.met_newest;
    outcome.wait = call.wait;
    return outcome;
  });
}

void OwnRuns::Start(Session& session, Kind kind, OwnRun::Work work) {
  ++parts_.stats.own_runs;
  const bool reads = kind == Kind::kRead;
  const int64_t now_ms = reads ? session.long_read_now_ms : parts_.clock.NowMs();
  if (kind == Kind::kOwner) parts_.commits.start_times().SetRunning(now_ms);
  if (kind == Kind::kLongWrite && session.guard == nullptr) {
    session.guard = std::make_unique<ReadGuards::Guard>(parts_.commits.guards());
  }
  OwnRun::Parts run = {
      .env = parts_.env,
      .keyspace = parts_.keyspace,
      .reader = parts_.reader,
      .snapshot = reads ? session.snapshot.get() : nullptr,
      .guard = session.guard.get(),
      .ask_room =
          [this, &session](uint64_t bytes) {
            const storage::WriteGate gate =
                AskRoom(session, {.bytes = bytes, .intent = storage::Intent::kAdd});
            if (gate == storage::WriteGate::kOpen) parts_.commits.line().Pace(bytes);
            return gate;
          },
      .ask_commit =
          [this, &session](uint64_t bytes, bool frees) {
            return AskRoom(session, {.bytes = bytes, .intent = Commits::IntentOf(session, frees)});
          },
      .now_ms = now_ms,
      .reply_bytes_max = parts_.limits.reply_bytes,
      .resp_version = session.resp_version()};
  session.own_run = std::make_unique<OwnRun>(std::move(run), std::move(work));
  session.fetch_status = {};
  GoOn(session);
}

bool OwnRuns::EndOldRun(Session& session) {
  const uint64_t now_ns = parts_.env.MonotonicNs();
  if (!parts_.long_reads.IsOld(session, now_ns)) return false;
  session.own_run.reset();
  if (session.long_read != nullptr) {
    session.hold = Hold::kLongRead;
    parts_.long_reads.CheckAge(session, now_ns);
    return true;
  }
  const size_t reply_start = session.replies.buffer().size();
  session.hold = Hold::kNone;
  session.snapshot.reset();
  parts_.long_reads.PutTooOld(session, reply_start);
  parts_.completion.Finish(session, false, reply_start);
  return true;
}

void OwnRuns::GoOn(Session& session) {
  OwnRun& run = *session.own_run;
  if (run.state() != OwnRun::State::kDone) {
    if (EndOldRun(session)) return;
    switch (run.GoOn(std::exchange(session.fetch_status, {}))) {
      case OwnRun::State::kNeedsBlocks:
        parts_.fetches.Hold(session, run.TakeMissing());
        return;
      case OwnRun::State::kNeedsRoom:
        return;  // AskRoom holds it
      case OwnRun::State::kHadItsTime:
        session.hold = Hold::kOwnRun;
        parts_.runner.QueueTurn(session);
        return;
      case OwnRun::State::kDone:
        break;
    }
  }
  if (session.long_read != nullptr) {
    parts_.long_reads.StepDone(session);
  } else {
    Finish(session);
  }
}

void OwnRuns::EndCommit() {
  Session* const session = owner();
  if (session == nullptr || session->own_run == nullptr || !session->own_run->commits()) return;
  session->own_run->Hurry();
  GoOn(*session);
}

storage::WriteGate OwnRuns::AskRoom(Session& session, Admitted wanted) {
  if (owner_ != 0 && owner_ != session.id()) {
    // The owner has numbers that are not spent.
    Hold(session);
    return storage::WriteGate::kLater;
  }
  const storage::WriteGate gate = Ask(session, wanted);
  if (gate == storage::WriteGate::kLater) session.hold = Hold::kAdmission;
  return gate;
}

storage::WriteGate OwnRuns::Ask(Session& session, Admitted wanted) {
  // An owner goes ahead of all that are in line: they wait for it.
  AdmissionLine& line = parts_.commits.line();
  return owner_ == session.id() ? line.AskAhead(session, wanted) : line.Ask(session, wanted);
}

// --- the end ---

void OwnRuns::Finish(Session& session) {
  OwnRun& run = *session.own_run;
  size_t reply_start = session.replies.buffer().size();
  if (!run.commits() && !Commit(session, reply_start)) return;
  session.hold = Hold::kNone;
  Status& status = run.outcome().status;
  run.tx().CountLookups();
  const bool executes = run.executes();
  if (!status && status.error().code() == ErrorCode::kNoSpace) {
    if (!Waiters::AwaitRoom(session)) parts_.completion.RefuseForSpace(session, reply_start);
    Forget(session);
    return;
  }
  if (!status) {
    parts_.completion.PutFailure(session, reply_start, status.error());
  } else if (run.overflowed()) {
    parts_.completion.PutError(session, reply_start, ReplyTooLong(parts_.limits.reply_bytes));
  } else {
    const uint64_t before = session.replies.appended();
    run.AppendReplyTo(session.replies);
    // Of a reply in pieces its beginning has gone by, and it is no error.
    const uint64_t bytes = session.replies.appended() - before;
    const size_t last = session.replies.buffer().size();
    if (last < bytes) reply_start = last;
    if (executes) session.dep = std::max(session.dep, parts_.keyspace.store().last_seq());
    parts_.commits.NoteNothingWritten(run.tx(), executes ? parts_.keyspace.store().last_seq() : 0);
    for (const commands::Effect& effect : run.outcome().effects) effect();
  }
  const bool met_newest = executes || run.outcome().met_newest;
  const std::optional<commands::Wait> wait =
      status && !run.overflowed() ? run.outcome().wait : std::nullopt;
  std::unique_ptr<commands::LongRead> long_read = std::move(run.outcome().long_read);
  session.own_run.reset();
  session.snapshot.reset();
  if (long_read != nullptr && !executes) {
    session.long_read = std::move(long_read);
    parts_.long_reads.Start(session);
    return;
  }
  if (wait) {
    parts_.waiters.Block(session, *wait);
  } else {
    parts_.completion.Finish(session, met_newest, reply_start);
  }
  if (executes) Release(session);
}

bool OwnRuns::Commit(Session& session, size_t reply_start) {
  if (session.guard != nullptr && !StillHolds(session)) return false;
  parts_.commits.line().NoteLetGo(session);
  session.hold = Hold::kNone;
  OwnRun& run = *session.own_run;
  Status& status = run.outcome().status;
  if (!status || run.overflowed() || !run.executes() || !run.tx().has_writes()) return true;
  status = run.tx().CheckSizes();
  if (!status) return true;
  if (!MayCommit(session, reply_start)) return false;
  // It is as if a long write had begun now.
  const int64_t now_ms = session.guard != nullptr ? parts_.clock.NowMs() : run.now_ms();
  if (!run.tx().is_much()) {
    status = parts_.commits.Commit(run.tx(), now_ms, session.id());
    return true;
  }
  owner_ = session.id();
  parts_.commits.start_times().SetRunning(now_ms);
  run.CommitInSlices([&commits = parts_.commits, now_ms, writer = session.id()](
                         keyspace::Transaction& tx, const storage::Store::Pause& pause) {
    return commits.Commit(tx, now_ms, writer, pause);
  });
  GoOn(session);
  return false;
}

bool OwnRuns::StillHolds(Session& session) {
  if (owner_ != 0) {
    Hold(session);
    return false;
  }
  if (!session.guard->IsOvertaken(parts_.clock.NowMs())) return true;
  session.own_run.reset();
  if (++session.overtaken >= kOvertakenMax) session.guard->Lock();
  session.guard->StartOver();
  ++parts_.stats.long_writes_overtaken;
  Run(session, Kind::kLongWrite);
  return false;
}

bool OwnRuns::MayCommit(Session& session, size_t reply_start) {
  if (session.own_run->is_let_in()) return true;
  const keyspace::Transaction& tx = session.own_run->tx();
  const storage::WriteGate gate =
      Ask(session, {.bytes = tx.write_bytes(), .intent = Commits::IntentOf(session, tx.frees())});
  if (parts_.commits.LetIn(session, gate, reply_start)) return true;
  // It was refused, or waits for room as it waited before.
  if (!session.held() || session.hold == Hold::kBlocked) Forget(session);
  return false;
}

}  // namespace cordwood::pipeline

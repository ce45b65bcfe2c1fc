#include "pipeline/executor/executor.h"

#include <algorithm>
#include <utility>

#include "commands/core/call.h"
#include "commands/core/host.h"
#include "commands/core/row.h"
#include "pipeline/executor/reruns.h"
#include "protocol/reply_writer.h"

namespace cordwood::pipeline {
namespace {

// What a small write takes beside its arguments: prefixes, heads of records, a deadline.
constexpr uint64_t kWriteOverheadBytes = 256;

/// What a command that may write is for; a write of more than deletes only adds.
storage::Intent IntentOf(const Session& session, bool frees) {
  if (!frees) return storage::Intent::kAdd;
  const bool empties = (session.run_flags & commands::kEmpties) != 0;
  return empties ? storage::Intent::kEmpty : storage::Intent::kTakeAway;
}

void Do(const std::vector<commands::Effect>& effects) {
  for (const commands::Effect& effect : effects) effect();
}

}  // namespace

Executor::Executor(const ExecutorParts& parts)
    : parts_(parts),
      reader_(std::in_place, parts.keyspace.store()),
      clock_(parts.env),
      admissions_(parts.env, parts.keyspace, parts.stats),
      fetches_(parts.env, parts.keyspace, parts.sessions, parts.pressure, parts.limits, parts.stats,
               parts.turn_clock, parts.transport, [this](Session& session) { Resume(session); }),
      long_reads_(
          {.env = parts.env,
           .keyspace = parts.keyspace,
           .config = parts.config,
           .reader = *reader_,
           .clock = clock_,
           .start_times = start_times_,
           .sessions = parts.sessions,
           .pressure = parts.pressure,
           .gate = parts.gate,
           .completion = parts.completion,
           .fetches = fetches_,
           .stats = parts.stats,
           .runner = parts.runner,
           .run_alone = [this](Session& session,
                               OwnRun::Work work) { StartOwnRun(session, std::move(work)); }}),
      expiry_(parts.env, parts.keyspace, parts.config, *reader_, clock_, start_times_,
              parts.transport, parts.watches) {}

Executor::~Executor() {
  // They use the reader.
  for (const auto& [id, session] : parts_.sessions.all()) session->own_run.reset();
}

commands::Call Executor::CallOf(Session& session, keyspace::Transaction& tx,
                                protocol::ReplyWriter& reply) const {
  return {.argv = session.parser.argv(),
          .tx = tx,
          .reply = reply,
          .client = session.client,
          .host = *host_};
}

bool Executor::MustExecute(const Session& session) const {
  if ((session.run_flags & (commands::kWrite | commands::kOnExecutor)) != 0) return true;
  return session.dep > store().visible();
}

void Executor::Run(Session& session) {
  if (session.own_run != nullptr) {
    FinishOwnRun(session);  // it waited for its admission
    return;
  }
  session.hold = Hold::kNone;
  const bool execute = MustExecute(session);
  if (execute && HoldForOwner(session)) return;
  if (session.reruns >= kRerunsMax) {
    RunAlone(session, execute);
    return;
  }
  const size_t reply_start = session.replies.buffer().size();
  Admitted admitted;
  if ((session.run_flags & commands::kWrite) != 0) {
    const bool frees = (session.run_flags & commands::kFrees) != 0;
    admitted = {.bytes = kWriteOverheadBytes, .intent = IntentOf(session, frees)};
    for (const std::string_view argument : session.parser.argv()) {
      admitted.bytes += argument.size();
    }
    if (session.client.queue != nullptr) admitted.bytes += session.client.queue->argument_bytes();
    if (!LetIn(session, admissions_.Ask(session, admitted), reply_start)) return;
  }
  if (!RunOnce(session, execute, admitted)) RunAlone(session, execute);
}

bool Executor::RunOnce(Session& session, bool execute, Admitted admitted) {
  const size_t reply_start = session.replies.buffer().size();
  const uint32_t ahead = AheadAfter(session.fetches);
  constexpr storage::Tier kTier = storage::Tier::kCacheOnly;
  storage::View view = execute ? reader_->Newest(kTier, ahead) : reader_->Visible(kTier, ahead);
  const auto mode =
      execute ? keyspace::Transaction::Mode::kExecute : keyspace::Transaction::Mode::kRead;
  const int64_t now_ms = clock_.NowMs();
  keyspace::Transaction tx(parts_.keyspace, view, mode,
                           execute ? now_ms : start_times_.At(view.seq(), now_ms));
  protocol::ReplyWriter reply(session.replies.buffer(), session.resp_version());
  reply.Bound(parts_.limits.reply_bytes);
  commands::Call call = CallOf(session, tx, reply);
  session.client.last_command = session.command->name;
  Status status = session.command->handler(call);
  if (!status && status.error().code() == ErrorCode::kCold) {
    reply.Truncate(reply_start);
    fetches_.Hold(session, view.missing());
    return true;
  }
  if (call.wants_own_run) {
    reply.Truncate(reply_start);
    return false;
  }
  if (status && !reply.overflowed() && call.long_read == nullptr && tx.has_writes()) {
    // Before it is admitted: else a segment of the log would be made for what it may not hold.
    status = tx.CheckSizes();
    if (status && !MayCommit(session, tx, admitted, reply_start)) return true;
    if (status) status = Commit(tx);
  }
  tx.CountLookups();
  if (!status) {
    parts_.completion.PutFailure(session, reply_start, status.error());
  } else if (reply.overflowed()) {
    // Nothing was committed. No command needs to know how long its reply may be.
    parts_.completion.PutError(session, reply_start, ReplyTooLong(parts_.limits.reply_bytes));
  } else if (call.long_read != nullptr) {
    session.long_read = std::move(call.long_read);
    long_reads_.Start(session);
    return true;
  } else {
    Do(call.effects);
  }
  parts_.completion.Finish(session, execute || call.met_newest, reply_start);
  return true;
}

bool Executor::MayCommit(Session& session, const keyspace::Transaction& tx, Admitted admitted,
                         size_t reply_start) {
  const Admitted wanted = {.bytes = tx.write_bytes(), .intent = IntentOf(session, tx.frees())};
  // What most commands write is told by their arguments.
  const bool is_let_in = wanted.bytes <= admitted.bytes && wanted.intent == admitted.intent;
  return is_let_in || LetIn(session, admissions_.Ask(session, wanted), reply_start);
}

Status Executor::Commit(keyspace::Transaction& tx) {
  // By the pressure that the write met, not by the one that it makes.
  if (!tx.frees()) admissions_.Pace(tx.write_bytes());
  CW_ASSIGN(const storage::Seq seq, tx.Commit());
  start_times_.Note(seq, tx.now_ms());
  parts_.watches.Mark(tx.changes());
  return {};
}

bool Executor::LetIn(Session& session, storage::WriteGate gate, size_t reply_start) {
  switch (gate) {
    case storage::WriteGate::kOpen:
      return true;
    case storage::WriteGate::kLater:
      session.replies.buffer().resize(reply_start);
      session.hold = Hold::kAdmission;
      return false;
    case storage::WriteGate::kFull:
      parts_.completion.RefuseForSpace(session, reply_start);
      return false;
    case storage::WriteGate::kFailed:
      parts_.completion.RefuseForFailure(session, reply_start);
      return false;
  }
  return true;
}

// --- a stack of its own ---

bool Executor::HoldForOwner(Session& session) {
  if (owner_ == 0) return false;
  session.hold = Hold::kExecutor;
  session.DropFetched();  // the owner may need the memory, and this may take long
  held_for_owner_.push_back(session.id());
  return true;
}

void Executor::RunAlone(Session& session, bool execute) {
  const bool writes = (session.run_flags & (commands::kWrite | commands::kOnExecutor)) != 0;
  if (execute && !writes) {
    // It will read at a snapshot, once that holds everything the connection did.
    long_reads_.HoldForVisibility(session);
    return;
  }
  if (writes) {
    owner_ = session.id();
  } else {
    long_reads_.TakeSnapshot(session);
  }
  StartOwnRun(session, [this, &session](keyspace::Transaction& tx, protocol::ReplyWriter& reply) {
    commands::Call call = CallOf(session, tx, reply);
    OwnRun::Outcome outcome{.status = session.command->handler(call)};
    outcome.long_read = std::move(call.long_read);
    outcome.effects = std::move(call.effects);
    outcome.met_newest = call.met_newest;
    return outcome;
  });
}

void Executor::StartOwnRun(Session& session, OwnRun::Work work) {
  ++parts_.stats.own_runs;
  const bool owns = owner_ == session.id();
  const int64_t now_ms = owns ? clock_.NowMs() : session.long_read_now_ms;
  if (owns) start_times_.SetRunning(now_ms);
  session.own_run =
      std::make_unique<OwnRun>(OwnRun::Parts{.env = parts_.env,
                                             .keyspace = parts_.keyspace,
                                             .reader = *reader_,
                                             .now_ms = now_ms,
                                             .reply_bytes_max = parts_.limits.reply_bytes,
                                             .resp_version = session.resp_version()},
                               owns ? nullptr : session.snapshot.get(), std::move(work));
  session.fetch_status = {};
  GoOnAlone(session);
}

bool Executor::EndOldRun(Session& session) {
  const uint64_t now_ns = parts_.env.MonotonicNs();
  if (!long_reads_.IsOld(session, now_ns)) return false;
  session.own_run.reset();
  if (session.long_read != nullptr) {
    session.hold = Hold::kLongRead;
    long_reads_.CheckAge(session, now_ns);
    return true;
  }
  const size_t reply_start = session.replies.buffer().size();
  session.hold = Hold::kNone;
  session.snapshot.reset();
  long_reads_.PutTooOld(session, reply_start);
  parts_.completion.Finish(session, false, reply_start);
  return true;
}

void Executor::GoOnAlone(Session& session) {
  if (EndOldRun(session)) return;
  OwnRun& run = *session.own_run;
  switch (run.GoOn(std::exchange(session.fetch_status, {}))) {
    case OwnRun::State::kNeedsBlocks:
      fetches_.Hold(session, run.TakeMissing());
      return;
    case OwnRun::State::kHadItsTime:
      session.hold = Hold::kOwnRun;
      parts_.runner.QueueTurn(session);
      return;
    case OwnRun::State::kDone:
      break;
  }
  if (session.long_read != nullptr) {
    long_reads_.StepDone(session);
  } else {
    FinishOwnRun(session);
  }
}

void Executor::FinishOwnRun(Session& session) {
  OwnRun& run = *session.own_run;
  const size_t reply_start = session.replies.buffer().size();
  Status& status = run.outcome().status;
  session.hold = Hold::kNone;
  if (status && !run.overflowed() && run.executes() && run.tx().has_writes()) {
    status = run.tx().CheckSizes();
    if (status && !MayCommitOwnRun(session, reply_start)) return;
    if (status) status = Commit(run.tx());
  }
  run.tx().CountLookups();
  if (!status) {
    parts_.completion.PutFailure(session, reply_start, status.error());
  } else if (run.overflowed()) {
    parts_.completion.PutError(session, reply_start, ReplyTooLong(parts_.limits.reply_bytes));
  } else {
    session.replies.Append(run.TakeReply());
    Do(run.outcome().effects);
  }
  const bool executes = run.executes();
  const bool met_newest = executes || run.outcome().met_newest;
  std::unique_ptr<commands::LongRead> long_read = std::move(run.outcome().long_read);
  session.own_run.reset();
  session.snapshot.reset();
  if (long_read != nullptr && !executes) {
    session.long_read = std::move(long_read);
    long_reads_.Start(session);
    return;
  }
  parts_.completion.Finish(session, met_newest, reply_start);
  if (executes) EndOwnership();
}

bool Executor::MayCommitOwnRun(Session& session, size_t reply_start) {
  const keyspace::Transaction& tx = session.own_run->tx();
  // Ahead of all that are in line: they wait for it.
  const storage::WriteGate gate = store().Admit(tx.write_bytes(), IntentOf(session, tx.frees()));
  if (LetIn(session, gate, reply_start)) return true;
  if (!session.held()) {
    session.own_run.reset();
    EndOwnership();
  }
  return false;
}

void Executor::EndOwnership() {
  owner_ = 0;
  start_times_.SetRunning(std::nullopt);
  for (const SessionId id : std::exchange(held_for_owner_, {})) {
    Session* const session = parts_.sessions.Find(id);
    if (session != nullptr && session->hold == Hold::kExecutor) RunHeld(*session);
  }
}

void Executor::Forget(Session& session) {
  session.own_run.reset();
  if (owner_ == session.id()) EndOwnership();
}

void Executor::TakeTurn(Session& session) {
  if (session.own_run == nullptr) {
    long_reads_.Step(session);
  } else if (!stopped_ || session.reads_on()) {
    GoOnAlone(session);
    if (!session.held()) parts_.runner.QueueTurn(session);
  }
}

// --- going on ---

void Executor::Resume(Session& session) {
  if (session.own_run != nullptr) {
    if (stopped_ && !session.reads_on()) return;
    GoOnAlone(session);
    if (!session.held()) parts_.runner.GoOn(session);
    parts_.sessions.MarkDirty(session);
  } else if (session.long_read != nullptr) {
    session.hold = Hold::kLongRead;
    long_reads_.Step(session);
    parts_.sessions.MarkDirty(session);
  } else {
    RunHeld(session);
  }
}

void Executor::RunHeld(Session& session) {
  if (stopped_) return;  // and stays held
  Run(session);
  parts_.runner.GoOn(session);
}

void Executor::RetryAdmissions() {
  if (stopped_) return;
  if (Session* const owner = parts_.sessions.Find(owner_)) {
    if (owner->hold == Hold::kAdmission) RunHeld(*owner);
  }
  while (!admissions_.empty() && owner_ == 0) {
    Session* const session = parts_.sessions.Find(admissions_.front());
    if (session != nullptr && session->hold == Hold::kAdmission) {
      Run(*session);  // as the first in line: nothing else of anybody is let in before it
      if (session->hold == Hold::kAdmission) return;
    }
    admissions_.Pop();
    // Its next write stands behind all that are held.
    if (session != nullptr) parts_.runner.GoOn(*session);
  }
}

bool Executor::IsIdle() {
  const bool idle = std::ranges::all_of(parts_.sessions.all(), [](const auto& entry) {
    const Session& session = *entry.second;
    return session.snapshot == nullptr && session.own_run == nullptr && session.fetches == 0;
  });
  return idle && owner_ == 0 && fetches_.is_idle() && expiry_.LetGo();
}

Status Executor::ReopenStore() {
  reader_.reset();
  CW_TRY(parts_.keyspace.Reopen());
  reader_.emplace(store());
  return {};
}

void Executor::RunExpiry() {
  if (!stopped_ && owner_ == 0) expiry_.Run();
}

void Executor::EndPass() {
  if (admissions_.due()) RetryAdmissions();
  parts_.pressure.Relieve();
  fetches_.StartWaiting();
}

void Executor::OnProgress() {
  start_times_.Forget(store().visible());
  RetryAdmissions();
  long_reads_.RetryHeld([this](Session& session) { RunHeld(session); });
}

}  // namespace cordwood::pipeline

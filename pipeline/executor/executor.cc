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

void Do(const std::vector<commands::Effect>& effects) {
  for (const commands::Effect& effect : effects) effect();
}

}  // namespace

Executor::Executor(const ExecutorParts& parts)
    : parts_(parts),
      reader_(std::in_place, parts.keyspace.store()),
      clock_(parts.env),
      commits_(parts.env, parts.keyspace, parts.completion, parts.watches, parts.tracking,
               parts.blocked, parts.messages, parts.events, parts.stats),
      fetches_(parts.env, parts.keyspace, parts.sessions, parts.pressure, parts.limits, parts.stats,
               parts.turn_clock, parts.events, parts.transport,
               [this](Session& session) { Resume(session); }),
      long_reads_({.env = parts.env,
                   .keyspace = parts.keyspace,
                   .config = parts.config,
                   .reader = *reader_,
                   .clock = clock_,
                   .start_times = commits_.start_times(),
                   .sessions = parts.sessions,
                   .pressure = parts.pressure,
                   .gate = parts.gate,
                   .completion = parts.completion,
                   .messages = parts.messages,
                   .fetches = fetches_,
                   .stats = parts.stats,
                   .runner = parts.runner,
                   .run_alone =
                       [this](Session& session, OwnRun::Work work) {
                         own_runs_.RunSlice(session, std::move(work));
                       }}),
      waiters_({.env = parts.env,
                .keyspace = parts.keyspace,
                .sessions = parts.sessions,
                .table = parts.blocked,
                .completion = parts.completion,
                .runner = parts.runner,
                .run = [this](Session& session) { Run(session); },
                .stopped = [this] { return stopped_; },
                .owned = [this] { return own_runs_.owned(); }}),
      own_runs_(
          {.env = parts.env,
           .keyspace = parts.keyspace,
           .reader = *reader_,
           .clock = clock_,
           .sessions = parts.sessions,
           .completion = parts.completion,
           .commits = commits_,
           .fetches = fetches_,
           .long_reads = long_reads_,
           .waiters = waiters_,
           .stats = parts.stats,
           .limits = parts.limits,
           .runner = parts.runner,
           .call_of = [this](Session& session, keyspace::Transaction& tx,
                             protocol::ReplyWriter& reply) { return CallOf(session, tx, reply); },
           .run_held = [this](Session& session) { RunHeld(session); }}),
      expiry_(parts.env, parts.keyspace, parts.config, *reader_, clock_, commits_, parts.pauses,
              parts.events, parts.transport),
      rank_builds_(parts.env, parts.keyspace, *reader_, clock_, commits_, parts.transport) {}

Executor::~Executor() {
  // They use the reader, and refer to what is guarded.
  for (const auto& [id, session] : parts_.sessions.all()) {
    session->own_run.reset();
    session->guard.reset();
  }
}

void Executor::SetHost(const commands::Host* host) {
  host_ = host;
  waiters_.SetHost(host);
}

commands::Call Executor::CallOf(Session& session, keyspace::Transaction& tx,
                                protocol::ReplyWriter& reply) const {
  return {.argv = session.argv(),
          .tx = tx,
          .reply = reply,
          .client = session.client,
          .host = *host_,
          .may_wait = true};
}

bool Executor::MustExecute(const Session& session) const {
  if ((session.run_flags & (commands::kWrite | commands::kOnExecutor)) != 0) return true;
  // What a message depends on is its publisher's alone.
  if ((session.run_flags & commands::kPubSub) != 0) return false;
  return session.dep > store().visible();
}

bool Executor::MustWaitToSend(const Session& session) const {
  return (session.run_flags & commands::kMayReplicate) != 0 && parts_.outgoing.full() &&
         session.dep > store().visible();
}

bool Executor::NamesMuch(const Session& session) {
  constexpr uint32_t kNamesKeys = commands::kWrite | commands::kReadOnly | commands::kOnExecutor;
  if ((session.run_flags & kNamesKeys) == 0) return false;
  const commands::CommandQueue* const queue = session.client.queue.get();
  const bool runs_queue = (session.command->flags & commands::kRunsQueue) != 0 && queue != nullptr;
  const size_t named = runs_queue ? queue->size() : session.argv().size();
  return named > keyspace::Transaction::kWritesAtOnce;
}

void Executor::RunCommand(Session& session) {
  // What a command took that waits would reach nobody.
  if (session.waiting != nullptr && session.closing()) return;
  if (session.own_run != nullptr) {
    own_runs_.GoOn(session);
    return;
  }
  session.hold = Hold::kNone;
  if (MustWaitToSend(session)) {
    long_reads_.HoldForVisibility(session);
    return;
  }
  const bool execute = MustExecute(session);
  if (execute && own_runs_.HoldBack(session)) return;
  if (session.held_write.reason == storage::HeldFor::kOtherWrite)
    commits_.line().NoteLetGo(session);
  if (session.reruns >= kRerunsMax || NamesMuch(session)) {
    RunAlone(session, execute, Then::kRunAlone);
    return;
  }
  const size_t reply_start = session.replies.buffer().size();
  Admitted admitted;
  if ((session.run_flags & commands::kWrite) != 0) {
    const bool frees = (session.run_flags & commands::kFrees) != 0;
    admitted = {.bytes = kWriteOverheadBytes, .intent = Commits::IntentOf(session, frees)};
    for (const std::string_view argument : session.argv()) {
      admitted.bytes += argument.size();
    }
    if (session.client.queue != nullptr) admitted.bytes += session.client.queue->argument_bytes();
    if (!commits_.LetIn(session, commits_.line().Ask(session, admitted), reply_start)) return;
  }
  const Then then = RunOnce(session, execute, admitted);
  if (then != Then::kEnded) RunAlone(session, execute, then);
}

Executor::Then Executor::RunOnce(Session& session, bool execute, Admitted admitted) {
  const size_t reply_start = session.replies.buffer().size();
  const uint32_t ahead = AheadAfter(session.fetches);
  constexpr storage::Tier kTier = storage::Tier::kCacheOnly;
  storage::View view = execute ? reader_->Newest(kTier, ahead) : reader_->Visible(kTier, ahead);
  const auto mode =
      execute ? keyspace::Transaction::Mode::kExecute : keyspace::Transaction::Mode::kRead;
  const int64_t now_ms = clock_.NowMs();
  keyspace::Transaction tx(parts_.keyspace, view, mode,
                           execute ? now_ms : commits_.start_times().At(view.seq(), now_ms));
  protocol::ReplyWriter reply(session.replies.buffer(), session.resp_version());
  reply.Bound(parts_.limits.reply_bytes);
  commands::Call call = CallOf(session, tx, reply);
  session.client.last_command = session.command->name;
  Status status = Waiters::RunHandler(session, call);
  if (!status && status.error().code() == ErrorCode::kCold) {
    reply.Truncate(reply_start);
    fetches_.Hold(session, view.missing());
    return Then::kEnded;
  }
  const bool is_long = !status && status.error().code() == ErrorCode::kLong;
  if (is_long || call.wants_own_run || (status && tx.is_much())) {
    reply.Truncate(reply_start);
    return is_long ? Then::kLongWrite : Then::kRunAlone;
  }
  if (status && !reply.overflowed() && call.long_read == nullptr && tx.has_writes()) {
    // Before it is admitted: else a segment of the log would be made for what it may not hold.
    if (Status sizes = tx.CheckSizes(); !sizes) [[unlikely]] {
      status = std::move(sizes);
    } else if (!commits_.MayCommit(session, tx, admitted, reply_start)) {
      return Then::kEnded;
    } else {
      status = commits_.Commit(tx, now_ms, session.id());
      session.dep = std::max(session.dep, store().last_seq());  // what its effects depend on, too
    }
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
    return Then::kEnded;
  } else if (call.wait) {
    waiters_.Block(session, *call.wait);
    return Then::kEnded;
  } else {
    commits_.NoteNothingWritten(tx, execute ? store().last_seq() : 0);
    Do(call.effects);
  }
  parts_.completion.Finish(session, execute || call.met_newest, reply_start);
  return Then::kEnded;
}

void Executor::RunAlone(Session& session, bool execute, Then then) {
  const bool writes = (session.run_flags & (commands::kWrite | commands::kOnExecutor)) != 0;
  if (execute && !writes) {
    // It will read at a snapshot, once that holds everything the connection did.
    long_reads_.HoldForVisibility(session);
  } else if (!writes) {
    long_reads_.TakeSnapshot(session);
    own_runs_.Run(session, OwnRuns::Kind::kRead);
  } else {
    own_runs_.Run(session,
                  then == Then::kLongWrite ? OwnRuns::Kind::kLongWrite : OwnRuns::Kind::kOwner);
  }
}

void Executor::TakeTurn(Session& session) {
  if (session.own_run == nullptr) {
    long_reads_.Step(session);
    NoteIfHeld(session);
  } else if (!stopped_ || session.reads_on()) {
    own_runs_.GoOn(session);
    NoteIfHeld(session);
    waiters_.Settle(session);
    if (!session.held()) parts_.runner.QueueTurn(session);
  }
}

// --- going on ---

void Executor::Resume(Session& session) {
  if (session.own_run != nullptr) {
    if (stopped_ && !session.reads_on()) return;
    own_runs_.GoOn(session);
    NoteIfHeld(session);
    waiters_.Settle(session);
    if (!session.held()) parts_.runner.GoOn(session);
    parts_.sessions.MarkDirty(session);
  } else if (session.long_read != nullptr) {
    session.hold = Hold::kLongRead;
    long_reads_.Step(session);
    NoteIfHeld(session);
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
  if (Session* const owner = own_runs_.owner()) {
    if (owner->hold == Hold::kAdmission) RunHeld(*owner);
  }
  AdmissionLine& line = commits_.line();
  while (!line.empty() && !own_runs_.owned()) {
    Session* const session = parts_.sessions.Find(line.front());
    if (session != nullptr && session->hold == Hold::kAdmission) {
      Run(*session);  // as the first in line: nothing else of anybody is let in before it
      if (session->hold == Hold::kAdmission) return;
    }
    line.Pop();
    // Its next write stands behind all that are held.
    if (session != nullptr) parts_.runner.GoOn(*session);
  }
}

void Executor::Stop() {
  stopped_ = true;
  own_runs_.EndCommit();
}

bool Executor::IsIdle() {
  const bool idle = std::ranges::all_of(parts_.sessions.all(), [](const auto& entry) {
    const Session& session = *entry.second;
    return session.snapshot == nullptr && session.own_run == nullptr && session.fetches == 0;
  });
  const bool background_is_idle = expiry_.LetGo() && rank_builds_.LetGo();
  return idle && !own_runs_.owned() && fetches_.is_idle() && background_is_idle;
}

Status Executor::ReopenStore() {
  reader_.reset();
  CW_TRY(parts_.keyspace.Reopen());
  reader_.emplace(store());
  return {};
}

void Executor::RunBackground() {
  if (stopped_ || own_runs_.owned()) return;
  expiry_.Run();
  rank_builds_.Run();
}

void Executor::GoOnInBackground() {
  if (stopped_ || own_runs_.owned()) return;
  if (expiry_.goes_on()) expiry_.Run();
  if (rank_builds_.goes_on()) rank_builds_.Run();
}

void Executor::EndPass() {
  if (commits_.line().due()) RetryAdmissions();
  waiters_.EndDue();
  if (!own_runs_.owned()) parts_.keyspace.pending_objects().DropGivenUp(store());
  parts_.pressure.Relieve();
  fetches_.StartWaiting();
}

std::optional<uint64_t> Executor::WakeNs() {
  const std::optional<uint64_t> write_ns = commits_.line().WakeNs();
  const std::optional<uint64_t> timeout_ns = waiters_.WakeNs();
  return write_ns && timeout_ns ? std::min(write_ns, timeout_ns) : write_ns ? write_ns : timeout_ns;
}

void Executor::OnProgress() {
  commits_.start_times().Forget(store().visible());
  RetryAdmissions();
  waiters_.OnProgress();
  long_reads_.RetryHeld([this](Session& session) { RunHeld(session); });
}

}  // namespace cordwood::pipeline

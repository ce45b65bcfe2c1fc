#include "pipeline/executor/long_reads.h"

#include <utility>

#include "base/format.h"
#include "base/log.h"
#include "commands/core/long_read.h"
#include "commands/core/row.h"
#include "keyspace/core/transaction.h"
#include "pipeline/executor/reruns.h"
#include "protocol/reply_writer.h"

namespace cordwood::pipeline {
namespace {

// A long read keeps old state readable, so it waits no longer than this for a reader that takes
// nothing.
constexpr uint64_t kStalledReaderNs = 60'000'000'000;
constexpr uint64_t kSecondNs = 1'000'000'000;

}  // namespace

void LongReads::HoldForVisibility(Session& session) {
  session.hold = Hold::kVisibility;
  held_.push_back(session.id());
}

void LongReads::TakeSnapshot(Session& session) {
  parts_.completion.NoteReadsBeforehand(session);
  session.snapshot = parts_.keyspace.store().TakeSnapshot();
  session.snapshot_ns = parts_.env.MonotonicNs();
  session.long_read_now_ms = parts_.start_times.At(session.snapshot->seq(), parts_.clock.NowMs());
}

void LongReads::Start(Session& session) {
  if (session.dep > parts_.keyspace.store().visible()) {
    // It will run again, at the visible state, once that holds everything the connection did.
    session.long_read.reset();
    HoldForVisibility(session);
    return;
  }
  session.hold = Hold::kLongRead;
  session.reruns = 0;  // it counts anew for each slice
  session.partly_replied = false;
  TakeSnapshot(session);
  session.long_read->FixGeneration(
      parts_.keyspace.databases().At(session.client.db, session.snapshot->seq()));
  parts_.runner.QueueTurn(session);
}

void LongReads::RetryHeld(const std::function<void(Session&)>& run) {
  for (const SessionId id : std::exchange(held_, {})) {
    Session* const session = parts_.sessions.Find(id);
    if (session == nullptr || session->hold != Hold::kVisibility) continue;
    if (session->dep > parts_.keyspace.store().visible()) {
      held_.push_back(id);
    } else {
      run(*session);
    }
  }
}

void LongReads::Step(Session& session) {
  if (EndIfOld(session, parts_.env.MonotonicNs())) return;
  if (session.replies.unsent_bytes() > parts_.pressure.memory().UnsentMax(session)) {
    session.stalled_since_ns = parts_.env.MonotonicNs();  // ResumeStalled lets it go on
    session.DropFetched();  // that may take long, and others want blocks
    return;
  }
  if (session.reruns >= kRerunsMax) {
    StepAlone(session);
    return;
  }
  const size_t reply_start = session.replies.buffer().size();
  Result<bool> done = false;
  std::vector<storage::BlockRef> missing;
  {
    storage::View view =
        parts_.reader.At(*session.snapshot, storage::Tier::kCacheOnly, AheadAfter(session.fetches));
    keyspace::Transaction tx(parts_.keyspace, view, keyspace::Transaction::Mode::kRead,
                             session.long_read_now_ms);
    protocol::ReplyWriter reply(session.replies.buffer(), session.resp_version());
    done = session.long_read->Step(tx, reply);
    missing = view.missing();
    if (!done && done.error().code() == ErrorCode::kCold) {
      reply.Truncate(reply_start);
      parts_.fetches.Hold(session, std::move(missing));
      return;
    }
    CountSlice(tx);
  }
  AfterStep(session, done, reply_start, std::move(missing));
}

void LongReads::StepAlone(Session& session) {
  parts_.run_alone(session, [&read = *session.long_read](keyspace::Transaction& tx,
                                                         protocol::ReplyWriter& reply) {
    const Result<bool> done = read.Step(tx, reply);
    OwnRun::Outcome outcome;
    if (done) {
      outcome.is_last = *done;
    } else {
      outcome.status = std::unexpected(done.error());
    }
    return outcome;
  });
}

void LongReads::CountSlice(keyspace::Transaction& tx) {
  tx.CountLookups();
  parts_.messages.Add(tx.events(), 0);  // of what is visible already
}

void LongReads::StepDone(Session& session) {
  const std::unique_ptr<OwnRun> run = std::move(session.own_run);
  const size_t reply_start = session.replies.buffer().size();
  session.hold = Hold::kLongRead;
  Result<bool> done = run->outcome().is_last;
  if (!run->outcome().status) done = std::unexpected(run->outcome().status.error());
  run->AppendReplyTo(session.replies);
  CountSlice(run->tx());
  AfterStep(session, done, reply_start, {});
}

void LongReads::AfterStep(Session& session, const Result<bool>& done, size_t reply_start,
                          std::vector<storage::BlockRef> missing) {
  session.reruns = 0;
  session.DropFetched();
  if (!done) {
    parts_.completion.PutFailure(session, reply_start, done.error());
    // A client cannot tell an error inside of a reply from an element of it.
    session.client.close_after_reply = session.partly_replied;
  } else if (!*done) {
    session.partly_replied |= session.replies.buffer().size() > reply_start;
    parts_.gate.AddReply(session);
    if (missing.empty()) {
      parts_.runner.QueueTurn(session);
    } else {
      parts_.fetches.Hold(session,
                          std::move(missing));  // the next slice would only meet them again
    }
    return;
  }
  End(session, reply_start);
}

void LongReads::End(Session& session, size_t reply_start) {
  session.long_read.reset();
  session.snapshot.reset();
  session.hold = Hold::kNone;
  if (!session.closing()) session.stalled_since_ns = 0;
  parts_.completion.Finish(session, false, reply_start);
  if (!session.closing()) parts_.runner.QueueTurn(session);
}

bool LongReads::IsOld(const Session& session, uint64_t now_ns) const {
  const auto max_seconds = static_cast<uint64_t>(parts_.config.snapshot_max_seconds);
  return session.snapshot != nullptr && max_seconds != 0 &&
         (now_ns - session.snapshot_ns) / kSecondNs >= max_seconds;
}

void LongReads::PutTooOld(Session& session, size_t reply_start) {
  const int64_t max_seconds = parts_.config.snapshot_max_seconds;
  LogNotice(Format("ending {} of {}: it took longer than snapshot-max-seconds ({})",
                   session.command->name, session.client.address, max_seconds));
  parts_.completion.PutError(
      session, reply_start,
      Format("ERR the read took longer than snapshot-max-seconds ({}): the state that it "
             "shows is not kept any longer",
             max_seconds));
}

bool LongReads::EndIfOld(Session& session, uint64_t now_ns) {
  if (session.hold != Hold::kLongRead || !IsOld(session, now_ns)) return false;
  const size_t reply_start = session.replies.buffer().size();
  PutTooOld(session, reply_start);
  session.client.close_after_reply = session.partly_replied;
  End(session, reply_start);
  return true;
}

void LongReads::ResumeStalled(Session& session) {
  if (session.stalled_since_ns == 0) return;
  if (session.replies.unsent_bytes() > parts_.pressure.memory().UnsentMax(session)) {
    session.stalled_since_ns = parts_.env.MonotonicNs();
  } else {
    session.stalled_since_ns = 0;
    parts_.runner.QueueTurn(session);
  }
}

void LongReads::CloseIfStalled(Session& session, uint64_t now_ns) {
  if (session.stalled_since_ns == 0 || now_ns - session.stalled_since_ns < kStalledReaderNs) return;
  ++parts_.stats.output_buffer_disconnections;
  LogNotice(Format("closing {}: it does not read the reply to {}", session.client.address,
                   session.command->name));
  parts_.sessions.CloseSoon(session);
}

void LongReads::CheckAge(Session& session, uint64_t now_ns) {
  EndIfOld(session, now_ns);
  CloseIfStalled(session, now_ns);
}

void LongReads::CloseWaiting() {
  for (const SessionId id : held_) CloseHopeless(parts_.sessions, id);
}

}  // namespace cordwood::pipeline

// Work that goes on in turns, behind that of other connections: long reads, slice by slice, and
// pipelines that would keep the loop to themselves. A part of Pipeline.

#include "base/format.h"
#include "base/log.h"
#include "commands/core/long_read.h"
#include "commands/core/row.h"
#include "pipeline/pipeline.h"

namespace cordwood::pipeline {
namespace {

// A long read keeps old state readable, so it waits no longer than this for a reader that takes
// nothing.
constexpr uint64_t kStalledReaderNs = 60'000'000'000;
constexpr uint64_t kSecondNs = 1'000'000'000;
// A connection, and a turn, end when they took this long.
constexpr uint64_t kSliceNs = 1'000'000;
// The clock is read after so much work: a command and so many arguments or bytes of reply are one.
constexpr size_t kWorkBetweenClocks = 16;
constexpr size_t kArgumentsPerWork = 16;
constexpr size_t kReplyBytesPerWork = 4 << 10;
// However fast the clock says it was.
constexpr size_t kWorkPerSlice = 4096;

}  // namespace

void Pipeline::StartLongRead(Session& session) {
  if (session.dep > store_.visible()) {
    // It will run again, at the visible state, once that holds everything the connection did.
    session.long_read.reset();
    session.hold = Hold::kVisibility;
    held_for_visibility_.push_back(session.id());
    return;
  }
  session.hold = Hold::kLongRead;
  session.reruns = 0;  // it counts anew for each slice
  session.partly_replied = false;
  session.snapshot = store_.TakeSnapshot();
  session.snapshot_ns = env_.MonotonicNs();
  session.long_read_now_ms = NowMsAt(session.snapshot->seq());
  session.long_read->FixGeneration(
      keyspace_.databases().At(session.client.db, session.snapshot->seq()));
  QueueTurn(session);
}

void Pipeline::RetryLongReads() {
  for (const SessionId id : std::exchange(held_for_visibility_, {})) {
    Session* session = Find(id);
    if (session == nullptr || session->hold != Hold::kVisibility) continue;
    if (session->dep > store_.visible()) {
      held_for_visibility_.push_back(id);
    } else {
      RunHeld(*session);
    }
  }
}

void Pipeline::Advance(Session& session) {
  if (session.queued) return;
  const uint64_t end_ns = env_.MonotonicNs() + kSliceNs;
  size_t work = 0;
  size_t clock_at = kWorkBetweenClocks;
  session.full = session.replies.unsent_bytes() >= client_memory_.UnsentMax(session);
  while (MayAdvance(session)) {
    if (work >= clock_at) {
      if (work >= kWorkPerSlice || env_.MonotonicNs() >= end_ns) {
        QueueTurn(session);
        return;
      }
      clock_at = work + kWorkBetweenClocks;
    }
    switch (session.parser.Next()) {
      case protocol::RequestParser::Outcome::kNeedMore:
        return;
      case protocol::RequestParser::Outcome::kError:
        RejectMalformed(session);
        return;
      case protocol::RequestParser::Outcome::kCommand:
        break;
    }
    const size_t replied = session.replies.buffer().size();
    work += 1 + session.parser.argv().size() / kArgumentsPerWork;
    Start(session);
    work += (session.replies.buffer().size() - replied) / kReplyBytesPerWork;
    session.full = session.replies.unsent_bytes() >= client_memory_.UnsentMax(session);
  }
}

bool Pipeline::MayAdvance(const Session& session) const {
  return !stopping_ && !session.held() && !session.closing() &&
         session.replies.unsent_bytes() < client_memory_.UnsentMax(session);
}

void Pipeline::QueueTurn(Session& session) {
  if (session.queued) return;
  session.queued = true;
  turns_.push_back(session.id());
}

void Pipeline::Turn() {
  const uint64_t end_ns = env_.MonotonicNs() + kSliceNs;
  for (size_t turns = turns_.size(); turns > 0 && env_.MonotonicNs() < end_ns; --turns) {
    Session* session = Find(turns_.front());
    turns_.pop_front();
    if (session == nullptr) continue;
    session->queued = false;
    if (session->hold == Hold::kLongRead) {
      StepLongRead(*session);
    } else {
      Advance(*session);
      MarkDirty(*session);
    }
    Account(*session);
    if (client_memory_.pressed()) break;  // what is ready is sent first
  }
  if (expiry_goes_on_) RunExpiryCycle();
}

void Pipeline::StepLongRead(Session& session) {
  if (EndIfOld(session, env_.MonotonicNs())) return;
  if (session.replies.unsent_bytes() > client_memory_.UnsentMax(session)) {
    session.stalled_since_ns = env_.MonotonicNs();  // Sent lets it go on
    session.DropFetched();                          // that may take long, and others want blocks
    return;
  }
  const size_t reply_start = session.replies.buffer().size();
  Result<bool> done = false;
  std::vector<storage::BlockRef> missing;
  {
    const storage::Tier tier = TierFor(session);
    storage::View view = reader_.At(*session.snapshot, tier, AheadFor(session));
    keyspace::Transaction tx(keyspace_, view, keyspace::Transaction::Mode::kRead,
                             session.long_read_now_ms);
    protocol::ReplyWriter reply(session.replies.buffer(), session.resp_version());
    done = session.long_read->Step(tx, reply);
    CountBlockingReads(tier, view);
    if (tier == storage::Tier::kCacheOnly) missing = view.missing();
    if (!done && done.error().code() == ErrorCode::kCold) {
      reply.Truncate(reply_start);
      HoldForBlocks(session, std::move(missing));
      return;
    }
    tx.CountLookups();
  }
  session.reruns = 0;
  session.DropFetched();
  if (!done) {
    FailCommand(session, done.error(), reply_start);
    // A client cannot tell an error inside of a reply from an element of it.
    session.client.close_after_reply = session.partly_replied;
  } else if (!*done) {
    session.partly_replied |= session.replies.buffer().size() > reply_start;
    session.replies.Commit(session.dep, store_.visible());
    MarkDirty(session);
    if (missing.empty()) {
      QueueTurn(session);
    } else {
      HoldForBlocks(session, std::move(missing));  // the next slice would only meet them again
    }
    return;
  }
  EndLongRead(session, reply_start);
}

void Pipeline::EndLongRead(Session& session, size_t reply_start) {
  session.long_read.reset();
  session.snapshot.reset();
  session.hold = Hold::kNone;
  if (!session.closing()) session.stalled_since_ns = 0;
  Finish(session, false, reply_start);
  if (!session.closing()) QueueTurn(session);
}

bool Pipeline::EndIfOld(Session& session, uint64_t now_ns) {
  const auto max_seconds = static_cast<uint64_t>(config_.snapshot_max_seconds);
  if (session.hold != Hold::kLongRead || max_seconds == 0) return false;
  if ((now_ns - session.snapshot_ns) / kSecondNs < max_seconds) return false;
  LogNotice(Format("ending {} of {}: it took longer than snapshot-max-seconds ({})",
                   session.command->name, session.client.address, max_seconds));
  const size_t reply_start = session.replies.buffer().size();
  ReplaceReply(session, reply_start,
               Format("ERR the read took longer than snapshot-max-seconds ({}): the state that it "
                      "shows is not kept any longer",
                      max_seconds));
  session.client.close_after_reply = session.partly_replied;
  EndLongRead(session, reply_start);
  return true;
}

void Pipeline::ResumeStalled(Session& session) {
  if (session.stalled_since_ns == 0) return;
  if (session.replies.unsent_bytes() > client_memory_.UnsentMax(session)) {
    session.stalled_since_ns = env_.MonotonicNs();
  } else {
    session.stalled_since_ns = 0;
    QueueTurn(session);
  }
}

void Pipeline::CloseIfStalled(Session& session, uint64_t now_ns) {
  if (session.stalled_since_ns == 0 || now_ns - session.stalled_since_ns < kStalledReaderNs) return;
  ++stats_.output_buffer_disconnections;
  LogNotice(Format("closing {}: it does not read the reply to {}", session.client.address,
                   session.command->name));
  CloseSoon(session);
}

}  // namespace cordwood::pipeline

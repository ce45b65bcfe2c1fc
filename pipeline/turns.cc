// Work that goes on in turns, behind that of other connections: long reads, slice by slice. A part
// of Pipeline.

#include "base/format.h"
#include "base/log.h"
#include "pipeline/pipeline.h"

namespace cordwood::pipeline {
namespace {

// A long read with this much unsent waits for its reader.
constexpr size_t kLongReadUnsentMax = 1 << 20;
// It keeps old state readable, so it waits no longer than this for one that takes nothing.
constexpr uint64_t kStalledReaderNs = 60'000'000'000;

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
  session.snapshot = store_.TakeSnapshot();
  session.long_read_now_ms = NowMsAt(session.snapshot->seq());
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

void Pipeline::QueueTurn(Session& session) {
  if (session.queued) return;
  session.queued = true;
  turns_.push_back(session.id());
}

void Pipeline::Turn() {
  for (size_t turns = turns_.size(); turns > 0; --turns) {
    Session* session = Find(turns_.front());
    turns_.pop_front();
    if (session == nullptr) continue;
    session->queued = false;
    if (session->hold == Hold::kLongRead) StepLongRead(*session);
  }
}

void Pipeline::StepLongRead(Session& session) {
  if (session.replies.unsent_bytes() > kLongReadUnsentMax) {
    session.stalled_since_ns = env_.MonotonicNs();  // Sent lets it go on
    return;
  }
  const size_t reply_start = session.replies.buffer().size();
  Result<bool> done = false;
  {
    const storage::Tier tier = TierFor(session);
    storage::View view = reader_.At(*session.snapshot, tier);
    keyspace::Transaction tx(keyspace_, view, keyspace::Transaction::Mode::kRead,
                             session.long_read_now_ms);
    protocol::ReplyWriter reply(session.replies.buffer(), session.resp_version());
    done = session.long_read->Step(tx, reply);
    CountBlockingReads(tier, view);
    if (!done && done.error().code() == ErrorCode::kCold) {
      reply.Truncate(reply_start);
      HoldForBlocks(session, view.missing());
      return;
    }
  }
  session.reruns = 0;
  session.fetched = {};
  if (!done) {
    // Part of the reply may be on its way: the connection cannot be kept.
    FailCommand(session, done.error(), reply_start);
    session.client.close_after_reply = true;
  } else if (!*done) {
    session.replies.Commit(session.dep, store_.visible());
    MarkDirty(session);
    QueueTurn(session);
    return;
  }
  session.long_read.reset();
  session.snapshot.reset();
  session.hold = Hold::kNone;
  Finish(session, false, reply_start);
  Advance(session);
}

void Pipeline::ResumeStalled(Session& session) {
  if (session.stalled_since_ns == 0) return;
  if (session.replies.unsent_bytes() > kLongReadUnsentMax) {
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

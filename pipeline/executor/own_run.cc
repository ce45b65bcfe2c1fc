#include "pipeline/executor/own_run.h"

#include "base/check.h"
#include "pipeline/executor/reruns.h"

namespace cordwood::pipeline {
namespace {

// Whoever waits for it waits for what the system runs meanwhile, too.
constexpr uint64_t kSliceNs = 500'000;

}  // namespace

OwnRun::OwnRun(Parts parts, Work work) : parts_(std::move(parts)), work_(std::move(work)) {
  fiber_.Start([this] { Body(); });
}

OwnRun::~OwnRun() {
  given_up_ = true;
  while (!fiber_.free()) fiber_.Resume();
}

OwnRun::State OwnRun::GoOn(Status fetched) {
  CHECK(state_ != State::kDone);
  fetched_ = std::move(fetched);
  turn_ends_ns_ = parts_.env.MonotonicNs() + kSliceNs;
  fiber_.Resume();
  return state_;
}

void OwnRun::Body() {
  // As for one read: what could not be fetched need not be what the handler takes.
  Status waited;
  while (!given_up_ && !RunOnce()) {
    if (!waited) {
      outcome_.status = waited;
      break;
    }
    // What it lacked may have been fetched with what another part of it waited for.
    earlier_ = Earlier::kStay;
    waited = HandOver(missing_.empty() ? State::kHadItsTime : State::kNeedsBlocks);
  }
  state_ = State::kDone;
}

void OwnRun::CommitInSlices(Commit commit) {
  CHECK(state_ == State::kDone && !commits_);
  commits_ = true;
  state_ = State::kHadItsTime;
  fiber_.Start([this, commit = std::move(commit)] {
    const storage::Store::Pause pause = [this] {
      if (!given_up_ && !hurries_ && IsTime()) fiber_.Suspend();
    };
    outcome_.status = commit(*tx_, pause);
    pause();  // the memory of a large transaction takes a turn to give back
    state_ = State::kDone;
  });
}

bool OwnRun::RunOnce() {
  // Made anew where it lies: it cannot be moved.
  struct NewView {
    OwnRun& run;
    // NOLINTNEXTLINE(google-explicit-constructor): what emplace constructs the view from
    operator storage::View() const {
      constexpr storage::Tier kTier = storage::Tier::kCacheOnly;
      const storage::Snapshot* const snapshot = run.parts_.snapshot;
      if (snapshot != nullptr) return run.parts_.reader.At(*snapshot, kTier);
      const uint32_t ahead = run.parts_.guard != nullptr ? kAheadOfLongWrite : 1;
      return run.parts_.reader.Newest(kTier, ahead);
    }
  };
  tx_.reset();
  view_.emplace(NewView{*this});
  using Mode = keyspace::Transaction::Mode;
  tx_.emplace(parts_.keyspace, *view_, executes() ? Mode::kExecute : Mode::kRead, parts_.now_ms);
  tx_->WaitWith(*this);
  if (parts_.guard != nullptr) tx_->GuardReads(*parts_.guard);
  pieces_.clear();
  reply_.clear();
  protocol::ReplyWriter reply(reply_, parts_.resp_version);
  reply.Bound(parts_.reply_bytes_max);
  reply.GiveAwayTo(pieces_);
  outcome_ = work_(*tx_, reply);
  overflowed_ = reply.overflowed();
  missing_ = view_->missing();
  view_->Rest();
  return outcome_.status || outcome_.status.error().code() != ErrorCode::kCold;
}

uint64_t OwnRun::memory_bytes() const {
  uint64_t bytes = reply_.capacity();
  for (const std::string& piece : pieces_) bytes += piece.capacity();
  return bytes;
}

void OwnRun::AppendReplyTo(ReplyQueue& replies) {
  for (std::string& piece : pieces_) replies.AppendPiece(std::move(piece));
  replies.Append(std::move(reply_));
}

Status OwnRun::HandOver(State state) {
  state_ = state;
  let_in_bytes_ = 0;
  if (!given_up_) fiber_.Suspend();
  if (given_up_) return Fail(ErrorCode::kClosed, "nobody waits for the command any more");
  return std::exchange(fetched_, {});
}

Status OwnRun::Await(std::vector<storage::BlockRef> blocks, Earlier earlier) {
  earlier_ = earlier;
  missing_ = std::move(blocks);
  return HandOver(State::kNeedsBlocks);
}

bool OwnRun::IsTime() { return parts_.env.MonotonicNs() >= turn_ends_ns_; }

Status OwnRun::Pause() { return HandOver(State::kHadItsTime); }

template <typename Ask>
Status OwnRun::AwaitGate(const Ask& ask) {
  while (true) {
    // What is built on something that was changed will not be used.
    if (parts_.guard != nullptr && parts_.guard->IsOvertaken(parts_.now_ms)) {
      return Fail(ErrorCode::kClosed, "what was read has been changed");
    }
    switch (ask()) {
      case storage::WriteGate::kOpen:
        return {};
      case storage::WriteGate::kLater:
        CW_TRY(HandOver(State::kNeedsRoom));
        break;
      case storage::WriteGate::kFull:
        return Fail(ErrorCode::kNoSpace, "there is no room for what is to be written");
      case storage::WriteGate::kFailed:
        return Fail(ErrorCode::kClosed, "the store has failed");
    }
  }
}

Status OwnRun::AwaitRoom(uint64_t bytes) {
  return AwaitGate([&] { return parts_.ask_room(bytes); });
}

Status OwnRun::AwaitCommit(uint64_t bytes, bool frees) {
  CW_TRY(AwaitGate([&] { return parts_.ask_commit(bytes, frees); }));
  let_in_bytes_ = bytes;
  let_in_frees_ = frees;
  return {};
}

}  // namespace cordwood::pipeline

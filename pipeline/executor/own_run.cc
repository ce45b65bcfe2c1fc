#include "pipeline/executor/own_run.h"

#include "base/check.h"

namespace cordwood::pipeline {
namespace {

constexpr uint64_t kSliceNs = 1'000'000;

}  // namespace

OwnRun::OwnRun(const Parts& parts, const storage::Snapshot* snapshot, Work work)
    : parts_(parts), snapshot_(snapshot), work_(std::move(work)) {
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
    waited = HandOver(missing_.empty() ? State::kHadItsTime : State::kNeedsBlocks);
  }
  state_ = State::kDone;
}

bool OwnRun::RunOnce() {
  // Made anew where it lies: it cannot be moved.
  struct NewView {
    OwnRun& run;
    // NOLINTNEXTLINE(google-explicit-constructor): what emplace constructs the view from
    operator storage::View() const {
      constexpr storage::Tier kTier = storage::Tier::kCacheOnly;
      return run.executes() ? run.parts_.reader.Newest(kTier)
                            : run.parts_.reader.At(*run.snapshot_, kTier);
    }
  };
  tx_.reset();
  view_.emplace(NewView{*this});
  using Mode = keyspace::Transaction::Mode;
  tx_.emplace(parts_.keyspace, *view_, executes() ? Mode::kExecute : Mode::kRead, parts_.now_ms);
  tx_->WaitWith(*this);
  reply_.clear();
  protocol::ReplyWriter reply(reply_, parts_.resp_version);
  reply.Bound(parts_.reply_bytes_max);
  outcome_ = work_(*tx_, reply);
  overflowed_ = reply.overflowed();
  missing_ = view_->missing();
  view_->Rest();
  return outcome_.status || outcome_.status.error().code() != ErrorCode::kCold;
}

Status OwnRun::HandOver(State state) {
  state_ = state;
  if (!given_up_) fiber_.Suspend();
  if (given_up_) return Fail(ErrorCode::kClosed, "nobody waits for the command any more");
  return std::exchange(fetched_, {});
}

Status OwnRun::Await(std::vector<storage::BlockRef> blocks) {
  missing_ = std::move(blocks);
  return HandOver(State::kNeedsBlocks);
}

bool OwnRun::IsTime() { return parts_.env.MonotonicNs() >= turn_ends_ns_; }

Status OwnRun::Pause() { return HandOver(State::kHadItsTime); }

}  // namespace cordwood::pipeline

#include "bench/storage/write_line.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/format.h"
#include "bench/storage/failure.h"

namespace cordwood::bench {
namespace {

using storage::HeldFor;
using storage::WriteGate;

// These three as pipeline/executor/admission_line.cc has them.
constexpr uint64_t kPacingSlackNs = 1'000'000;
constexpr uint64_t kPacingMaxNs = 1'000'000'000;
constexpr uint64_t kPacedBytes = 1 << 20;
constexpr std::chrono::milliseconds kTickEvery{100};

}  // namespace

WriteLine::WriteLine(Env& env, storage::Store& store) : env_(env), store_(store) {
  store_.SetListener([this] { progress_.Note(); });
  ticks_ = std::thread([this] { RunTicks(); });
}

WriteLine::~WriteLine() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  stopped_.NotifyAll();
  ticks_.join();
  store_.SetListener({});
}

void WriteLine::Ask(QueuedWrite& write) {
  {
    const MutexLock lock(mutex_);
    line_.push_back(&write);
    if (has_executor_) return;
    has_executor_ = true;
  }
  RunPasses();
}

void WriteLine::RunAsExecutor(const std::function<void()>& task) {
  {
    const MutexLock lock(mutex_);
    while (has_executor_) executor_left_.Wait(mutex_);
    has_executor_ = true;
  }
  task();
  RunPasses();
}

void WriteLine::RunPasses() {
  for (;;) {
    TickIfDue();
    {
      const MutexLock lock(mutex_);
      if (line_.empty()) {
        has_executor_ = false;
        break;
      }
      pass_.swap(line_);
    }
    for (QueuedWrite* write : pass_) Write(*write);
    pass_.clear();
    store_.Kick();
  }
  executor_left_.NotifyAll();
}

void WriteLine::Write(QueuedWrite& write) {
  const uint64_t bytes = write.batch.bytes().size();
  AwaitRoom(bytes);
  // By the pressure that the write met, not by the one that it makes.
  Pace(bytes);
  write.seq.store(Must(store_.Write(write.batch)), std::memory_order_release);
}

// --- admission ---

void WriteLine::AwaitRoom(uint64_t bytes) {
  storage::HeldWrite held;
  for (;;) {
    const uint64_t seen = progress_.events();
    const std::optional<HeldFor> reason = WhyHeld(bytes);
    if (!reason) break;
    store_.Kick();  // what the pass wrote so far must not wait, too
    const uint64_t now_ns = env_.MonotonicNs();
    held_.Hold(held, *reason, now_ns);
    std::chrono::nanoseconds most = kTickEvery;
    if (reason == HeldFor::kPacing && free_at_ns_ > now_ns) {
      most = std::min(most, std::chrono::nanoseconds(free_at_ns_ - now_ns));
    }
    progress_.Await(seen, most);
    TickIfDue();
  }
  if (held.reason) held_.LetGo(held, env_.MonotonicNs());
}

std::optional<HeldFor> WriteLine::WhyHeld(uint64_t bytes) {
  switch (store_.Admit(bytes, storage::Intent::kAdd)) {
    case WriteGate::kOpen:
      return IsPaced() ? std::optional(HeldFor::kPacing) : std::nullopt;
    case WriteGate::kLater:
      return store_.held_for();
    case WriteGate::kFull: {
      const Status shortage = store_.shortage();
      EndWith(shortage ? "the disk is full" : shortage.error().message());
    }
    case WriteGate::kFailed:
      CheckStore();
      break;
  }
  EndWith("the store takes no writes");
}

void WriteLine::Pace(uint64_t bytes) {
  const uint64_t delay_us = store_.WriteDelayUs(bytes);
  if (delay_us == 0) return;
  const uint64_t now = env_.MonotonicNs();
  free_at_ns_ = std::min(std::max(free_at_ns_, now) + delay_us * 1000, now + kPacingMaxNs);
}

bool WriteLine::IsPaced() {
  if (free_at_ns_ == 0) return false;
  const bool is_relieved = store_.WriteDelayUs(kPacedBytes) == 0;
  if (is_relieved) free_at_ns_ = 0;
  return !is_relieved && env_.MonotonicNs() + kPacingSlackNs < free_at_ns_;
}

// --- ticks ---

void WriteLine::CheckStore() const { Must(store_.failure()); }

void WriteLine::TickIfDue() {
  if (tick_is_due_.load(std::memory_order_relaxed) && tick_is_due_.exchange(false)) store_.Tick();
}

void WriteLine::RunTicks() {
  for (;;) {
    {
      const MutexLock lock(mutex_);
      if (!stopping_) stopped_.WaitFor(mutex_, kTickEvery);
      if (stopping_) return;
      tick_is_due_.store(true);
      // An executor that is at work sees it.
      if (has_executor_) continue;
      has_executor_ = true;
    }
    RunPasses();
  }
}

}  // namespace cordwood::bench

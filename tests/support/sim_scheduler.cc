#include "tests/support/sim_scheduler.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace cordwood::support {

namespace {

constexpr std::array<std::string_view, kLaneCount> kLaneNames = {
    "log", "flush", "segments", "removals", "compaction", "fetch", "note"};

constexpr size_t kIdleFibersMax = 64;

/// Stacks outlive the environments that use them: crash tests make environments by the thousand,
/// and the thread sanitizer takes a millisecond for each new fiber.
thread_local std::vector<std::unique_ptr<Fiber>> idle_fibers;

std::unique_ptr<Fiber> TakeFiber() {
  if (idle_fibers.empty()) return std::make_unique<Fiber>();
  std::unique_ptr<Fiber> fiber = std::move(idle_fibers.back());
  idle_fibers.pop_back();
  return fiber;
}

void ReturnFiber(std::unique_ptr<Fiber> fiber) {
  if (idle_fibers.size() < kIdleFibersMax) idle_fibers.push_back(std::move(fiber));
}

size_t Index(Lane lane) { return static_cast<size_t>(lane); }

}  // namespace

SimScheduler::SimScheduler(SimRandom random, LaneLimits limits) : random_(random), limits_(limits) {
  for (const int limit : limits_) CHECK(limit > 0);
}

void SimScheduler::Schedule(Lane lane, std::function<void()> task) {
  queues_[Index(lane)].push_back(std::move(task));
}

bool SimScheduler::CanGoOn(Task& task, uint64_t now_ns) {
  switch (task.state) {
    case State::kRunnable:
      return true;
    case State::kSleeping:
      return released_ || task.wake_ns <= now_ns;
    case State::kWaiting:
      break;
  }
  // As the contract of Await says, no more often: code that forgets to end a task after it made
  // the condition true hangs here as it would hang on real threads.
  if (task.ended_at_check == tasks_ended_) return false;
  task.ended_at_check = tasks_ended_;
  return (*task.done)();
}

void SimScheduler::Collect(uint64_t now_ns) {
  candidates_.clear();
  for (const auto& task : tasks_) {
    if (CanGoOn(*task, now_ns)) {
      task->state = State::kRunnable;
      candidates_.push_back({task.get(), task->lane});
    }
  }
  for (size_t i = 0; i < queues_.size(); ++i) {
    if (!queues_[i].empty() && running_[i] < limits_[i]) {
      candidates_.push_back({nullptr, static_cast<Lane>(i)});
    }
  }
  if (!candidates_.empty() || !released_) return;
  for (const auto& task : tasks_) candidates_.push_back({task.get(), task->lane});
}

bool SimScheduler::Step(uint64_t now_ns) {
  CHECK(!OnFiber());
  Collect(now_ns);
  if (candidates_.empty()) return false;
  const Candidate chosen = candidates_[random_.Below(candidates_.size())];
  RunTask(chosen.task != nullptr ? *chosen.task : *StartNext(chosen.lane));
  return true;
}

SimScheduler::Task* SimScheduler::StartNext(Lane lane) {
  tasks_.push_back(std::make_unique<Task>());
  Task& task = *tasks_.back();
  auto& queue = queues_[Index(lane)];
  task.id = ++tasks_started_;
  task.lane = lane;
  task.fiber = TakeFiber();
  task.fiber->Start(std::move(queue.front()));
  queue.pop_front();
  ++running_[Index(lane)];
  return &task;
}

void SimScheduler::RunTask(Task& task) {
  task.state = State::kRunnable;
  current_ = &task;
  task.fiber->Resume();
  current_ = nullptr;
  if (!task.fiber->free()) return;
  ReturnFiber(std::move(task.fiber));
  ++tasks_ended_;
  --running_[Index(task.lane)];
  const auto at = std::find_if(tasks_.begin(), tasks_.end(),
                               [&](const auto& entry) { return entry.get() == &task; });
  tasks_.erase(at);
}

std::optional<uint64_t> SimScheduler::NextWakeNs() const {
  std::optional<uint64_t> first;
  for (const auto& task : tasks_) {
    if (task->state != State::kSleeping) continue;
    if (!first || task->wake_ns < *first) first = task->wake_ns;
  }
  return first;
}

size_t SimScheduler::TaskCount() const {
  size_t count = tasks_.size();
  for (const auto& queue : queues_) count += queue.size();
  return count;
}

std::string SimScheduler::Describe(uint64_t now_ns) const {
  std::string out;
  for (const auto& task : tasks_) {
    out += "  task " + std::to_string(task->id) + " (" + std::string(kLaneNames[Index(task->lane)]);
    out += ") ";
    if (task->state == State::kRunnable) out += "can go on";
    if (task->state == State::kWaiting) out += "waits in Await";
    if (task->state == State::kSleeping) {
      const uint64_t left_ns = task->wake_ns > now_ns ? task->wake_ns - now_ns : 0;
      out += "sleeps for another " + std::to_string(left_ns / 1'000) + " us";
    }
    out += ", last call: " + (task->last_call.empty() ? "none" : task->last_call) + "\n";
  }
  for (size_t i = 0; i < queues_.size(); ++i) {
    if (queues_[i].empty()) continue;
    out += "  " + std::to_string(queues_[i].size()) + " queued in lane ";
    out += std::string(kLaneNames[i]) + "\n";
  }
  return out.empty() ? "  no background task\n" : out;
}

void SimScheduler::GiveBack(State state) {
  CHECK(OnFiber());
  Task& task = *current_;
  task.state = state;
  task.fiber->Suspend();
}

void SimScheduler::Yield() { GiveBack(State::kRunnable); }

void SimScheduler::SleepUntil(uint64_t wake_ns) {
  CHECK(OnFiber());
  current_->wake_ns = wake_ns;
  GiveBack(State::kSleeping);
}

void SimScheduler::Wait(const std::function<bool()>& done) {
  CHECK(OnFiber());
  current_->done = &done;
  current_->ended_at_check = tasks_ended_;
  if (!done()) GiveBack(State::kWaiting);
}

void SimScheduler::NoteCall(std::string_view kind, std::string_view path) {
  if (!OnFiber()) return;
  current_->last_call = kind;
  current_->last_call += " ";
  current_->last_call += path;
}

}  // namespace cordwood::support

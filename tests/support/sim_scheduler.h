#pragma once

// Background work of the simulation: every task is a fiber, and a seeded choice says which one
// goes on next. Lanes keep their promises: tasks of a lane start in order, the log, flush,
// segment, removal, note and sort lanes run one at a time, the others up to a limit.
//
// A task gives the thread back when it yields, sleeps, waits or ends; Step then returns to the
// driver, which is whoever runs on the thread's own stack.
//
// Owned by SimEnv. Threads: one. Knows no files and owns no clock: the time is handed in.

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "base/fiber.h"
#include "tests/support/sim_random.h"

namespace cordwood::support {

class SimScheduler {
 public:
  using LaneLimits = std::array<int, kLaneCount>;

  SimScheduler(SimRandom random, LaneLimits limits);
  /// REQUIRES: nothing queued, nothing unfinished.
  ~SimScheduler() = default;
  SimScheduler(const SimScheduler&) = delete;
  SimScheduler& operator=(const SimScheduler&) = delete;

  void Schedule(Lane lane, std::function<void()> task);

  // --- by the driver ---
  /// Runs one of the tasks that can go on at `now_ns` until it gives the thread back. False: none
  /// can.
  bool Step(uint64_t now_ns);
  /// When the first sleeper wakes; nothing if nobody sleeps.
  std::optional<uint64_t> NextWakeNs() const;
  uint64_t tasks_ended() const { return tasks_ended_; }
  /// Tasks queued or unfinished.
  size_t TaskCount() const;
  /// One line a task: what it is, and what it waits for.
  std::string Describe(uint64_t now_ns) const;
  /// The end of the world: sleeps become yields, and a wait ends unfulfilled when no other task
  /// can go on. So every task runs to its end.
  void Release() { released_ = true; }

  // --- by a task ---
  bool OnFiber() const { return current_ != nullptr; }
  void Yield();
  void SleepUntil(uint64_t wake_ns);
  void Wait(const std::function<bool()>& done);
  /// What the running task does, for Describe.
  void NoteCall(std::string_view kind, std::string_view path);
  /// Which task runs, counted from 1 in the order of starting; 0 for the driver.
  uint64_t CurrentTask() const { return current_ == nullptr ? 0 : current_->id; }

 private:
  enum class State : uint8_t { kRunnable, kSleeping, kWaiting };

  struct Task {
    std::unique_ptr<Fiber> fiber;
    uint64_t id = 0;
    Lane lane = Lane::kLog;
    State state = State::kRunnable;
    uint64_t wake_ns = 0;
    const std::function<bool()>* done = nullptr;
    uint64_t ended_at_check = 0;  // tasks_ended_ when done() was last evaluated
    std::string last_call;
  };

  /// A way to go on: an unfinished task, or (null) the start of the next one of `lane`.
  struct Candidate {
    Task* task;
    Lane lane;
  };

  void Collect(uint64_t now_ns);
  bool CanGoOn(Task& task, uint64_t now_ns);
  Task* StartNext(Lane lane);
  void RunTask(Task& task);
  void GiveBack(State state);

  SimRandom random_;
  LaneLimits limits_;
  LaneLimits running_ = {};
  std::array<std::deque<std::function<void()>>, kLaneCount> queues_;
  std::vector<std::unique_ptr<Task>> tasks_;  // unfinished, in the order of starting
  std::vector<Candidate> candidates_;
  Task* current_ = nullptr;
  uint64_t tasks_started_ = 0;
  uint64_t tasks_ended_ = 0;
  bool released_ = false;
};

}  // namespace cordwood::support

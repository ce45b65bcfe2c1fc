#pragma once

// Threads with one queue: tasks start in the order they came. posix_env.cc owns one of these for
// each Lane.
//
// Threads: Schedule from any thread, also from a task. Destroy from a thread that is none of its
// own. The threads take no signals that ask the process to stop or reload; those stay with the
// threads that wait for them.

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace cordwood {

class TaskLane {
 public:
  enum class Priority : uint8_t {
    kNormal,
    kLow,  // behind the others for the processor and the disk, as far as the kernel lets us
  };

  struct Options {
    std::string thread_name;  // up to 15 bytes
    int threads = 1;
    Priority priority = Priority::kNormal;
  };

  /// `after_each_task` runs on the task's thread, once the task and all it held are destroyed.
  TaskLane(Options options, std::function<void()> after_each_task);
  TaskLane(const TaskLane&) = delete;
  TaskLane& operator=(const TaskLane&) = delete;
  /// Runs what is queued and joins the threads.
  ~TaskLane();

  void Schedule(std::function<void()> task);

 private:
  void Run();

  const Options options_;
  const std::function<void()> after_each_task_;

  Mutex mutex_;
  CondVar changed_;
  std::deque<std::function<void()>> queue_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;

  std::vector<std::thread> threads_;
};

}  // namespace cordwood

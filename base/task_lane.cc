#include "base/task_lane.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <utility>

#include "base/check.h"

namespace cordwood {
namespace {

void LeaveSignalsToOthers() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

/// A preference, so a kernel that refuses it (a container may) is no error.
void LowerPriority() {
  // A tenth of a processor's time beside a thread that always wants it.
  constexpr int kNice = 10;
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNice);
  // From linux/ioprio.h, which newer kernels' headers do not let C++ include.
  constexpr int kThisThread = 1;                  // IOPRIO_WHO_PROCESS, with 0
  constexpr int kLowestBestEffort = 2 << 13 | 7;  // IOPRIO_CLASS_BE, level 7 of 0 to 7
  syscall(SYS_ioprio_set, kThisThread, 0, kLowestBestEffort);
}

}  // namespace

TaskLane::TaskLane(Options options, std::function<void()> after_each_task)
    : options_(std::move(options)), after_each_task_(std::move(after_each_task)) {
  CHECK(options_.threads >= 1);
  for (int i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { Run(); });
}

TaskLane::~TaskLane() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
  for (std::thread& thread : threads_) thread.join();
}

void TaskLane::Schedule(std::function<void()> task) {
  {
    const MutexLock lock(mutex_);
    queue_.push_back(std::move(task));
  }
  changed_.NotifyOne();
}

void TaskLane::Run() {
  LeaveSignalsToOthers();
  pthread_setname_np(pthread_self(), options_.thread_name.c_str());
  if (options_.priority == Priority::kLow) LowerPriority();

  MutexLock lock(mutex_);
  while (true) {
    while (!stopping_ && queue_.empty()) changed_.Wait(mutex_);
    if (queue_.empty()) return;
    std::function<void()> task = std::move(queue_.front());
    queue_.pop_front();
    lock.Unlock();
    task();
    task = nullptr;
    after_each_task_();
    lock.Lock();
  }
}

}  // namespace cordwood

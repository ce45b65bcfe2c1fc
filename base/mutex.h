#pragma once

// Locks that Clang follows (-Wthread-safety): a member says which mutex guards it, a function which
// one it needs, and a use without it does not compile (scripts/lint). With other compilers the
// words say nothing.
//
//   mutable Mutex mutex_;
//   uint64_t taken_ GUARDED_BY(mutex_) = 0;
//   void Grow() REQUIRES(mutex_);
//   ...
//   const MutexLock lock(mutex_);
//
// A lambda is a function of its own: one that runs under the lock says so, `[this]()
// REQUIRES(mutex_) { ... }`, and what waits for a condition is a loop around CondVar::Wait.
//
// Threads: any.

#include <chrono>
#include <condition_variable>
#include <mutex>

#ifdef __clang__
#define CW_THREAD_SAFETY(attribute) __attribute__((attribute))
#else
#define CW_THREAD_SAFETY(attribute)
#endif

/// Of a member: read and written under this mutex only.
#define GUARDED_BY(mutex) CW_THREAD_SAFETY(guarded_by(mutex))
/// Of a function: the caller has locked it.
#define REQUIRES(mutex) CW_THREAD_SAFETY(requires_capability(mutex))
/// Of a function: the caller has not locked it.
#define EXCLUDES(mutex) CW_THREAD_SAFETY(locks_excluded(mutex))

namespace cordwood {

class CW_THREAD_SAFETY(capability("mutex")) Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void Lock() CW_THREAD_SAFETY(acquire_capability()) { mutex_.lock(); }
  void Unlock() CW_THREAD_SAFETY(release_capability()) { mutex_.unlock(); }

 private:
  friend class CondVar;
  std::mutex mutex_;
};

/// Holds a mutex while it lives, but for what lies between Unlock and Lock.
class CW_THREAD_SAFETY(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) CW_THREAD_SAFETY(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.Lock();
  }
  ~MutexLock() CW_THREAD_SAFETY(release_capability()) {
    if (locked_) mutex_.Unlock();
  }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  void Unlock() CW_THREAD_SAFETY(release_capability()) {
    locked_ = false;
    mutex_.Unlock();
  }
  void Lock() CW_THREAD_SAFETY(acquire_capability()) {
    mutex_.Lock();
    locked_ = true;
  }

 private:
  Mutex& mutex_;
  bool locked_ = true;
};

/// Wakes up without a reason, too: whoever waits looks again.
class CondVar {
 public:
  void Wait(Mutex& mutex) REQUIRES(mutex) {
    std::unique_lock lock(mutex.mutex_, std::adopt_lock);
    changed_.wait(lock);
    lock.release();  // the caller has it
  }
  /// For so long at most; false: that is over.
  bool WaitFor(Mutex& mutex, std::chrono::nanoseconds time) REQUIRES(mutex) {
    std::unique_lock lock(mutex.mutex_, std::adopt_lock);
    const bool in_time = changed_.wait_for(lock, time) == std::cv_status::no_timeout;
    lock.release();
    return in_time;
  }
  void NotifyOne() { changed_.notify_one(); }
  void NotifyAll() { changed_.notify_all(); }

 private:
  std::condition_variable changed_;
};

}  // namespace cordwood

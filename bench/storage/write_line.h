#pragma once

// Cordwood's executor, without a loop: batches stand in a line, and the thread that asks becomes
// the executor for as long as nobody else is. It writes what stands in the line, and kicks the log
// at the end of each pass over it.
//
// Admission and pacing are those of pipeline/executor/admission_line.h: a batch is written when the
// store lets it in and what was written before has been paid for in time; until then it waits for
// the listener, for its time, or for a tick, and those behind it wait for it.
//
// Ownership: refers to what it is given. Threads: any.

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/env.h"
#include "base/mutex.h"
#include "bench/storage/engine.h"
#include "bench/storage/progress.h"
#include "storage/held_writes.h"
#include "storage/store.h"

namespace cordwood::bench {

/// A batch on its way.
struct QueuedWrite {
  storage::WriteBatch batch;
  uint64_t start_ns = 0;
  std::atomic<storage::Seq> seq = 0;  // 0: it is not written yet
};

class WriteLine {
 public:
  WriteLine(Env& env, storage::Store& store);
  /// Stops the ticks. REQUIRES: nothing stands in line.
  ~WriteLine();
  WriteLine(const WriteLine&) = delete;
  WriteLine& operator=(const WriteLine&) = delete;

  /// The batch lives until its seq is there.
  void Ask(QueuedWrite& write);
  /// Runs `task` as the executor, and returns when it is done.
  void RunAsExecutor(const std::function<void()>& task);

  storage::Store& store() { return store_; }
  Progress& progress() { return progress_; }
  /// For those who wait for the store: the process ends if it has failed.
  void CheckStore() const;

  /// REQUIRES: called by the executor.
  storage::HeldWrites TakeHeldWrites() { return std::exchange(held_, {}); }

 private:
  void RunPasses();
  void Write(QueuedWrite& write);
  /// Returns once a batch of so many bytes may be written.
  void AwaitRoom(uint64_t bytes);
  /// Why not now; nothing: it may be.
  std::optional<storage::HeldFor> WhyHeld(uint64_t bytes);
  void Pace(uint64_t bytes);
  bool IsPaced();
  void TickIfDue();
  void RunTicks();

  Env& env_;
  storage::Store& store_;
  Progress progress_;

  // The executor's.
  std::vector<QueuedWrite*> pass_;
  uint64_t free_at_ns_ = 0;  // pacing: the next write may run then
  storage::HeldWrites held_;

  std::atomic<bool> tick_is_due_ = false;

  Mutex mutex_;
  CondVar executor_left_;
  bool has_executor_ GUARDED_BY(mutex_) = false;
  std::vector<QueuedWrite*> line_ GUARDED_BY(mutex_);
  CondVar stopped_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread ticks_;
};

}  // namespace cordwood::bench

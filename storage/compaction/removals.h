#pragma once

// Removes the files that no edit lists any more, in the background, so that nobody ever waits for
// an unlink: tables and manifests that were replaced, what a job wrote for nothing, and what an
// earlier process left behind.
//
// One file is one task of Lane::kRemovals. Of a large table each piece that is truncated is one: to
// free gigabytes at once keeps a file system's journal busy, and the log's syncs wait for that.
// Only a table that has no other name is truncated; a hard link is somebody's backup. While syncs
// of the log suffer, a task waits its turn, so that there are at most 64 a second.
//
// A stop goes on with it for a tenth of a second: where removing is quick, nothing is left. Else
// what is left is an orphan, which the next start removes once it serves.
//
// Threads: any. Stop must be called before destruction, when nothing more is handed in.

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/mutex.h"
#include "storage/file_names.h"
#include "storage/version/version_set.h"

namespace cordwood::storage {

class Removals {
 public:
  /// `syncs_suffer` says whether syncs of the log take longer than they should. `gave_back` is
  /// called by the task when the last of the files that the version set gave up is gone.
  Removals(
      Env& env, std::string dir, VersionSet& versions, std::function<bool()> syncs_suffer,
      std::function<void()> gave_back = [] {});

  /// Goes on with what the version set has given up by now. Cheap.
  void Kick();
  /// Takes files that no edit lists. REQUIRES: nobody has them open.
  void Add(const std::vector<FileName>& files);
  /// Waits for a tenth of a second, and for the task that is under way then.
  void Stop();

  uint64_t removed() const { return removed_.load(std::memory_order_relaxed); }
  /// Those of them that the version set had given up: they gave back what was in use.
  uint64_t given_back() const { return given_back_.load(std::memory_order_relaxed); }
  /// Files that are to be removed.
  uint64_t waiting() const;

  static constexpr uint64_t kLargeBytes = 32 << 20;
  static constexpr uint64_t kStepBytes = 16 << 20;

 private:
  struct Condemned {
    FileName name;
    bool given_up = false;  // by the version set
  };
  /// A large table on its way to nothing.
  struct Shrinking {
    std::unique_ptr<File> file;
    uint64_t bytes = 0;
  };

  /// Starts the tasks unless they are under way. True: the caller schedules one.
  bool Claim() REQUIRES(mutex_);
  /// REQUIRES: tasks_ was raised for it, under mutex_, when nobody had called Stop.
  void Schedule();
  /// Whether there is more to do.
  bool RunTask();
  /// Takes a piece off the file, or removes it; whether it is done with.
  bool TakeStep(const Condemned& file);
  /// Fills shrinking_ if this is a large table that may be truncated.
  void StartShrinking(FileName file);

  Env& env_;
  const std::string dir_;
  VersionSet& versions_;
  const std::function<bool()> syncs_suffer_;
  const std::function<void()> gave_back_;

  std::atomic<uint64_t> removed_{0};
  std::atomic<uint64_t> given_back_{0};
  std::atomic<int> tasks_{0};             // raised under mutex_; at most 1
  std::unique_ptr<Shrinking> shrinking_;  // the task's: what is left of the first file

  mutable Mutex mutex_;
  uint64_t stop_ns_ GUARDED_BY(mutex_) = UINT64_MAX;
  bool running_ GUARDED_BY(mutex_) = false;  // there is a task, or one follows
  // The task that ran when Stop came may have looked before the last files were given up.
  bool look_again_ GUARDED_BY(mutex_) = false;
  std::deque<Condemned> files_ GUARDED_BY(mutex_);  // the first is being removed while running_
};

}  // namespace cordwood::storage

#pragma once

// Sorts memtables in the background, on Lane::kSort: sealed lists of the active one into arrays as
// they come, and what waits to be flushed into one array, which the flush reads. Has blocks ready
// for what is written next, too, and destroys the versions that a switch of memtables replaced.
//
// Owned by the store. Threads: any. Stop must be called before destruction, when no more work is
// handed in.

#include <atomic>
#include <optional>

#include "base/env.h"
#include "base/mutex.h"
#include "storage/memtable/sorted_memtable.h"
#include "storage/version/version_set.h"

namespace cordwood::storage {

class MemtableSorter {
 public:
  MemtableSorter(Env& env, VersionSet& versions, BlockPool& blocks)
      : env_(env), versions_(versions), blocks_(blocks) {}

  MemtableSorter(const MemtableSorter&) = delete;
  MemtableSorter& operator=(const MemtableSorter&) = delete;

  /// Starts sorting what there is to sort. Cheap. Called after a list was sealed, or when the pool
  /// wants blocks.
  void Kick();
  /// Waits until a running task has ended, and starts none any more.
  void Stop();

 private:
  void Run();
  /// Sorts one memtable further; whether there was one to sort.
  bool SortOne();
  /// Whether Run has to look again.
  bool GoesOn();

  Env& env_;
  VersionSet& versions_;
  BlockPool& blocks_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> tasks_{0};  // raised under mutex_

  Mutex mutex_;
  bool running_ GUARDED_BY(mutex_) = false;
  bool kicked_ GUARDED_BY(mutex_) = false;  // since Run last looked
};

}  // namespace cordwood::storage

#pragma once

// Reads blocks into the cache for those who wait for them, on Lane::kFetch.
//
// A block is in memory twice while it is read and opened: of large ones, one is read at a time, so
// that it is not as many as the lane has threads. A job that has to wait for that holds no thread.
//
// Owned by the store. Threads: any.

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "base/env.h"
#include "base/error.h"
#include "base/mutex.h"
#include "storage/read_options.h"
#include "storage/table/block_cache.h"
#include "storage/version/version_set.h"

namespace cordwood::storage {

/// Blocks and tables that were read for somebody, kept in memory while this lives.
struct FetchedBlocks {
  std::vector<BlockCache::Pin> pins;
  std::vector<std::shared_ptr<const Table>> tables;  // that were closed; stay open meanwhile
  Status status;
};

class Fetches {
 public:
  /// Both outlive it.
  Fetches(Env& env, VersionSet& versions) : env_(env), versions_(versions) {}

  /// Reads the blocks in the background, then calls `done` there. Those of files that are gone are
  /// left out. The status is the first bad block's; the others are read all the same.
  void Start(std::vector<BlockRef> blocks, std::function<void(FetchedBlocks)> done);
  /// Waits until every `done` has been called.
  void Await();

 private:
  struct FetchJob {
    std::vector<BlockRef> blocks;
    std::function<void(FetchedBlocks)> done;
    size_t next = 0;  // in blocks
    bool has_turn = false;
    FetchedBlocks fetched = {};
  };

  void Schedule(std::shared_ptr<FetchJob> job);
  /// Reads some of the blocks, and schedules the job again for the others.
  void Run(std::shared_ptr<FetchJob> job);
  static Status Read(TableFile& file, const BlockRef& block, FetchedBlocks& fetched);
  /// False: the job has to wait for a turn that it needs, and is scheduled when it has it.
  bool ReadNext(const std::shared_ptr<FetchJob>& job);
  bool TakeTurn(const std::shared_ptr<FetchJob>& job);
  void EndTurn(FetchJob& job);

  Env& env_;
  VersionSet& versions_;
  std::atomic<int> running_{0};
  Mutex mutex_;
  bool turn_is_taken_ GUARDED_BY(mutex_) = false;
  std::deque<std::shared_ptr<FetchJob>> waiting_ GUARDED_BY(mutex_);  // for a turn
};

}  // namespace cordwood::storage

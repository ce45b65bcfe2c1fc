#pragma once

// Which tables are open. A table is opened by whoever first reads it, never at the start, and stays
// open while the indexes and filters of all take no more than a bound; beyond it those that were
// not used since the hand last passed are closed (CLOCK, as in storage/table/block_cache.h). The
// bound is a half of what blocks, indexes and filters may take together; the block cache has the
// rest. Files have a bound of their own: storage/table/descriptor_cache.h.
//
// Readers that pinned a version look at an open table without a lock and without a count, so a
// table that was closed is not destroyed here but handed on, to be kept until those readers are
// gone. One that somebody holds by a pointer is not closed.
//
// Owned by a VersionSet; outlives its table files. Threads: any. Its lock is not held while files
// are read.

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/error.h"
#include "base/mutex.h"
#include "storage/table/block_cache.h"
#include "storage/table/descriptor_cache.h"
#include "storage/version/table_file.h"

namespace cordwood::storage {

using ClosedTables = std::vector<std::shared_ptr<const Table>>;

class TableCache {
 public:
  struct Options {
    std::string dir;
    uint64_t open_files = 0;    // kept open at most
    uint64_t memory_bytes = 0;  // for blocks, indexes and filters
  };
  struct Hooks {
    /// The last owner of an obsolete file is gone. Must be cheap.
    std::function<void(uint64_t number)> obsolete;
    /// Keeps tables until everybody who may look at them has let go.
    std::function<void(ClosedTables)> closed;
  };
  struct Stats {
    uint64_t open = 0;
    uint64_t bytes = 0;          // indexes and filters of the open ones
    uint64_t summary_bytes = 0;  // what is in memory of every table
    uint64_t opens = 0;
    uint64_t closes = 0;
    DescriptorCache::Stats files;
  };

  /// `blocks` may be null.
  TableCache(Env& env, BlockCache* blocks, const Options& options, Hooks hooks);
  TableCache(const TableCache&) = delete;
  TableCache& operator=(const TableCache&) = delete;

  /// A file that is closed.
  std::shared_ptr<TableFile> Make(uint64_t number, std::shared_ptr<const TableSummary> summary);
  /// A file that was just written, open.
  Result<std::shared_ptr<TableFile>> OpenNew(uint64_t number);

  void SetMemory(uint64_t bytes);
  /// Waits until nothing is being opened because somebody wants it. REQUIRES: nobody wants more.
  void AwaitIdle();
  Stats stats() const;

 private:
  friend class TableFile;

  Result<std::shared_ptr<const Table>> Open(TableFile& file);
  Result<std::shared_ptr<const Table>> Load(const TableFile& file);
  std::shared_ptr<const Table> IfOpen(const TableFile& file) const;
  /// Makes `table` that of `file`, unless there is one; which one it is.
  std::shared_ptr<const Table> Install(TableFile& file, std::shared_ptr<const Table> table);
  void Want(TableFile& file);
  /// Opens what is wanted, one table after the other.
  void OpenWanted();
  /// The destructor of a file.
  void Leave(TableFile& file);

  /// Closes tables until the rest fits; `opened` stays.
  ClosedTables Shrink(const TableFile* opened) REQUIRES(mutex_);
  /// Takes the file out of the ring. REQUIRES: it is open.
  std::shared_ptr<const Table> Close(TableFile& file) REQUIRES(mutex_);
  /// Gives the block cache what tables leave of the memory.
  void ShareMemory();

  Env& env_;
  BlockCache* const blocks_;
  const Hooks hooks_;
  DescriptorCache files_;

  // Changed under the lock; read by Want without it.
  std::atomic<uint64_t> bytes_{0};
  std::atomic<uint64_t> bytes_max_{0};
  std::atomic<uint64_t> summary_bytes_{0};
  std::atomic<int> tasks_{0};  // that open what is wanted: one or none

  mutable Mutex mutex_;
  uint64_t memory_bytes_ GUARDED_BY(mutex_) = 0;
  uint64_t block_bytes_ GUARDED_BY(mutex_) = 0;  // what the block cache was given last
  std::vector<TableFile*> ring_ GUARDED_BY(mutex_);
  size_t hand_ GUARDED_BY(mutex_) = 0;
  std::deque<std::shared_ptr<TableFile>> wanted_ GUARDED_BY(mutex_);
  bool opening_wanted_ GUARDED_BY(mutex_) = false;
  uint64_t opens_ GUARDED_BY(mutex_) = 0;
  uint64_t closes_ GUARDED_BY(mutex_) = 0;
};

}  // namespace cordwood::storage

#pragma once

// The store: ordered keys to values, durable by group commit, kept in a log-structured merge tree.
//
// One thread, the executor, writes. A write is given its seqs, added to the log's filling group
// and put into the memtable at once: the executor sees it, others do not. Kick starts the group on
// its way to the disk; when it is there, visible() has passed its seqs and the listener is called.
// Neither Write nor Kick ever waits for a file.
//
// Failures: when the log or the manifest cannot be written, the store has failed for good:
// failure() says why, nothing more becomes visible, and every later Write is refused. A full disk
// is not a failure: Admit refuses writes until there is space again.
//
// Files and formats: docs/STORAGE_FORMAT.md. Threads: as each method says.

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/error.h"
#include "base/mutex.h"
#include "storage/admission.h"
#include "storage/compaction/background.h"
#include "storage/compaction/memtable_sorter.h"
#include "storage/compaction/throttle.h"
#include "storage/count_history.h"
#include "storage/counting.h"
#include "storage/fetches.h"
#include "storage/log/commit_log.h"
#include "storage/options.h"
#include "storage/pacing.h"
#include "storage/reader.h"
#include "storage/table/block_cache.h"
#include "storage/version/version_set.h"
#include "storage/write_batch.h"

namespace cordwood::storage {

struct StoreStats {
  LogStats log;
  BlockCache::Stats cache;
  BackgroundStats background;
  struct Level {
    uint64_t runs = 0;
    uint64_t files = 0;
    uint64_t bytes = 0;
  };
  std::vector<Level> levels;
  uint64_t memtable_bytes = 0;
  uint64_t immutable_memtables = 0;
  uint64_t immutable_bytes = 0;
  TableCache::Stats tables;
  uint64_t entries_on_disk = 0;
  uint64_t unsettled = 0;
  uint64_t pending_counts = 0;      // changes of counters that some reader does not see yet
  uint64_t user_bytes_written = 0;  // keys and values of batches
  double compaction_debt = 0;
  double write_pressure = 0;  // storage/pacing.h
  uint64_t merge_limit = 0;   // bytes a second; 0: none (storage/compaction/throttle.h)
  uint64_t recovered_groups = 0;
  bool full = false;           // writes are refused for lack of space, or will be soon
  bool blocked = false;        // the same, for another reason: shortage() says which
  uint64_t ballast_bytes = 0;  // storage/ballast.h
  uint64_t torn_bytes = 0;     // cut off the log at the last start
};

class Store {
 public:
  /// Opens the store in `dir`, creating it if the directory is empty or missing. Replays the log.
  /// kLocked if somebody else has it open; kUnsupported and kCorruption leave the directory as it
  /// was. The environment outlives the store.
  static Result<std::unique_ptr<Store>> Open(Env& env, const std::string& dir,
                                             const StoreOptions& options);

  /// Stops background work and the log; everything written is on the disk when it returns ok.
  Status Close();
  /// Closes if that was not done.
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // --- the executor ---

  /// Whether a batch of about `bytes` may be written.
  WriteGate Admit(uint64_t bytes, Intent intent);
  /// After an answer of kLater: what the batch waits for.
  HeldFor held_for() const { return admission_->held_for(); }
  /// Logs and inserts the batch; returns the seq of its last operation. kTooLarge, with nothing
  /// done, if it passes write_limits(): what is taken here every format behind it takes too. Every
  /// other error says that the store failed.
  ///
  /// What takes longer than one turn should calls `pause` now and then: meanwhile others may read
  /// what is visible, and at snapshots, and see nothing of the batch before this returns. REQUIRES:
  /// they do not read the newest state, nor write, nor compact.
  using Pause = std::function<void()>;
  Result<Seq> Write(const WriteBatch& batch, const Pause& pause = {});
  const WriteLimits& write_limits() const { return options_.write_limits; }
  /// The newest seq given; the next batch starts one above.
  Seq last_seq() const { return last_seq_; }
  /// Sends the filled group on its way. Called at the end of every pass that may have written.
  void Kick();
  /// The counter with everything written.
  int64_t NewestCount(uint64_t counter) const;
  /// How long a write of `bytes` should be held back, now, so that compaction keeps up
  /// (storage/pacing.h).
  uint64_t WriteDelayUs(uint64_t bytes) const;

  // --- any thread ---

  /// D: what readers may see and replies may tell.
  Seq visible() const { return log_->visible(); }
  /// S: what is on stable storage.
  Seq synced() const { return log_->synced(); }
  /// The counter as of `seq`. REQUIRES: a view or a snapshot holds the seq, or it is visible().
  int64_t CountAt(uint64_t counter, Seq seq) const;
  /// Called on a background thread when visible(), synced() or the admission may have changed. It
  /// must be cheap, and call nothing of the store. When this returns, the listener before is not
  /// being called, and never will be.
  void SetListener(std::function<void()> listener);
  /// Ok; or why the store failed.
  Status failure() const;

  /// Keeps what is visible now readable until the snapshot is destroyed.
  std::unique_ptr<Snapshot> TakeSnapshot();
  /// Nobody reads, or will read, at a smaller seq.
  Seq OldestReader() const { return Readers().horizon(); }

  using FetchedBlocks = storage::FetchedBlocks;
  /// Reads blocks into the cache in the background, then calls `done` there. Those of files that
  /// are gone are left out. The status is the first bad block's; the others are read all the same.
  void Fetch(std::vector<BlockRef> blocks, std::function<void(FetchedBlocks)> done);
  /// Waits until every `done` of Fetch has been called. The blocks must be let go of before the
  /// store is destroyed.
  void AwaitFetches();

  /// Writes are refused, or will be soon: the disk, or the quota, is full, or shortage() says what.
  bool full() const;
  /// Why writes are refused, if that is for lack of anything but space; else ok.
  Status shortage() const;
  /// Retries, periodic syncs, files to remove. A few times a second, by the executor.
  void Tick();
  void SetDurability(Durability durability) { log_->SetDurability(durability); }
  /// Bytes the directory may hold from now on; 0: no limit of our own.
  void SetMaxDiskBytes(uint64_t bytes) { space_->SetMaxDiskBytes(bytes); }
  /// The memory that these options say, from now on. A memtable that is too large is flushed with
  /// the next write. REQUIRES: called by the executor.
  void SetMemory(const StoreOptions& options);
  /// Flushes and merges everything into one run, in the background; then calls `done` once, on a
  /// background thread. REQUIRES: called by the executor.
  void CompactEverything(std::function<void()> done);
  /// Merges what was written to [begin, end) so far into the last run, in the background, once it
  /// is flushed: for somebody who found mostly deleted keys there. REQUIRES: called by the
  /// executor.
  void MergeRange(std::string_view begin, std::string_view end);
  StoreStats Stats() const;
  /// What took the longest in the background since the last call; 0: it did not happen.
  struct Waits {
    uint64_t sync_ns = 0;   // of the log
    uint64_t group_ns = 0;  // that was synced, from when the log took it
    uint64_t flush_ns = 0;  // of a memtable
  };
  Waits TakeLongestWaits() {
    return {.sync_ns = log_->longest_sync().Take(),
            .group_ns = log_->longest_group().Take(),
            .flush_ns = background_->longest_flush().Take()};
  }
  /// Bytes of table files and log segments, as of the last change or tick.
  uint64_t DiskBytes() const { return disk_bytes_.load(std::memory_order_relaxed); }

  VersionSet& versions() { return *versions_; }
  /// The executor's.
  LearnedGaps& gaps() { return gaps_; }

 private:
  friend class StoreOpener;
  friend class StoreSnapshot;

  Store(Env& env, std::string dir, const StoreOptions& options);

  /// Puts a batch's operations, so many, into the active memtable.
  Status Insert(Seq first, uint32_t count, std::string_view ops, const Pause& pause = {});
  /// Into the active memtable, and what was counted so far.
  void Count(Seq seq, uint64_t counter, int64_t delta);
  void FoldCounts();
  void SwitchMemtableIfFull();
  bool HasLargeMemtables() const;
  std::shared_ptr<Memtable> NewMemtable();
  /// Of memtables from now on.
  void SetMemtableBytes(uint64_t bytes);
  /// Has lists that were sealed sorted, and blocks made ready.
  void SortSealed();
  void SwitchMemtable();
  /// There is something in it, and all of every batch.
  bool CanSwitchMemtable() const { return !active_->empty() && !inserting_; }
  /// What may wait to be flushed.
  uint64_t ImmutableBytesMax() const;
  void StartSpace();
  void StartBackground();
  Space::Use SpaceInUse() const;
  void OnLogProgress();
  void NotifyListener();
  /// Looks at the tree and the memtables after one of them changed.
  void UpdatePressure();
  /// storage/pacing.h's, now.
  double Pressure() const;
  /// The cache has what it may, less what merges of large entries take now.
  void LendCache();
  /// How the log's syncs and the merges do now.
  MergeThrottle::Signs Signs() const;
  /// Called by a merge that moved `bytes`; sleeps while the log's syncs suffer from it.
  void ThrottleMerge(uint64_t bytes);
  /// Rule R1: what these can see is not removed.
  ReadPoints Readers() const;

  Env& env_;
  const std::string dir_;
  const StoreOptions options_;
  uint64_t disk_bytes_at_start_ = UINT64_MAX;  // what the parts were made to fit
  std::atomic<uint64_t> memtable_bytes_max_;
  std::atomic<uint64_t> cache_bytes_max_;
  std::unique_ptr<DirectoryLock> lock_;
  BlockPool memtable_blocks_;
  std::unique_ptr<BlockCache> cache_;
  std::unique_ptr<VersionSet> versions_;
  std::unique_ptr<Space> space_;
  std::unique_ptr<CommitLog> log_;
  std::unique_ptr<Background> background_;
  std::unique_ptr<MemtableSorter> sorter_;
  std::unique_ptr<AdmissionControl> admission_;
  bool closed_ = false;
  std::unique_ptr<Fetches> fetches_;

  Mutex listener_mutex_;
  std::function<void()> listener_ GUARDED_BY(listener_mutex_);  // also while it is called

  Mutex cache_mutex_;     // who looks last writes last
  Mutex pressure_mutex_;  // the same
  std::atomic<double> debt_{0};
  std::atomic<uint64_t> immutable_bytes_{0};
  std::atomic<uint64_t> disk_bytes_{0};
  std::atomic<uint64_t> fragments_{0};
  MergeThrottle merge_throttle_;

  // The executor's.
  std::shared_ptr<Memtable> active_;
  size_t active_lists_ = 1;  // as of the last kick of the sorter
  bool inserting_ = false;   // a batch into it
  Seq last_seq_ = 0;
  LearnedGaps gaps_;
  bool fold_counts_ = false;  // it is time to
  bool shorten_log_ = false;  // there was a load that is to be cleared away
  std::atomic<uint64_t> active_bytes_{0};
  std::atomic<uint64_t> active_unsettled_{0};
  std::atomic<uint64_t> user_bytes_{0};
  uint64_t recovered_groups_ = 0;

  mutable Mutex counts_mutex_;
  CountHistory counts_ GUARDED_BY(counts_mutex_);

  mutable Mutex snapshots_mutex_;
  std::multiset<Seq> snapshots_ GUARDED_BY(snapshots_mutex_);
};

}  // namespace cordwood::storage

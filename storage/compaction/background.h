#pragma once

// Keeps the tree in shape: flushes memtables whose entries are durable, runs the merges that the
// picker chooses, has files removed that nobody needs (storage/compaction/removals.h).
//
// A job is one task of a background lane. One flush runs at a time, oldest memtable first; as
// many merges of deeper levels as there are compaction threads, on different runs, and beside them
// one of level zero: a deep merge may take minutes, and flushes go on meanwhile. So level zero
// holds no more than its limit and what is flushed during one merge of its own. Merges of entries
// that are large beside the memory for merges run one at a time (ticket_pool.h); a flush copies
// none, and never waits for that.
//
// A job that cannot write its tables is tried again: if there is no space, once files that were
// given up are gone, or after a second; else after more and more seconds. Only what fails in the
// manifest stops all background work and is reported. A merge that cannot read a table is reported,
// and the run of that table, which is damaged or could not be read three times, is left out of
// merges until the next start; the others go on, and writers are not slowed for what cannot be
// merged (storage/compaction/broken_tables.h).
//
// Threads: any. Stop must be called before destruction, when no more work is handed in.

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/env.h"
#include "base/error.h"
#include "base/mutex.h"
#include "storage/compaction/broken_tables.h"
#include "storage/compaction/merge.h"
#include "storage/compaction/picker.h"
#include "storage/compaction/read_points.h"
#include "storage/compaction/removals.h"
#include "storage/compaction/ticket_pool.h"
#include "storage/longest.h"
#include "storage/options.h"
#include "storage/version/version_set.h"

namespace cordwood::storage {

class MergeInputs;

struct BackgroundStats {
  uint64_t flushes = 0;
  uint64_t flush_bytes = 0;  // written
  uint64_t merges = 0;
  uint64_t merge_bytes_read = 0;
  uint64_t merge_bytes_written = 0;
  uint64_t files_removed = 0;
  uint64_t files_to_remove = 0;
};

class Background {
 public:
  /// What background work needs of the store.
  struct Hooks {
    /// Seqs up to here are on stable storage: a memtable may be flushed once this passed its last.
    std::function<Seq()> synced;
    /// The seqs at which anybody may read, now or later.
    std::function<ReadPoints()> readers;
    /// Counters moved by a settlement.
    std::function<void(const Counters&)> corrected;
    /// A memtable was flushed: the log may forget everything up to this seq.
    std::function<void(Seq)> flushed;
    /// Something changed that a waiting writer may care about.
    std::function<void()> progress;
    /// Called by merges with the bytes they processed; may sleep.
    std::function<void(uint64_t)> throttle;
    /// Whether syncs of the log take longer than they should.
    std::function<bool()> syncs_suffer;
    /// merge_memory() has changed.
    std::function<void()> merge_memory_changed = [] {};

    // Of the disk; without them there is no end of it.
    /// Bytes that merges may write; and whether space is so short that they give back what they
    /// can.
    std::function<PickerState::Room()> room;
    /// Called before a flush or a merge writes about so much.
    std::function<void(uint64_t)> make_room;
    /// Called when one found no room; true if there is more now.
    std::function<bool()> out_of_room;
  };

  Background(Env& env, std::string dir, const StoreOptions& options, VersionSet& versions,
             Hooks hooks);

  /// Starts whatever can be started. Cheap.
  void Kick();
  /// Starts the flush of a memtable that has become durable. For every group of the log: cheaper
  /// than Kick, which looks at the whole tree.
  void KickFlush();
  /// Kick, and another try for jobs that failed a second ago. A few times a second.
  void Tick();
  /// Merges everything that is in the tree or waits to be flushed into one run, in the background.
  /// `done` is called once, when it is; or when nothing more can be done, because of damage. What
  /// is written meanwhile does not count.
  void CompactEverything(std::function<void()> done);
  /// Merges what was written to the range up to a seq into the last run, in the background, once it
  /// is flushed. Once: what cannot be merged then stays as it is. A request within another one, or
  /// one too many, is none.
  void MergeRange(KeyRange range, Seq through);
  /// Removes files that no edit lists.
  void RemoveOrphans(const std::vector<FileName>& files) { removals_.Add(files); }
  /// Waits until running jobs have given up or ended, and starts no new ones. Files whose removal
  /// takes long are left to the next start.
  void Stop();

  /// Background work stopped for good; status() says why.
  bool failed() const { return failed_.load(std::memory_order_acquire); }
  Status status() const;
  /// Why the first table is left out of merges; ok if none is.
  Status corruption() const;
  /// A flush could not write, mostly for lack of space; since then none has succeeded, and there is
  /// one to do.
  bool out_of_space() const { return flushes_lack_space_.load(std::memory_order_relaxed); }
  /// The same of merges. What they need may be more than there will be for long: that is no reason
  /// to refuse what has room.
  bool merges_lack_space() const { return merges_lack_space_.load(std::memory_order_relaxed); }
  /// Why the last flush failed; ok unless out_of_space().
  Status shortage() const;
  Longest& longest_flush() { return longest_flush_; }
  BackgroundStats stats() const;
  PickerOptions picker_options() const;
  /// Memory for the large entries of merges from now on.
  void SetMergeMemory(uint64_t bytes) { tickets_.SetBytes(bytes); }
  /// What merges may take for them now: a share of it, or more if one runs alone.
  uint64_t merge_memory() const { return tickets_.taken(); }
  /// How far merges are behind: storage/compaction/picker.h.
  double CompactionDebt() const;

 private:
  struct Job {
    Choice choice;
    uint64_t bytes = 0;  // of the inputs, about
    std::shared_ptr<const Tree> tree;
    std::optional<TicketPool::Ticket> ticket = {};  // of a merge
  };
  /// A table that a merge could not read, and the runs that it is in.
  struct BadInput {
    uint64_t file = 0;  // 0: there is none
    std::vector<uint64_t> runs;
  };
  enum JobKind : uint8_t { kFlushJob, kMergeJob };
  /// What keeps jobs of a kind from being started.
  struct Trouble {
    bool blocked = false;  // until Tick finds that it is time
    uint64_t retry_ns = 0;
    int failures = 0;         // in a row
    Status reason;            // of the last one
    uint64_t given_back = 0;  // files, when there was no space last
  };

  /// What the picker looks at, besides what is asked for and what jobs are doing.
  struct Outlook {
    std::weak_ptr<const Tree> tree;  // not to keep its files
    Seq horizon = 0;
    Seq newest_dead = 0;  // durable memtables have dead ranges up to here
    bool room_is_short = false;
  };

  struct CompactRequest {
    Seq through = 0;
    std::function<void()> done;
  };

  /// Memtables that wait to be flushed and are on stable storage, oldest first. Jobs act on what
  /// these say is dead: on a full disk there may be no room to flush it first.
  std::vector<std::shared_ptr<Memtable>> DurableImmutables() const;
  /// Has the picker look for a merge, unless it found nothing and would again.
  void KickMerges();
  /// Picks a job and carries it out.
  void PickTask();
  /// Picks a job, if there is one to do, and claims its runs. Returns the requests that are
  /// fulfilled.
  std::vector<CompactRequest> Pick(Job& job);
  bool MayMerge() const REQUIRES(mutex_) {
    return !stopping_ && status_ && !trouble_[kMergeJob].blocked;
  }
  /// Whether somebody asked for a merge while the picker was at work.
  bool PickAgain() const;
  /// Whether the picker found nothing to do and nothing has changed since that it would look at.
  bool FoundNothing(const std::shared_ptr<const Tree>& tree, Seq horizon, Seq newest_dead,
                    bool room_is_short) const REQUIRES(mutex_);
  PickerState::Room Room() const { return hooks_.room ? hooks_.room() : PickerState::Room(); }
  /// Takes the requests that `tree`, which holds everything up to `flushed`, fulfils; those for no
  /// more than that also if nothing more can be done.
  std::vector<CompactRequest> TakeFulfilled(const Tree& tree, Seq flushed, Seq horizon,
                                            bool nothing_to_do) REQUIRES(mutex_);
  void CompactionTask(Job job);
  /// Starts a task that Stop waits for. REQUIRES: tasks_ was raised for it, under the mutex, when
  /// nobody had called Stop.
  void Launch(Lane lane, std::function<void()> task);
  /// Runs `release` under the mutex, judges the job's end, and looks for more work.
  void EndJob(JobKind kind, const Status& status, const BadInput& bad,
              const std::function<void()>& release);
  /// `more_room`: it failed for want of space, and there is some now.
  void Judge(JobKind kind, const Status& status, uint64_t now_ns, bool more_room) REQUIRES(mutex_);
  void Blame(const BadInput& bad, const Error& error, uint64_t now_ns) REQUIRES(mutex_);
  /// Files that nobody needed are gone: whoever found no space may find some.
  void OnRoom();
  void GiveUp(const Status& status) REQUIRES(mutex_);
  /// Jobs of this kind have succeeded, or there is nothing to do for them.
  void Forget(JobKind kind) REQUIRES(mutex_);
  std::atomic<bool>& LackOfSpace(JobKind kind) {
    return kind == kFlushJob ? flushes_lack_space_ : merges_lack_space_;
  }

  Status Flush(const std::shared_ptr<Memtable>& memtable);
  Status CarryOut(const Job& job, BadInput& bad);
  Status Merge(const Job& job, BadInput& bad);
  Status Deepen(const Job& job);
  Status Drop(const Choice& choice);
  /// What the parts of a merge have written so far; on failure its files are of no use.
  struct MergeOutput {
    std::vector<KeyRange> parts;
    std::vector<WrittenFragment> fragments;
    std::vector<uint64_t> files;
    Counters corrections;
    uint64_t bytes_in = 0;
    uint64_t bytes_written = 0;
  };
  Status MergeParts(const Job& job, MergeInputs& inputs, MergeOutput& output);
  Status MergePart(const Job& job, MergeInputs& inputs, const KeyRange& part, MergeOutput& output);
  /// Installs, and gives the files back if nothing came of it.
  Status Install(VersionSet::Installation installation);
  void Discard(const std::vector<uint64_t>& files);
  /// Why a table could not be written. What a limit of file size cut off tells how large all tables
  /// need it, not how far this one came.
  std::unexpected<Error> Unwritten(const Error& error) const;
  RunWriter::Options WriterOptions(bool is_last) const;

  Env& env_;
  const std::string dir_;
  const StoreOptions options_;
  VersionSet& versions_;
  const Hooks hooks_;

  TicketPool tickets_;
  Removals removals_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> flushes_lack_space_{false};
  std::atomic<bool> merges_lack_space_{false};
  std::atomic<bool> failed_{false};
  std::atomic<int> tasks_{0};  // raised under mutex_

  mutable Mutex mutex_;
  bool flushing_ GUARDED_BY(mutex_) = false;
  std::array<Trouble, 2> trouble_ GUARDED_BY(mutex_);  // by JobKind
  bool picking_ GUARDED_BY(mutex_) =
      false;  // one picker at a time: it claims runs only when it is done
  bool pick_again_ GUARDED_BY(mutex_) = false;  // something changed while it was at work
  std::optional<Outlook> nothing_at_
      GUARDED_BY(mutex_);  // where it last found nothing to do, if no job ended since
  uint32_t merging_ GUARDED_BY(mutex_) = 0;        // jobs on the compaction lane
  uint32_t deep_merging_ GUARDED_BY(mutex_) = 0;   // those of them that merge deeper levels
  uint64_t merging_bytes_ GUARDED_BY(mutex_) = 0;  // of their inputs
  PickerState picker_ GUARDED_BY(mutex_);
  std::vector<CompactRequest> compact_requests_ GUARDED_BY(mutex_);
  Status status_ GUARDED_BY(mutex_);
  BrokenTables broken_ GUARDED_BY(mutex_);
  Longest longest_flush_;
  BackgroundStats stats_ GUARDED_BY(mutex_);
};

}  // namespace cordwood::storage

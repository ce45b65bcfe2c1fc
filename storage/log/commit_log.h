#pragma once

// The commit log: takes batches from the executor, writes them in groups, one frame and at most
// one sync a group, and says how far they are. While group N is written and synced the executor
// fills group N+1; the log goes on with it at once, without a timer.
//
//   Append, Append, Kick --> group N+1 (filling)      executor
//                            group N   (in flight)    log task, on Lane::kLog
//                            segments  (next one made ahead: Lane::kSegments,
//                                       old ones removed: Lane::kRemovals)
//                            the note  (newest segment: log task; S: Lane::kNote)
//
// S = synced():  every record up to it is on stable storage.
// D = visible(): every record up to it may be shown. Durability::kAlways: D = S. Otherwise D is
//                what the kernel has, and S follows.
//
// Neither passes the first group of a segment before the segment is on stable storage and the note
// names it (docs/STORAGE_FORMAT.md, "The note"): a log whose newest segment is lost is not taken
// for a whole one.
//
// A failed write or sync of a segment in use, or of the note, is final: failed(), nothing is
// retried, S and D stay where they are, later batches are dropped. A segment that cannot be made is
// not: room().full(), the log works within what it has made before, and goes on by itself when
// there is room again. So it is with a note that finds no space.
//
// Owned by the store. Threads: Append, Kick and Reserve from the executor; the rest from any,
// Stop and the destructor from neither a loop in service nor a background task. No lock is held
// across a call of Env or of on_progress.

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "base/error.h"
#include "base/mutex.h"
#include "storage/log/group.h"
#include "storage/log/log_room.h"
#include "storage/log/log_stats.h"
#include "storage/log/note_keeper.h"
#include "storage/log/recovery.h"
#include "storage/log/segment_reserve.h"
#include "storage/log/segment_size.h"
#include "storage/longest.h"
#include "storage/options.h"

namespace cordwood::storage {

struct LogOptions {
  std::string dir;
  uint64_t store_id = 0;
  /// A multiple of 4096, at least four times that.
  uint64_t segment_bytes = 64 << 20;
  /// The same; of segments while little is written, if that is less.
  uint64_t small_segment_bytes = 8 << 20;
  Durability durability = Durability::kAlways;
  /// What may wait in a group for its write, but for one batch that is larger.
  uint64_t group_bytes = 32 << 20;
  NumberAllocator allocate;
  /// Asked before a segment is made; may be empty. An answer of kNoSpace makes the log full.
  SpaceGate gate;
  /// Called when a segment found no space; true if there may be some now. May be empty.
  std::function<bool()> make_space;
  /// Whether nothing is to be kept that is not needed at once; may be empty.
  std::function<bool()> space_is_short;
  /// Called, in a background task, after S, D or the state changed; must be cheap.
  std::function<void()> on_progress;
};

/// Whether a batch of some size can be appended now.
enum class Admission : uint8_t {
  kReady,    // yes: it fits what is reserved
  kWait,     // not yet: ask again after on_progress
  kNoSpace,  // no: the segment that it needs could not be made
  kClosed,   // no: the log failed or was stopped
};

class CommitLog {
 public:
  /// Starts nothing in the background: the first Kick, Reserve or Tick does.
  CommitLog(Env& env, LogOptions options, RecoveredLog recovered);
  /// Waits for background tasks. Without Stop, the next recovery finds what a crash leaves.
  ~CommitLog();

  CommitLog(const CommitLog&) = delete;
  CommitLog& operator=(const CommitLog&) = delete;

  // --- the executor ---

  /// Adds a batch to the group being filled. first_seq follows the last one appended. All batches
  /// are taken, but what does not fit the reserved space (Reserve) waits for more. Dropped when
  /// the log has failed or was stopped.
  void Append(Seq first_seq, uint32_t op_count, std::string_view ops);

  /// Where the stream of replication stands behind the batches that are appended from now on.
  /// Zero until the first call, whatever recovery found. Called before the Append that leads
  /// there: a frame never has a batch and an older position.
  void SetStream(const StreamPosition& stream);

  /// Starts writing the group unless a write is under way, after which it is taken anyway. Called
  /// at the end of a readiness pass.
  void Kick();

  /// For batches that room() has no room for: whether one with `bytes` of operations fits what
  /// is reserved. If a segment of its own is needed, making it starts in the background.
  Admission Reserve(uint64_t bytes);

  /// What may wait in a group from now on.
  void SetGroupBytes(uint64_t bytes);

  // --- any thread ---

  Seq synced() const { return synced_.load(std::memory_order_acquire); }
  /// In one order with the slots that show what is read (storage/version/version_cell.h).
  Seq visible() const { return visible_.load(); }

  /// What syncs took of late, on average; 0: none yet, or none in the last seconds.
  uint64_t recent_sync_ns() const { return recent_sync_ns_.load(std::memory_order_relaxed); }

  /// Final: see above.
  bool failed() const { return failed_.load(std::memory_order_acquire); }
  /// What it can take now.
  const LogRoom& room() const { return room_; }
  /// Why the log failed, or else why it is full.
  Status status() const;
  /// Why it is full, or else why the last segment of its own size for a batch could not be made.
  Status shortage() const;

  /// Has segments removed that it can do without; whether there were any.
  bool GiveBackSpares() { return reserve_.GiveBackSpares(); }
  /// Space was given back: tries again to make what found none.
  void RetrySegments() { reserve_.Retry(); }

  /// Batches appended before the call keep the promise of their time; a change of it has them
  /// synced soon.
  void SetDurability(Durability durability);

  /// Sees to it that everything up to `through`, which was appended, is on stable storage soon,
  /// whatever the promise.
  void SyncSoon(Seq through);

  /// Called by a loop about ten times a second, also when nothing is written: syncs that are due,
  /// S for the note, what found no space.
  void Tick();

  /// Removes segments without records above `flushed` in the background, all that are older than
  /// the one that a synced note names. A Stop goes on with it for a tenth of a second.
  /// REQUIRES: the manifest on stable storage says that tables hold all records up to `flushed`.
  void ReleaseThrough(Seq flushed);

  LogStats stats() const;
  /// Of syncs, and of groups that were synced, from when the log took them.
  Longest& longest_sync() { return longest_sync_; }
  Longest& longest_group() { return longest_group_; }

  /// Writes and syncs what was appended, and marks the stop as clean: the next recovery has
  /// nothing to copy. An error tells why something could not be stored.
  Status Stop();

 private:
  enum class Step : uint8_t {
    kSync,
    kMakeSegment,
    kWriteGroup,
    kWriteNote,
    kEmptyFrame,
    kClose,
    kFail,
    kRest
  };
  /// What waits for the note.
  enum class NoteFor : uint8_t { kNothing, kFirstGroup, kCleanStop };

  void Schedule(Lane lane, std::function<void()> task);
  void StartReserve();
  void AwaitTasks();

  // The log task, one at a time.
  void RunLog();
  Step NextStep();
  /// Finds room for the group in flight, if there is any.
  bool PlaceGroup() REQUIRES(mutex_);
  Status WriteGroup();
  Status SwitchSegment();
  Status SyncActive();
  Status SyncFile();
  void MoveSynced();
  Result<bool> WriteNote();
  Status WriteEmptyFrame();
  Status WriteBack();
  Status Close();
  bool MakeSegment();
  SegmentSpace SpaceOfSegments() const;
  /// Whether a segment that is not needed any more is a spare now; else it is to be removed.
  bool Recycle(const KeptSegment& segment);
  void Fail(Error error);
  void ClearWritten() REQUIRES(mutex_);
  void DropGroups() REQUIRES(mutex_);

  /// Starts the log task unless it runs. True: the caller schedules it.
  bool ClaimRun() REQUIRES(mutex_);
  bool SyncIsDue(uint64_t now_ns) const REQUIRES(mutex_);
  void OnReserveChange();
  void OnNoteChange();
  void UpdateFull();
  void ResumeIfServed();
  void Release(Seq flushed);
  void Notify();
  bool stopping() const { return stopping_.load(std::memory_order_acquire); }

  Env& env_;
  const LogOptions options_;
  SegmentReserve reserve_;
  LogRoom room_;
  NoteKeeper note_;

  std::atomic<Seq> synced_;
  std::atomic<Seq> visible_;
  std::atomic<uint64_t> recent_sync_ns_ = 0;
  std::atomic<uint64_t> last_sync_ns_ = 0;  // when
  Longest longest_sync_;
  Longest longest_group_;
  std::atomic<bool> failed_ = false;
  std::atomic<bool> stopping_ = false;
  std::atomic<uint64_t> stop_removing_ns_ = UINT64_MAX;
  std::atomic<bool> started_ = false;
  std::atomic<int> tasks_ = 0;

  // The log task's own.
  SegmentWriter active_;
  std::optional<BlankSegment> next_;  // taken for the group in flight
  Seq claimed_;                       // the S that the newest frame tells
  StreamPosition written_stream_;     // behind the newest group
  bool can_write_back_ = true;        // as far as is known

  mutable Mutex mutex_;
  Group filling_ GUARDED_BY(mutex_);
  StreamPosition stream_ GUARDED_BY(mutex_);
  Group writing_;  // the log task's own once taken; emptied when it is written
  bool placed_ GUARDED_BY(mutex_) = false;   // writing_ fits the active segment, or next_
  bool running_ GUARDED_BY(mutex_) = false;  // the log task is scheduled or runs
  bool parked_ GUARDED_BY(mutex_) =
      false;  // it ended because writing_ found no segment, or the note no space
  NoteFor note_for_ GUARDED_BY(mutex_) = NoteFor::kNothing;
  bool closed_ GUARDED_BY(mutex_) = false;
  Seq sync_through_ GUARDED_BY(mutex_) = 0;  // somebody waits for a sync of everything up to here
  Seq appended_ GUARDED_BY(mutex_);
  Seq written_;
  uint64_t taken_ns_ GUARDED_BY(mutex_) = 0;  // when writing_ was taken
  std::optional<Error> error_ GUARDED_BY(mutex_);
  uint64_t active_bytes_ GUARDED_BY(mutex_);
  std::vector<KeptSegment> sealed_ GUARDED_BY(mutex_);  // in order
  SegmentSize size_ GUARDED_BY(mutex_);
  LogStats stats_ GUARDED_BY(mutex_);
};

}  // namespace cordwood::storage

// The segments of CommitLog, from the first frame of one to its removal: making it, going on in it,
// noting it, and letting it go.

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "storage/file_names.h"
#include "storage/log/commit_log.h"

namespace cordwood::storage {
namespace {

/// One that no frame in the file carries, whatever was in it.
uint64_t NewSalt(Env& env, uint64_t old_salt) {
  uint64_t salt = 0;
  do {
    salt = env.RandomU64();
  } while (salt == old_salt || salt == 0);
  return salt;
}

}  // namespace

// --- the log task ---

/// False: the log task ends and is started again when there is a segment.
bool CommitLog::MakeSegment() {
  const SegmentReserve::Outcome outcome = reserve_.MakeNow(writing_.frame_bytes());
  if (outcome == SegmentReserve::Outcome::kReady) return true;
  {
    const MutexLock lock(mutex_);
    if (outcome == SegmentReserve::Outcome::kFull && stopping()) {
      // Nobody was told that these were stored. What was written before can still be closed.
      error_ = reserve_.error(writing_.frame_bytes());
      DropGroups();
      return true;
    }
    running_ = false;
    parked_ = true;
  }
  ResumeIfServed();  // the reserve may have changed before this task was parked
  return false;
}

/// Everything in the old segment is on stable storage before the new one is written: its header
/// says so.
Status CommitLog::SwitchSegment() {
  if (written_ != synced()) CW_TRY(SyncActive());
  const SegmentHeader header{.number = next_->number,
                             .ordinal = active_.header().ordinal + 1,
                             .salt = NewSalt(env_, next_->old_salt),
                             .store_id = options_.store_id,
                             .predecessor = active_.header().number,
                             .cut = active_.end(),
                             .cut_seq = written_,
                             .known_synced = written_,
                             .bytes = next_->bytes};
  const KeptSegment sealed{.number = active_.header().number,
                           .ordinal = active_.header().ordinal,
                           .bytes = active_.bytes(),
                           .last_seq = written_};
  active_ = SegmentWriter(*std::exchange(next_, std::nullopt), header);
  {
    const MutexLock lock(mutex_);
    sealed_.push_back(sealed);
    active_bytes_ = active_.bytes();
  }
  reserve_.Replenish();
  return {};
}

/// False: the log task ends and is started again when the note can be written.
Result<bool> CommitLog::WriteNote() {
  CW_ASSIGN(const NoteKeeper::Outcome outcome, note_.Enter(active_.header(), written_, stopping()));
  UpdateFull();
  if (outcome == NoteKeeper::Outcome::kWritten) {
    MoveSynced();
    const MutexLock lock(mutex_);
    closed_ = note_for_ == NoteFor::kCleanStop;
    note_for_ = NoteFor::kNothing;
    return true;
  }
  {
    const MutexLock lock(mutex_);
    if (outcome == NoteKeeper::Outcome::kFull && stopping()) {
      // A clean stop is told by the closing frame as well. What waits for a first group's note was
      // never acknowledged, and no second frame may follow.
      if (note_for_ == NoteFor::kFirstGroup) error_ = note_.error();
      DropGroups();
      closed_ = true;
      return true;
    }
    running_ = false;
    parked_ = true;
  }
  ResumeIfServed();  // it may have been written before this task was parked
  return false;
}

/// So that the next sync, which may come with a switch of segments, finds little to write.
Status CommitLog::WriteBack() {
  if (can_write_back_) {
    Status begun = active_.WriteBack();
    if (begun || begun.error().code() != ErrorCode::kUnsupported) return begun;
    can_write_back_ = false;
    LogNotice("the system begins no write-back when it is asked: the log syncs more often");
  }
  if (active_.unsynced_bytes() < SegmentWriter::kUnwrittenMax) return {};
  return SyncActive();
}

// --- what changed beside the log task ---

SegmentSpace CommitLog::SpaceOfSegments() const {
  const bool always = room_.durability_.load(std::memory_order_relaxed) == Durability::kAlways;
  return always ? SegmentSpace::kZeros : SegmentSpace::kReserved;
}

void CommitLog::OnReserveChange() {
  UpdateFull();
  ResumeIfServed();
  Notify();
}

void CommitLog::OnNoteChange() {
  UpdateFull();
  if (note_.failure()) {
    {
      const MutexLock lock(mutex_);
      if (!ClaimRun()) return;  // it runs, and will see
    }
    Schedule(Lane::kLog, [this] { RunLog(); });
    return;
  }
  ResumeIfServed();
  Notify();
}

void CommitLog::UpdateFull() {
  const bool note_is_full = note_.error().has_value();
  const bool is_full = note_is_full || reserve_.full();
  room_.full_.store(is_full, std::memory_order_release);
  if (is_full) reserve_.GiveBackSpares();
  const MutexLock lock(mutex_);
  room_.stuck_.store(note_is_full && note_for_ == NoteFor::kFirstGroup, std::memory_order_relaxed);
}

void CommitLog::ResumeIfServed() {
  const uint64_t now = env_.MonotonicNs();
  {
    const MutexLock lock(mutex_);
    if (!parked_) return;
    if (note_for_ != NoteFor::kNothing) {
      if (!note_.CanEnter(now)) return;
    } else {
      const bool can_end = stopping() && !reserve_.busy();
      if (!can_end && !reserve_.CanServe(writing_.frame_bytes())) return;
    }
    if (!ClaimRun()) return;
  }
  Schedule(Lane::kLog, [this] { RunLog(); });
}

void CommitLog::ReleaseThrough(Seq flushed) {
  room_.releases_.fetch_add(1);
  Schedule(Lane::kRemovals, [this, flushed] {
    Release(flushed);
    reserve_.Retry();
    room_.releases_.fetch_sub(1);
    Notify();
  });
}

bool CommitLog::Recycle(const KeptSegment& segment) {
  // Others get their space for nothing.
  const bool is_short = room_.full() || (options_.space_is_short && options_.space_is_short());
  const bool is_of_use = SpaceOfSegments() == SegmentSpace::kZeros && !stopping() && !is_short &&
                         reserve_.WantsSpare(segment.bytes);
  if (!is_of_use) return false;
  Result<BlankSegment> spare =
      RecycleSegment(env_, options_.dir, segment.number, options_.allocate(), segment.bytes);
  if (!spare) return false;
  reserve_.AddSpare(*std::move(spare));
  const MutexLock lock(mutex_);
  ++stats_.recycled;
  return true;
}

void CommitLog::Release(Seq flushed) {
  std::vector<KeptSegment> released;
  {
    const MutexLock lock(mutex_);
    const auto end = std::ranges::find_if(sealed_, [&](const KeptSegment& segment) {
      return segment.last_seq > flushed || segment.ordinal >= note_.ordinal();
    });
    released.assign(sealed_.begin(), end);
    sealed_.erase(sealed_.begin(), end);
  }
  if (released.empty()) return;
  size_t removed = 0;
  for (; removed < released.size(); ++removed) {
    if (env_.MonotonicNs() >= stop_removing_ns_.load()) break;
    if (Recycle(released[removed])) continue;
    const Status status = env_.Remove(LogPath(options_.dir, released[removed].number));
    if (!status && status.error().code() != ErrorCode::kNotFound) break;
  }
  IgnoreError(env_.SyncDir(options_.dir), "a segment that comes back is a leftover at recovery");
  const MutexLock lock(mutex_);
  sealed_.insert(sealed_.begin(), released.begin() + static_cast<ptrdiff_t>(removed),
                 released.end());
}

}  // namespace cordwood::storage

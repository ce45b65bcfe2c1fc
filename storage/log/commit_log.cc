#include "storage/log/commit_log.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "storage/file_names.h"

namespace cordwood::storage {
namespace {

constexpr uint64_t kSyncEveryNs = 1'000'000'000;
constexpr uint64_t kWritersWaitNs = 2'000'000'000;
constexpr uint64_t kSyncsForgottenNs = 5'000'000'000;
constexpr uint64_t kFreeingBatchBytes = 64 << 10;
// How long a stop goes on with the removal of segments; what is left goes with the next start.
constexpr uint64_t kStopRemovingNs = 100'000'000;

}  // namespace

CommitLog::CommitLog(Env& env, LogOptions options, RecoveredLog recovered)
    : env_(env),
      options_(std::move(options)),
      reserve_(env, {.dir = options_.dir,
                     .segment_bytes = options_.segment_bytes,
                     .allocate = options_.allocate,
                     .gate = options_.gate,
                     .schedule = [this](Lane lane, auto task) { Schedule(lane, std::move(task)); },
                     .on_change = [this] { OnReserveChange(); }}),
      synced_(recovered.last_seq),
      visible_(recovered.last_seq),
      durability_(options_.durability),
      group_bytes_(options_.group_bytes),
      room_(recovered.active.room()),
      half_(FrameRoom(recovered.active.bytes()) / 2),
      active_(std::move(recovered.active)),
      claimed_(recovered.last_seq),
      filling_(options_.group_bytes),
      writing_(options_.group_bytes),
      appended_(recovered.last_seq),
      written_(recovered.last_seq),
      active_bytes_(active_.bytes()),
      synced_segment_{.number = active_.header().number, .ordinal = active_.header().ordinal},
      sealed_(std::move(recovered.kept)) {
  CHECK(options_.segment_bytes % kLogAlign == 0 && options_.segment_bytes >= 4 * kLogAlign);
  stats_.torn_bytes = recovered.torn_bytes;
}

CommitLog::~CommitLog() {
  reserve_.Close();
  AwaitTasks();
}

void CommitLog::Append(Seq first_seq, uint32_t op_count, std::string_view ops) {
  const bool must_sync = durability_.load(std::memory_order_relaxed) == Durability::kAlways;
  const std::lock_guard lock(mutex_);
  if (failed() || stopping()) return;
  CHECK(first_seq == appended_ + 1);
  appended_ = first_seq + op_count - 1;
  filling_.Append(first_seq, op_count, ops, must_sync);
  pending_bytes_.store(filling_.payload_bytes(), std::memory_order_relaxed);
}

void CommitLog::Kick() {
  StartReserve();
  {
    const std::lock_guard lock(mutex_);
    if (filling_.empty() || parked_ || !ClaimRun()) return;
  }
  Schedule(Lane::kLog, [this] { RunLog(); });
}

Admission CommitLog::Reserve(uint64_t bytes) {
  StartReserve();
  uint64_t frame_bytes = 0;
  bool alone = false;
  {
    const std::lock_guard lock(mutex_);
    if (failed() || stopping()) return Admission::kClosed;
    frame_bytes = FrameBytes(filling_.payload_bytes() + bytes);
    alone = filling_.empty();
    if (frame_bytes <= room_.load(std::memory_order_relaxed)) return Admission::kReady;
  }
  if (reserve_.Fits(frame_bytes)) return Admission::kReady;
  if (reserve_.Refused(FrameBytes(bytes))) return Admission::kNoSpace;
  if (alone) {
    reserve_.Request(frame_bytes);
  } else {
    Kick();  // the batch may fit a group of its own
  }
  return Admission::kWait;
}

bool CommitLog::HasMemoryFor(uint64_t bytes) const {
  const uint64_t most = group_bytes_.load(std::memory_order_relaxed);
  const uint64_t waiting = pending_bytes();
  if (waiting >= most) return false;
  return bytes <= most - waiting || in_flight_bytes_.load(std::memory_order_relaxed) <= most;
}

void CommitLog::SetGroupBytes(uint64_t bytes) {
  group_bytes_.store(bytes, std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  filling_.SetKeepBytes(bytes);
}

Status CommitLog::status() const {
  {
    const std::lock_guard lock(mutex_);
    if (error_) return std::unexpected(*error_);
  }
  if (std::optional<Error> error = reserve_.error(0)) return std::unexpected(*std::move(error));
  return {};
}

bool CommitLog::AcceptsWrites() const {
  if (failed() || stopping()) return false;
  return !full() || !HalfIsUsed();
}

bool CommitLog::AcceptsFrees() const {
  if (failed() || stopping()) return false;
  const uint64_t batch = std::min(kFreeingBatchBytes, options_.segment_bytes / 8);
  return !full() || room_.load(std::memory_order_relaxed) >= FrameWith(batch);
}

bool CommitLog::HalfIsUsed() const {
  return room_.load(std::memory_order_relaxed) <
         FrameWith(0) + half_.load(std::memory_order_relaxed);
}

bool CommitLog::WritersMustWait(bool frees) const {
  if (!frees && HalfIsUsed() && !reserve_.ready()) return true;
  if (durability_.load(std::memory_order_relaxed) != Durability::kEverySecond) return false;
  const uint64_t oldest = oldest_unsynced_ns_.load(std::memory_order_relaxed);
  return oldest != 0 && env_.MonotonicNs() > oldest + kWritersWaitNs;
}

void CommitLog::SetDurability(Durability durability) {
  if (durability_.exchange(durability, std::memory_order_relaxed) == durability) return;
  Seq through = 0;
  {
    const std::lock_guard lock(mutex_);
    through = appended_;
  }
  SyncSoon(through);
}

void CommitLog::SyncSoon(Seq through) {
  {
    const std::lock_guard lock(mutex_);
    if (through <= synced()) return;
    sync_through_ = std::max(sync_through_, through);
    // What is not written yet is synced in its turn.
    if (written_ < sync_through_ || !ClaimRun()) return;
  }
  Schedule(Lane::kLog, [this] { RunLog(); });
}

void CommitLog::Tick() {
  StartReserve();
  reserve_.Tick();
  const uint64_t now = env_.MonotonicNs();
  if (now > last_sync_ns_.load(std::memory_order_relaxed) + kSyncsForgottenNs) {
    recent_sync_ns_.store(0, std::memory_order_relaxed);
  }
  {
    const std::lock_guard lock(mutex_);
    if (!SyncIsDue(now) || !ClaimRun()) return;
  }
  Schedule(Lane::kLog, [this] { RunLog(); });
}

SegmentMark CommitLog::synced_segment() const {
  const std::lock_guard lock(mutex_);
  return synced_segment_;
}

LogStats CommitLog::stats() const {
  const SegmentReserve::Totals ready = reserve_.totals();
  const std::lock_guard lock(mutex_);
  LogStats stats = stats_;
  stats.segments = 1 + sealed_.size() + ready.segments;
  stats.segment_bytes = active_bytes_ + ready.bytes;
  for (const KeptSegment& segment : sealed_) stats.segment_bytes += segment.bytes;
  return stats;
}

Status CommitLog::Stop() {
  stop_removing_ns_.store(env_.MonotonicNs() + kStopRemovingNs);
  reserve_.Close();
  bool start = false;
  {
    const std::lock_guard lock(mutex_);
    stopping_.store(true);
    start = ClaimRun();
  }
  if (start) Schedule(Lane::kLog, [this] { RunLog(); });
  AwaitTasks();
  const std::lock_guard lock(mutex_);
  if (error_) return std::unexpected(*error_);
  return {};
}

void CommitLog::Schedule(Lane lane, std::function<void()> task) {
  tasks_.fetch_add(1);
  env_.Schedule(lane, [this, run = std::move(task)] {
    run();
    tasks_.fetch_sub(1);  // the log may be gone after this
  });
}

void CommitLog::StartReserve() {
  if (started_.load(std::memory_order_relaxed) || started_.exchange(true)) return;
  reserve_.Replenish();
}

void CommitLog::AwaitTasks() {
  env_.Await([this] { return tasks_.load() == 0; });
}

bool CommitLog::ClaimRun() {
  if (running_ || failed() || closed_) return false;
  running_ = true;
  parked_ = false;
  return true;
}

bool CommitLog::SyncIsDue(uint64_t now_ns) const {
  if (written_ == synced()) return false;
  if (synced() < sync_through_ && sync_through_ <= written_) return true;
  const uint64_t oldest = oldest_unsynced_ns_.load(std::memory_order_relaxed);
  return durability_.load(std::memory_order_relaxed) == Durability::kEverySecond && oldest != 0 &&
         now_ns >= oldest + kSyncEveryNs;
}

// --- the log task ---

void CommitLog::RunLog() {
  for (;;) {
    Status status;
    switch (NextStep()) {
      case Step::kSync:
        status = SyncActive();
        break;
      case Step::kMakeSegment:
        if (!MakeSegment()) return;
        break;
      case Step::kWriteGroup:
        status = WriteGroup();
        break;
      case Step::kEmptyFrame:
        status = WriteEmptyFrame();
        break;
      case Step::kClose:
        status = Close();
        break;
      case Step::kRest:
        return;
    }
    if (!status) Fail(std::move(status).error());
  }
}

CommitLog::Step CommitLog::NextStep() {
  const uint64_t now = env_.MonotonicNs();
  const std::lock_guard lock(mutex_);
  if (!failed() && !closed_) {
    if (SyncIsDue(now)) return Step::kSync;
    if (writing_.empty() && !filling_.empty()) {
      std::swap(filling_, writing_);
      in_flight_bytes_.store(writing_.payload_bytes(), std::memory_order_relaxed);
      pending_bytes_.store(0, std::memory_order_relaxed);
      filling_.SetKeepBytes(group_bytes_.load(std::memory_order_relaxed));
      taken_ns_ = now;
      if (oldest_unsynced_ns_.load(std::memory_order_relaxed) == 0) {
        oldest_unsynced_ns_.store(now, std::memory_order_relaxed);
      }
    }
    if (!writing_.empty()) return PlaceGroup() ? Step::kWriteGroup : Step::kMakeSegment;
    if (stopping()) return Step::kClose;
    if (claimed_ < synced()) return Step::kEmptyFrame;
  }
  running_ = false;
  return Step::kRest;
}

bool CommitLog::PlaceGroup() {
  if (placed_) return true;
  const uint64_t frame_bytes = writing_.frame_bytes();
  uint64_t room = room_.load(std::memory_order_relaxed);
  if (frame_bytes > room) {
    next_ = reserve_.Take(frame_bytes);
    room = next_ ? FrameRoom(next_->bytes) : 0;  // what is left of this segment stays unused
    half_.store(room / 2, std::memory_order_relaxed);
  }
  placed_ = frame_bytes <= room;
  room_.store(placed_ ? room - frame_bytes : 0, std::memory_order_relaxed);
  return placed_;
}

Status CommitLog::WriteGroup() {
  if (next_) CW_TRY(SwitchSegment());
  const uint64_t frame_bytes = writing_.frame_bytes();
  const Seq last_seq = writing_.last_seq();
  const bool must_sync = writing_.must_sync();
  const Seq known_synced = synced();
  CW_TRY(active_.WriteGroup(writing_, known_synced));
  {
    const std::lock_guard lock(mutex_);
    written_ = last_seq;
    claimed_ = known_synced;
    ++stats_.frames;
    stats_.bytes_written += frame_bytes;
    stats_.group_ops.Add(writing_.op_count());
    // Its memory is of use before the sync is done, and who is told of that must find it free.
    ClearWritten();
  }
  if (must_sync) return SyncActive();
  visible_.store(last_seq, std::memory_order_release);
  Notify();
  return {};
}

void CommitLog::ClearWritten() {
  writing_.Clear();
  placed_ = false;
  in_flight_bytes_.store(0, std::memory_order_relaxed);
}

/// Everything in the old segment is on stable storage before the new one is written: its header
/// says so.
Status CommitLog::SwitchSegment() {
  if (written_ != synced()) CW_TRY(SyncActive());
  const SegmentHeader header{.number = next_->number,
                             .ordinal = active_.header().ordinal + 1,
                             .salt = env_.RandomU64(),
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
    const std::lock_guard lock(mutex_);
    sealed_.push_back(sealed);
    active_bytes_ = active_.bytes();
  }
  reserve_.Replenish();
  return {};
}

Status CommitLog::SyncActive() {
  const uint64_t start = env_.MonotonicNs();
  CW_TRY(active_.Sync());
  const uint64_t took = env_.MonotonicNs() - start;
  last_sync_ns_.store(start, std::memory_order_relaxed);
  const uint64_t before = recent_sync_ns();
  recent_sync_ns_.store(before == 0 ? took : (7 * before + took) / 8, std::memory_order_relaxed);
  {
    const std::lock_guard lock(mutex_);
    stats_.sync_ns.Add(took);
    synced_segment_ = {.number = active_.header().number, .ordinal = active_.header().ordinal};
    oldest_unsynced_ns_.store(appended_ == written_ ? 0 : taken_ns_, std::memory_order_relaxed);
    // D first: nobody shall see an S that is ahead of it.
    visible_.store(written_, std::memory_order_release);
    synced_.store(written_, std::memory_order_release);
  }
  Notify();
  return {};
}

Status CommitLog::WriteEmptyFrame() {
  const Seq known_synced = synced();
  CW_TRY(active_.WriteEmpty(written_ + 1, known_synced));
  const std::lock_guard lock(mutex_);
  claimed_ = known_synced;
  ++stats_.frames;
  stats_.bytes_written += kLogAlign;
  return {};
}

/// The claim that all is on stable storage must not get there before it is true: two syncs.
Status CommitLog::Close() {
  if (written_ != synced()) CW_TRY(SyncActive());
  CW_TRY(WriteEmptyFrame());
  CW_TRY(active_.Sync());
  const std::lock_guard lock(mutex_);
  closed_ = true;
  return {};
}

/// False: the log task ends and is started again when there is a segment.
bool CommitLog::MakeSegment() {
  const SegmentReserve::Outcome outcome = reserve_.MakeNow(writing_.frame_bytes());
  if (outcome == SegmentReserve::Outcome::kReady) return true;
  {
    const std::lock_guard lock(mutex_);
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

void CommitLog::Fail(Error error) {
  {
    const std::lock_guard lock(mutex_);
    error_ = std::move(error);
    failed_.store(true, std::memory_order_release);
    DropGroups();
  }
  Notify();
}

void CommitLog::DropGroups() {
  ClearWritten();
  filling_.Clear();
  pending_bytes_.store(0, std::memory_order_relaxed);
}

void CommitLog::Notify() {
  if (options_.on_progress) options_.on_progress();
}

// --- the reserve ---

void CommitLog::OnReserveChange() {
  full_.store(reserve_.full(), std::memory_order_release);
  ResumeIfServed();
  Notify();
}

void CommitLog::ResumeIfServed() {
  {
    const std::lock_guard lock(mutex_);
    if (!parked_) return;
    const bool can_end = stopping() && !reserve_.busy();
    if (!can_end && !reserve_.CanServe(writing_.frame_bytes())) return;
    if (!ClaimRun()) return;
  }
  Schedule(Lane::kLog, [this] { RunLog(); });
}

void CommitLog::ReleaseThrough(Seq flushed) {
  Schedule(Lane::kRemovals, [this, flushed] { Release(flushed); });
}

void CommitLog::Release(Seq flushed) {
  std::vector<KeptSegment> released;
  {
    const std::lock_guard lock(mutex_);
    const auto end = std::ranges::find_if(sealed_, [&](const KeptSegment& segment) {
      return segment.last_seq > flushed || segment.ordinal >= synced_segment_.ordinal;
    });
    released.assign(sealed_.begin(), end);
    sealed_.erase(sealed_.begin(), end);
  }
  if (released.empty()) return;
  size_t removed = 0;
  for (; removed < released.size(); ++removed) {
    if (env_.MonotonicNs() >= stop_removing_ns_.load()) break;
    const Status status = env_.Remove(LogPath(options_.dir, released[removed].number));
    if (!status && status.error().code() != ErrorCode::kNotFound) break;
  }
  IgnoreError(env_.SyncDir(options_.dir), "a segment that comes back is a leftover at recovery");
  const std::lock_guard lock(mutex_);
  sealed_.insert(sealed_.begin(), released.begin() + static_cast<ptrdiff_t>(removed),
                 released.end());
}

}  // namespace cordwood::storage

#include "storage/log/commit_log.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace cordwood::storage {
namespace {

constexpr uint64_t kSyncEveryNs = 1'000'000'000;
constexpr uint64_t kSyncsForgottenNs = 5'000'000'000;
// How long a stop goes on with the removal of segments; what is left goes with the next start.
constexpr uint64_t kStopRemovingNs = 100'000'000;

uint64_t SmallBytes(const LogOptions& options) {
  return std::min(options.small_segment_bytes, options.segment_bytes);
}

}  // namespace

CommitLog::CommitLog(Env& env, LogOptions options, RecoveredLog recovered)
    : env_(env),
      options_(std::move(options)),
      reserve_(env, {.dir = options_.dir,
                     .segment_bytes = options_.segment_bytes,
                     .first_bytes = SmallBytes(options_),
                     .allocate = options_.allocate,
                     .gate = options_.gate,
                     .space = [this] { return SpaceOfSegments(); },
                     .make_space = options_.make_space,
                     .schedule = [this](Lane lane, auto task) { Schedule(lane, std::move(task)); },
                     .on_change = [this] { OnReserveChange(); }}),
      room_(env, reserve_,
            {.segment_bytes = options_.segment_bytes,
             .group_bytes = options_.group_bytes,
             .durability = options_.durability},
            recovered.active),
      note_(env, std::move(recovered.note),
            {.schedule = [this](auto task) { Schedule(Lane::kNote, std::move(task)); },
             .synced = [this] { return synced(); },
             .on_change = [this] { OnNoteChange(); }}),
      synced_(recovered.last_seq),
      visible_(recovered.last_seq),
      active_(std::move(recovered.active)),
      claimed_(recovered.last_seq),
      written_stream_(recovered.stream),
      filling_(options_.group_bytes),
      writing_(options_.group_bytes),
      appended_(recovered.last_seq),
      written_(recovered.last_seq),
      active_bytes_(active_.bytes()),
      sealed_(std::move(recovered.kept)),
      size_(SmallBytes(options_), options_.segment_bytes) {
  CHECK(options_.segment_bytes % kLogAlign == 0 && options_.segment_bytes >= 4 * kLogAlign);
  stats_.torn_bytes = recovered.torn_bytes;
}

CommitLog::~CommitLog() {
  reserve_.Close();
  note_.Close();
  AwaitTasks();
}

void CommitLog::Append(Seq first_seq, uint32_t op_count, std::string_view ops) {
  const bool must_sync = room_.durability_.load(std::memory_order_relaxed) == Durability::kAlways;
  const MutexLock lock(mutex_);
  if (failed() || stopping()) return;
  CHECK(first_seq == appended_ + 1);
  appended_ = first_seq + op_count - 1;
  filling_.Append(first_seq, op_count, ops, must_sync);
  filling_.SetStream(stream_);
  room_.pending_bytes_.store(filling_.payload_bytes(), std::memory_order_relaxed);
}

void CommitLog::SetStream(const StreamPosition& stream) {
  const MutexLock lock(mutex_);
  stream_ = stream;
}

void CommitLog::Kick() {
  StartReserve();
  {
    const MutexLock lock(mutex_);
    if (filling_.empty() || parked_ || !ClaimRun()) return;
  }
  Schedule(Lane::kLog, [this] { RunLog(); });
}

Admission CommitLog::Reserve(uint64_t bytes) {
  StartReserve();
  uint64_t frame_bytes = 0;
  bool alone = false;
  {
    const MutexLock lock(mutex_);
    if (failed() || stopping()) return Admission::kClosed;
    frame_bytes = FrameBytes(filling_.payload_bytes() + bytes);
    alone = filling_.empty();
    if (frame_bytes <= room_.left_.load(std::memory_order_relaxed)) return Admission::kReady;
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

void CommitLog::SetGroupBytes(uint64_t bytes) {
  room_.group_bytes_.store(bytes, std::memory_order_relaxed);
  const MutexLock lock(mutex_);
  filling_.SetKeepBytes(bytes);
}

Status CommitLog::status() const {
  {
    const MutexLock lock(mutex_);
    if (error_) return std::unexpected(*error_);
  }
  if (std::optional<Error> error = reserve_.error(0)) return std::unexpected(*std::move(error));
  if (std::optional<Error> error = note_.error()) return std::unexpected(*std::move(error));
  return {};
}

Status CommitLog::shortage() const {
  if (room_.full()) return status();
  std::optional<Error> error = reserve_.large_error();
  return error ? Status(std::unexpected(*std::move(error))) : Status();
}

void CommitLog::SetDurability(Durability durability) {
  if (room_.durability_.exchange(durability, std::memory_order_relaxed) == durability) return;
  Seq through = 0;
  {
    const MutexLock lock(mutex_);
    through = appended_;
  }
  SyncSoon(through);
}

void CommitLog::SyncSoon(Seq through) {
  {
    const MutexLock lock(mutex_);
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
  note_.Tick(now);
  bool is_at_rest = false;
  {
    const MutexLock lock(mutex_);
    is_at_rest = size_.Tick(now);
  }
  if (is_at_rest) reserve_.SetStandardBytes(SmallBytes(options_));
  {
    const MutexLock lock(mutex_);
    const bool note_is_due = parked_ && note_for_ != NoteFor::kNothing && note_.CanEnter(now);
    if ((!note_is_due && !SyncIsDue(now)) || !ClaimRun()) return;
  }
  Schedule(Lane::kLog, [this] { RunLog(); });
}

LogStats CommitLog::stats() const {
  const SegmentReserve::Totals ready = reserve_.totals();
  const MutexLock lock(mutex_);
  LogStats stats = stats_;
  stats.under_load = size_.under_load();
  stats.segments = 1 + sealed_.size() + ready.segments;
  stats.ready = ready.segments;
  stats.segment_bytes = active_bytes_ + ready.bytes;
  for (const KeptSegment& segment : sealed_) stats.segment_bytes += segment.bytes;
  return stats;
}

Status CommitLog::Stop() {
  stop_removing_ns_.store(env_.MonotonicNs() + kStopRemovingNs);
  reserve_.Close();
  note_.Close();
  bool start = false;
  {
    const MutexLock lock(mutex_);
    stopping_.store(true);
    room_.closed_.store(true, std::memory_order_release);
    start = ClaimRun();
  }
  if (start) Schedule(Lane::kLog, [this] { RunLog(); });
  AwaitTasks();
  const MutexLock lock(mutex_);
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
  const uint64_t oldest = room_.oldest_unsynced_ns_.load(std::memory_order_relaxed);
  return room_.durability_.load(std::memory_order_relaxed) == Durability::kEverySecond &&
         oldest != 0 && now_ns >= oldest + kSyncEveryNs;
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
      case Step::kWriteNote: {
        const Result<bool> goes_on = WriteNote();
        if (goes_on && !*goes_on) return;
        if (!goes_on) status = std::unexpected(goes_on.error());
        break;
      }
      case Step::kEmptyFrame:
        status = WriteEmptyFrame();
        break;
      case Step::kClose:
        status = Close();
        break;
      case Step::kFail:
        status = std::unexpected(*note_.failure());
        break;
      case Step::kRest:
        return;
    }
    if (!status) Fail(std::move(status).error());
  }
}

CommitLog::Step CommitLog::NextStep() {
  const uint64_t now = env_.MonotonicNs();
  const MutexLock lock(mutex_);
  if (!failed() && !closed_) {
    if (note_.failure()) return Step::kFail;
    if (note_for_ != NoteFor::kNothing) return Step::kWriteNote;
    if (SyncIsDue(now)) return Step::kSync;
    if (writing_.empty() && !filling_.empty()) {
      std::swap(filling_, writing_);
      room_.in_flight_bytes_.store(writing_.payload_bytes(), std::memory_order_relaxed);
      room_.pending_bytes_.store(0, std::memory_order_relaxed);
      filling_.SetKeepBytes(room_.group_bytes_.load(std::memory_order_relaxed));
      taken_ns_ = now;
      if (room_.oldest_unsynced_ns_.load(std::memory_order_relaxed) == 0) {
        room_.oldest_unsynced_ns_.store(now, std::memory_order_relaxed);
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
  uint64_t room = room_.left_.load(std::memory_order_relaxed);
  if (frame_bytes > room) {
    next_ = reserve_.Take(frame_bytes);
    room = next_ ? FrameRoom(next_->bytes) : 0;  // what is left of this segment stays unused
    room_.half_.store(room / 2, std::memory_order_relaxed);
  }
  placed_ = frame_bytes <= room;
  const uint64_t left = !placed_ ? 0
                        : next_  ? room - SectorFrom(frame_bytes)
                                 : active_.RoomBehindNext(frame_bytes);
  room_.left_.store(left, std::memory_order_relaxed);
  return placed_;
}

Status CommitLog::WriteGroup() {
  const bool is_first = next_.has_value();
  if (is_first) CW_TRY(SwitchSegment());
  const uint64_t end_before = is_first ? 0 : SectorFrom(active_.end());
  const Seq last_seq = writing_.last_seq();
  const bool must_sync = writing_.must_sync();
  const Seq known_synced = synced();
  CW_TRY(active_.WriteGroup(writing_, known_synced));
  written_stream_ = writing_.stream();
  bool is_load = false;
  uint64_t taken_ns = 0;
  {
    const MutexLock lock(mutex_);
    taken_ns = taken_ns_;
    written_ = last_seq;
    claimed_ = known_synced;
    ++stats_.frames;
    const uint64_t written = SectorFrom(active_.end()) - end_before;
    stats_.bytes_written += written;
    is_load = size_.NoteWritten(written, taken_ns_);
    stats_.group_ops.Add(writing_.op_count());
    // Its memory is of use before the sync is done, and who is told of that must find it free.
    ClearWritten();
  }
  if (is_load) reserve_.SetStandardBytes(options_.segment_bytes);
  if (is_first) {
    CW_TRY(SyncFile());
    const MutexLock lock(mutex_);
    note_for_ = NoteFor::kFirstGroup;
    return {};
  }
  if (must_sync) {
    CW_TRY(SyncActive());
    longest_group_.Note(env_.MonotonicNs() - taken_ns);
    return {};
  }
  visible_.store(last_seq);
  Notify();
  return WriteBack();
}

void CommitLog::ClearWritten() {
  writing_.Clear();
  placed_ = false;
  room_.in_flight_bytes_.store(0, std::memory_order_relaxed);
}

Status CommitLog::SyncActive() {
  CW_TRY(SyncFile());
  MoveSynced();
  return {};
}

Status CommitLog::SyncFile() {
  const uint64_t start = env_.MonotonicNs();
  CW_TRY(active_.Sync());
  const uint64_t took = env_.MonotonicNs() - start;
  last_sync_ns_.store(start, std::memory_order_relaxed);
  const uint64_t before = recent_sync_ns();
  recent_sync_ns_.store(before == 0 ? took : (7 * before + took) / 8, std::memory_order_relaxed);
  longest_sync_.Note(took);
  const MutexLock lock(mutex_);
  stats_.sync_ns.Add(took);
  return {};
}

/// All that is written was synced.
void CommitLog::MoveSynced() {
  {
    const MutexLock lock(mutex_);
    room_.oldest_unsynced_ns_.store(appended_ == written_ ? 0 : taken_ns_,
                                    std::memory_order_relaxed);
    // D first: nobody shall see an S that is ahead of it.
    visible_.store(written_);
    synced_.store(written_, std::memory_order_release);
  }
  note_.OnSynced(env_.MonotonicNs());
  Notify();
}

Status CommitLog::WriteEmptyFrame() {
  const Seq known_synced = synced();
  CW_TRY(active_.WriteEmpty(written_ + 1, known_synced, written_stream_));
  const MutexLock lock(mutex_);
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
  const MutexLock lock(mutex_);
  note_for_ = NoteFor::kCleanStop;
  return {};
}

void CommitLog::Fail(Error error) {
  {
    const MutexLock lock(mutex_);
    error_ = std::move(error);
    failed_.store(true, std::memory_order_release);
    room_.closed_.store(true, std::memory_order_release);
    DropGroups();
  }
  note_.Close();
  Notify();
}

void CommitLog::DropGroups() {
  ClearWritten();
  filling_.Clear();
  room_.pending_bytes_.store(0, std::memory_order_relaxed);
}

void CommitLog::Notify() {
  if (options_.on_progress) options_.on_progress();
}

}  // namespace cordwood::storage

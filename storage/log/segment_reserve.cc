#include "storage/log/segment_reserve.h"

#include <algorithm>
#include <utility>

#include "storage/file_names.h"

namespace cordwood::storage {
namespace {

constexpr uint64_t kSegmentRetryNs = 1'000'000'000;
constexpr uint64_t kUnusedNs = 10'000'000'000;
// Segments that are ready, those that were used before included: as many as a flush may let go of.
constexpr size_t kSparesMax = 2;

}  // namespace

SegmentReserve::SegmentReserve(Env& env, Options options)
    : env_(env), options_(std::move(options)), standard_bytes_(options_.first_bytes) {
  standard_.wanted_bytes = standard_bytes_;
}

void SegmentReserve::SetStandardBytes(uint64_t bytes) {
  std::vector<BlankSegment> outgrown;
  {
    const MutexLock lock(mutex_);
    standard_bytes_ = bytes;
    standard_.wanted_bytes = bytes;
    outgrown = std::exchange(spares_, {});
  }
  for (const BlankSegment& spare : outgrown) ScheduleRemovalOf(spare);
  ScheduleIfNeeded();
}

std::optional<BlankSegment> SegmentReserve::Take(uint64_t frame_bytes) {
  const MutexLock lock(mutex_);
  for (Slot* slot : {&standard_, &large_}) {
    if (!slot->ready || FrameRoom(slot->ready->bytes) < frame_bytes) continue;
    if (slot == &large_) large_.wanted_bytes = 0;
    if (slot == &standard_) {
      standard_.wanted_bytes = standard_bytes_;
      standard_.needed_bytes = 0;
      ready_room_.store(0, std::memory_order_release);
    }
    slot->is_due = false;
    std::optional<BlankSegment> taken = std::exchange(slot->ready, std::nullopt);
    if (slot == &standard_ && !spares_.empty()) {
      SetStandard(std::move(spares_.back()));
      spares_.pop_back();
    }
    return taken;
  }
  return std::nullopt;
}

void SegmentReserve::SetStandard(BlankSegment ready) {
  standard_.ready = std::move(ready);
  ready_room_.store(FrameRoom(standard_.ready->bytes), std::memory_order_release);
}

bool SegmentReserve::WantsSpare(uint64_t bytes) const {
  const MutexLock lock(mutex_);
  const bool is_ready = standard_.ready.has_value();
  return bytes == standard_bytes_ && !closed_ && !standard_.error &&
         spares_.size() + (is_ready || making_ ? 1 : 0) < kSparesMax;
}

void SegmentReserve::AddSpare(BlankSegment spare) {
  const MutexLock lock(mutex_);
  if (standard_.ready || making_) {
    spares_.push_back(std::move(spare));
  } else {
    SetStandard(std::move(spare));
  }
}

bool SegmentReserve::GiveBackSpares() {
  std::vector<BlankSegment> spares;
  {
    const MutexLock lock(mutex_);
    spares = std::exchange(spares_, {});
  }
  for (const BlankSegment& spare : spares) ScheduleRemovalOf(spare);
  return !spares.empty();
}

bool SegmentReserve::Fits(uint64_t frame_bytes) const {
  const MutexLock lock(mutex_);
  const auto fits = [&](const Slot& slot) {
    return slot.ready && FrameRoom(slot.ready->bytes) >= frame_bytes;
  };
  return fits(standard_) || fits(large_);
}

void SegmentReserve::Replenish() { ScheduleIfNeeded(); }

void SegmentReserve::Request(uint64_t frame_bytes) {
  {
    const MutexLock lock(mutex_);
    if (IsLarge(frame_bytes)) {
      large_.wanted_bytes = std::max(large_.wanted_bytes, SegmentBytesFor(frame_bytes));
    } else {
      standard_.needed_bytes = std::max(standard_.needed_bytes, FileBytesFor(frame_bytes));
    }
  }
  ScheduleIfNeeded();
}

SegmentReserve::Outcome SegmentReserve::MakeNow(uint64_t frame_bytes) {
  Slot& slot = IsLarge(frame_bytes) ? large_ : standard_;
  {
    const MutexLock lock(mutex_);
    if (slot.ready && FrameRoom(slot.ready->bytes) >= frame_bytes) return Outcome::kReady;
    if (making_) return Outcome::kBusy;
    if (!slot.may_try) return Outcome::kFull;
    if (IsLarge(frame_bytes)) {
      slot.wanted_bytes = std::max(slot.wanted_bytes, SegmentBytesFor(frame_bytes));
    }
    slot.is_due = true;
    if (&slot == &standard_) {
      slot.needed_bytes = std::max(slot.needed_bytes, FileBytesFor(frame_bytes));
    }
    making_ = true;
  }
  return Make(slot) ? Outcome::kReady : Outcome::kFull;
}

bool SegmentReserve::CanServe(uint64_t frame_bytes) const {
  if (Fits(frame_bytes)) return true;
  const MutexLock lock(mutex_);
  return !making_ && (IsLarge(frame_bytes) ? large_ : standard_).may_try;
}

bool SegmentReserve::Refused(uint64_t frame_bytes) const { return error(frame_bytes).has_value(); }

std::optional<Error> SegmentReserve::error(uint64_t frame_bytes) const {
  const MutexLock lock(mutex_);
  if (!IsLarge(frame_bytes)) return standard_.error;
  // A smaller one may fit where a larger one did not.
  return SegmentBytesFor(frame_bytes) < large_.refused_bytes ? std::nullopt : large_.error;
}

std::optional<Error> SegmentReserve::large_error() const {
  const MutexLock lock(mutex_);
  return large_.error;
}

bool SegmentReserve::busy() const {
  const MutexLock lock(mutex_);
  return making_;
}

bool SegmentReserve::at_work() const {
  const MutexLock lock(mutex_);
  return making_ || scheduled_;
}

void SegmentReserve::Tick() {
  {
    const MutexLock lock(mutex_);
    if (standard_.may_try && large_.may_try && !large_.ready) return;
  }
  const uint64_t now = env_.MonotonicNs();
  bool unused = false;
  {
    const MutexLock lock(mutex_);
    unused = large_.ready && !large_.is_due && now > large_.ready_ns + kUnusedNs;
    if (now >= last_failure_ns_ + kSegmentRetryNs) {
      standard_.may_try = true;
      large_.may_try = true;
      if (!large_.is_due) large_.error.reset();
    }
  }
  if (unused) GiveBackUnused();
  ScheduleIfNeeded();
}

void SegmentReserve::GiveBackUnused() {
  std::optional<BlankSegment> unused;
  {
    const MutexLock lock(mutex_);
    if (making_ || large_.is_due) return;
    unused = std::exchange(large_.ready, std::nullopt);
    large_.wanted_bytes = 0;
  }
  if (unused) ScheduleRemovalOf(*unused);
}

void SegmentReserve::Retry() {
  {
    const MutexLock lock(mutex_);
    for (Slot* slot : {&standard_, &large_}) {
      if (slot->error && IsShortage(slot->error->code())) slot->may_try = true;
    }
  }
  ScheduleIfNeeded();
}

void SegmentReserve::ScheduleRemovalOf(const BlankSegment& blank) {
  options_.schedule(Lane::kRemovals, [this, path = LogPath(options_.dir, blank.number)] {
    IgnoreError(env_.Remove(path), "it holds nothing, and recovery removes what is left");
  });
}

void SegmentReserve::Close() {
  const MutexLock lock(mutex_);
  closed_ = true;
  standard_.may_try = true;
  large_.may_try = true;
}

SegmentReserve::Totals SegmentReserve::totals() const {
  const MutexLock lock(mutex_);
  Totals totals;
  for (const Slot* slot : {&standard_, &large_}) {
    if (!slot->ready) continue;
    ++totals.segments;
    totals.bytes += slot->ready->bytes;
  }
  totals.segments += spares_.size();
  for (const BlankSegment& spare : spares_) totals.bytes += spare.bytes;
  return totals;
}

bool SegmentReserve::IsLarge(uint64_t frame_bytes) const {
  return frame_bytes > FrameRoom(options_.segment_bytes);
}

void SegmentReserve::ScheduleIfNeeded() {
  {
    const MutexLock lock(mutex_);
    if (scheduled_ || making_ || (!MustCut() && NextJob() == nullptr)) return;
    scheduled_ = true;
  }
  options_.schedule(Lane::kSegments, [this] { RunScheduled(); });
}

void SegmentReserve::RunScheduled() {
  Slot* slot = nullptr;
  {
    const MutexLock lock(mutex_);
    scheduled_ = false;
    slot = making_ ? nullptr : NextJob();
    const bool must_cut = !making_ && slot == nullptr && MustCut();
    if (slot == nullptr && !must_cut) return;
    making_ = true;
  }
  if (slot != nullptr) {
    Make(*slot);
  } else {
    Cut();
  }
}

bool SegmentReserve::MustCut() const {
  return !closed_ && standard_.ready && standard_.needed_bytes == 0 &&
         standard_.ready->bytes > standard_.wanted_bytes;
}

SegmentReserve::Slot* SegmentReserve::NextJob() {
  if (closed_) return nullptr;
  for (Slot* slot : {&large_, &standard_}) {
    const uint64_t have = slot->ready ? slot->ready->bytes : 0;
    if (have < std::max(slot->wanted_bytes, slot->needed_bytes) && slot->may_try) return slot;
  }
  return nullptr;
}

}  // namespace cordwood::storage

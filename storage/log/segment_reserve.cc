#include "storage/log/segment_reserve.h"

#include <algorithm>
#include <utility>

#include "storage/file_names.h"
#include "storage/log/frame.h"

namespace cordwood::storage {
namespace {

constexpr uint64_t kRetryNs = 1'000'000'000;

}  // namespace

SegmentReserve::SegmentReserve(Env& env, Options options)
    : env_(env), options_(std::move(options)) {
  standard_.wanted_bytes = options_.segment_bytes;
}

std::optional<BlankSegment> SegmentReserve::Take(uint64_t frame_bytes) {
  const std::lock_guard lock(mutex_);
  for (Slot* slot : {&standard_, &large_}) {
    if (!slot->ready || FrameRoom(slot->ready->bytes) < frame_bytes) continue;
    if (slot == &large_) large_.wanted_bytes = 0;
    return std::exchange(slot->ready, std::nullopt);
  }
  return std::nullopt;
}

bool SegmentReserve::Fits(uint64_t frame_bytes) const {
  const std::lock_guard lock(mutex_);
  const auto fits = [&](const Slot& slot) {
    return slot.ready && FrameRoom(slot.ready->bytes) >= frame_bytes;
  };
  return fits(standard_) || fits(large_);
}

void SegmentReserve::Replenish() { ScheduleIfNeeded(); }

void SegmentReserve::Request(uint64_t frame_bytes) {
  if (IsLarge(frame_bytes)) {
    const std::lock_guard lock(mutex_);
    large_.wanted_bytes = std::max(large_.wanted_bytes, SegmentBytesFor(frame_bytes));
  }
  ScheduleIfNeeded();
}

SegmentReserve::Outcome SegmentReserve::MakeNow(uint64_t frame_bytes) {
  Slot& slot = IsLarge(frame_bytes) ? large_ : standard_;
  {
    const std::lock_guard lock(mutex_);
    if (slot.ready && FrameRoom(slot.ready->bytes) >= frame_bytes) return Outcome::kReady;
    if (making_) return Outcome::kBusy;
    if (!slot.may_try) return Outcome::kFull;
    if (IsLarge(frame_bytes)) {
      slot.wanted_bytes = std::max(slot.wanted_bytes, SegmentBytesFor(frame_bytes));
    }
    making_ = true;
  }
  return Make(slot) ? Outcome::kReady : Outcome::kFull;
}

bool SegmentReserve::CanServe(uint64_t frame_bytes) const {
  if (Fits(frame_bytes)) return true;
  const std::lock_guard lock(mutex_);
  return !making_ && (IsLarge(frame_bytes) ? large_ : standard_).may_try;
}

bool SegmentReserve::Refused(uint64_t frame_bytes) const {
  const std::lock_guard lock(mutex_);
  return (IsLarge(frame_bytes) ? large_ : standard_).error.has_value();
}

std::optional<Error> SegmentReserve::error(uint64_t frame_bytes) const {
  const std::lock_guard lock(mutex_);
  return (IsLarge(frame_bytes) ? large_ : standard_).error;
}

bool SegmentReserve::busy() const {
  const std::lock_guard lock(mutex_);
  return making_;
}

void SegmentReserve::Tick() {
  {
    const std::lock_guard lock(mutex_);
    if (standard_.may_try && large_.may_try) return;
  }
  const uint64_t now = env_.MonotonicNs();
  {
    const std::lock_guard lock(mutex_);
    if (now < last_failure_ns_ + kRetryNs) return;
    standard_.may_try = true;
    large_.may_try = true;
  }
  ScheduleIfNeeded();
}

void SegmentReserve::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  standard_.may_try = true;
  large_.may_try = true;
}

SegmentReserve::Totals SegmentReserve::totals() const {
  const std::lock_guard lock(mutex_);
  Totals totals;
  for (const Slot* slot : {&standard_, &large_}) {
    if (!slot->ready) continue;
    ++totals.segments;
    totals.bytes += slot->ready->bytes;
  }
  return totals;
}

bool SegmentReserve::IsLarge(uint64_t frame_bytes) const {
  return frame_bytes > FrameRoom(options_.segment_bytes);
}

void SegmentReserve::ScheduleIfNeeded() {
  {
    const std::lock_guard lock(mutex_);
    if (scheduled_ || making_ || !NextJob()) return;
    scheduled_ = true;
  }
  options_.schedule([this] { RunScheduled(); });
}

void SegmentReserve::RunScheduled() {
  Slot* slot = nullptr;
  {
    const std::lock_guard lock(mutex_);
    scheduled_ = false;
    slot = making_ ? nullptr : NextJob();
    if (!slot) return;
    making_ = true;
  }
  Make(*slot);
}

SegmentReserve::Slot* SegmentReserve::NextJob() {
  if (closed_) return nullptr;
  for (Slot* slot : {&large_, &standard_}) {
    const uint64_t have = slot->ready ? slot->ready->bytes : 0;
    if (have < slot->wanted_bytes && slot->may_try) return slot;
  }
  return nullptr;
}

bool SegmentReserve::Make(Slot& slot) {
  uint64_t bytes = 0;
  {
    const std::lock_guard lock(mutex_);
    bytes = slot.wanted_bytes;
  }
  Status gate = options_.gate ? options_.gate(bytes) : Status();
  Result<BlankSegment> made = gate ? MakeSegment(env_, options_.dir, options_.allocate(), bytes)
                                   : Result<BlankSegment>(std::unexpected(std::move(gate).error()));
  const uint64_t now = env_.MonotonicNs();
  const bool success = made.has_value();
  std::optional<BlankSegment> outgrown;
  {
    const std::lock_guard lock(mutex_);
    making_ = false;
    if (success) {
      outgrown = std::exchange(slot.ready, *std::move(made));
      slot.error.reset();
    } else {
      slot.error = std::move(made).error();
      slot.may_try = false;
      last_failure_ns_ = now;
    }
  }
  if (outgrown) {
    IgnoreError(env_.Remove(LogPath(options_.dir, outgrown->number)),
                "it holds nothing, and recovery removes what is left");
  }
  options_.on_change();
  ScheduleIfNeeded();
  return success;
}

}  // namespace cordwood::storage

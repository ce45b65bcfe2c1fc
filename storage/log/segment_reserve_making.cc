// The work of SegmentReserve: making a segment of the size that there is space for, and cutting
// one.

#include <algorithm>
#include <utility>

#include "base/format.h"
#include "base/log.h"
#include "storage/log/frame.h"
#include "storage/log/segment_reserve.h"

namespace cordwood::storage {
namespace {

constexpr uint64_t kTellEveryNs = 60'000'000'000;
// While space is short a segment may be as small as this share of the standard one.
constexpr uint64_t kShrinkMost = 16;
constexpr uint64_t kSmallestBytes = 16 * kLogAlign;

}  // namespace

bool SegmentReserve::Make(Slot& slot) {
  uint64_t bytes = 0;
  uint64_t needed = 0;
  bool would_do = false;  // what there is
  {
    const MutexLock lock(mutex_);
    const uint64_t have = slot.ready ? slot.ready->bytes : 0;
    bytes = slot.wanted_bytes;
    needed = &slot == &standard_ ? slot.needed_bytes : bytes;
    if (needed > bytes) bytes = options_.segment_bytes;
    would_do = have > 0 && have >= needed;
    needed = std::max(needed, have == 0 ? 0 : have + kLogAlign);
  }
  Result<BlankSegment> made = MakeFile(bytes, needed);
  const uint64_t now = env_.MonotonicNs();
  const bool success = made.has_value();
  std::optional<BlankSegment> outgrown;
  std::optional<std::string> news;
  {
    const MutexLock lock(mutex_);
    making_ = false;
    if (success) {
      outgrown = std::exchange(slot.ready, std::nullopt);
      if (&slot == &standard_) {
        // One that is smaller for want of space is used up before there is another.
        if (made->bytes < bytes) slot.wanted_bytes = made->bytes;
        SetStandard(*std::move(made));
      } else {
        slot.ready = *std::move(made);
      }
      slot.ready_ns = now;
      slot.error.reset();
    } else if (would_do) {
      slot.wanted_bytes = slot.ready ? slot.ready->bytes : standard_bytes_;
    } else {
      if (IsNews(made.error(), now)) news = made.error().message();
      slot.error = made.error();
      slot.refused_bytes = bytes;
      slot.may_try = false;
      if (&slot == &large_ && !slot.is_due) slot.wanted_bytes = 0;
      last_failure_ns_ = now;
    }
  }
  if (news) LogWarning(Format("no segment can be made for the log: {}", *news));
  if (outgrown) ScheduleRemovalOf(*outgrown);
  options_.on_change();
  ScheduleIfNeeded();
  return success;
}

bool SegmentReserve::IsNews(const Error& error, uint64_t now_ns) {
  const bool told = error.code() == told_ && now_ns < told_ns_ + kTellEveryNs;
  if (told) return false;
  told_ = error.code();
  told_ns_ = now_ns;
  return true;
}

Result<BlankSegment> SegmentReserve::MakeFile(uint64_t wanted, uint64_t needed) {
  const uint64_t least = std::max({needed, wanted / kShrinkMost, kSmallestBytes});
  while (true) {
    Result<BlankSegment> made = TryToMakeFile(wanted);
    if (made || made.error().code() != ErrorCode::kNoSpace || wanted <= least) return made;
    wanted = std::max(wanted / 2 / kLogAlign * kLogAlign, least);
  }
}

Result<BlankSegment> SegmentReserve::TryToMakeFile(uint64_t bytes) {
  if (options_.gate) CW_TRY(options_.gate(bytes));
  Result<BlankSegment> made = MakeHowever(bytes);
  const bool no_space = !made && made.error().code() == ErrorCode::kNoSpace;
  if (no_space && options_.make_space && options_.make_space()) made = MakeHowever(bytes);
  return made;
}

SegmentSpace SegmentReserve::NextSpace() const {
  const SegmentSpace wanted = options_.space();
  const MutexLock lock(mutex_);
  return can_reserve_space_ ? wanted : SegmentSpace::kZeros;
}

Result<BlankSegment> SegmentReserve::MakeHowever(uint64_t bytes) {
  Result<BlankSegment> made =
      MakeSegment(env_, options_.dir, options_.allocate(), bytes, NextSpace());
  if (made || made.error().code() != ErrorCode::kUnsupported) return made;
  LogNotice("the file system reserves no space: segments of the log are filled with zeros");
  {
    const MutexLock lock(mutex_);
    can_reserve_space_ = false;
  }
  return MakeSegment(env_, options_.dir, options_.allocate(), bytes);
}

void SegmentReserve::Cut() {
  std::optional<BlankSegment> blank;
  uint64_t bytes = 0;
  {
    const MutexLock lock(mutex_);
    blank = std::exchange(standard_.ready, std::nullopt);
    bytes = standard_.wanted_bytes;
    ready_room_.store(0, std::memory_order_release);
  }
  if (blank && !CutSegment(*blank, bytes)) ScheduleRemovalOf(*std::exchange(blank, std::nullopt));
  {
    const MutexLock lock(mutex_);
    making_ = false;
    if (blank) SetStandard(*std::move(blank));
  }
  options_.on_change();
  ScheduleIfNeeded();
}

}  // namespace cordwood::storage

#include "storage/log/log_room.h"

#include <algorithm>

#include "storage/log/frame.h"

namespace cordwood::storage {
namespace {

constexpr uint64_t kWritersWaitNs = 2'000'000'000;
constexpr uint64_t kSpareBytes = 64 << 10;

}  // namespace

LogRoom::LogRoom(Env& env, const SegmentReserve& reserve, const Options& options,
                 const SegmentWriter& active)
    : env_(env),
      reserve_(reserve),
      segment_bytes_(options.segment_bytes),
      group_bytes_(options.group_bytes),
      left_(active.room()),
      half_(FrameRoom(active.bytes()) / 2),
      durability_(options.durability) {}

bool LogRoom::HasMemoryFor(uint64_t bytes) const {
  const uint64_t most = group_bytes_.load(std::memory_order_relaxed);
  const uint64_t waiting = pending_bytes();
  if (waiting >= most) return false;
  return bytes <= most - waiting || in_flight_bytes_.load(std::memory_order_relaxed) <= most;
}

bool LogRoom::AcceptsWrites() const {
  if (is_closed() || is_stuck()) return false;
  return !full() || !HalfIsUsed();
}

bool LogRoom::HasRoomFor(uint64_t bytes, uint64_t spare) const {
  if (is_closed() || is_stuck()) return false;
  const uint64_t frame = FrameWith(bytes) + spare;
  return left_.load(std::memory_order_relaxed) >= frame || reserve_.ready_room() >= frame;
}

uint64_t LogRoom::spare_bytes() const { return std::min(kSpareBytes, segment_bytes_ / 8); }

bool LogRoom::MayGainRoom() const {
  return releases_.load(std::memory_order_relaxed) > 0 || reserve_.at_work();
}

bool LogRoom::HalfIsUsed() const {
  return left_.load(std::memory_order_relaxed) <
         FrameWith(0) + half_.load(std::memory_order_relaxed);
}

bool LogRoom::SyncIsLate() const {
  if (durability_.load(std::memory_order_relaxed) != Durability::kEverySecond) return false;
  const uint64_t oldest = oldest_unsynced_ns_.load(std::memory_order_relaxed);
  return oldest != 0 && env_.MonotonicNs() > oldest + kWritersWaitNs;
}

}  // namespace cordwood::storage

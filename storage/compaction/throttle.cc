#include "storage/compaction/throttle.h"

#include <algorithm>

namespace cordwood::storage {
namespace {

constexpr uint64_t kLookEveryNs = 100'000'000;
constexpr double kSlowFactor = 2.0;
// A sync that is faster than this hurts nobody: large groups take some milliseconds by themselves.
constexpr double kFastEnoughNs = 10e6;
constexpr double kDecrease = 0.5;
constexpr double kIncrease = 1.125;
// What syncs take when left alone is the least that was seen; it rises by this a second, because
// the device may have become slower for good.
constexpr double kCalmRise = 1.005;

}  // namespace

bool MergeThrottle::SyncsSuffer(const Signs& signs) {
  const MutexLock lock(mutex_);
  if (signs.now_ns >= next_look_ns_) Look(signs);
  return syncs_suffer_;
}

uint64_t MergeThrottle::SleepNs(uint64_t bytes, const Signs& signs) {
  const MutexLock lock(mutex_);
  if (signs.now_ns >= next_look_ns_) Look(signs);
  if (signs.late || rate_ >= kMost) return 0;
  return static_cast<uint64_t>(static_cast<double>(bytes) * 1e9 / rate_);
}

void MergeThrottle::Look(const Signs& signs) {
  next_look_ns_ = signs.now_ns + kLookEveryNs;
  const auto sync_ns = static_cast<double>(signs.sync_ns);
  if (sync_ns > 0) {
    const bool is_first = calm_sync_ns_ == 0;
    calm_sync_ns_ = is_first ? sync_ns : std::min(calm_sync_ns_ * kCalmRise, sync_ns);
  }
  syncs_suffer_ = sync_ns > kFastEnoughNs && sync_ns > kSlowFactor * calm_sync_ns_;
  rate_ = std::clamp(rate_ * (syncs_suffer_ ? kDecrease : kIncrease), kLeast, kMost);
}

uint64_t MergeThrottle::limit() const {
  const MutexLock lock(mutex_);
  return rate_ >= kMost ? 0 : static_cast<uint64_t>(rate_);
}

}  // namespace cordwood::storage

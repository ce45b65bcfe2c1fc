#include "bench/log_probe/row.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <limits>

#include "base/check.h"

namespace cordwood::bench {
namespace {

constexpr uint64_t kNsPerSecond = 1'000'000'000;
constexpr uint64_t kSyncEveryNs = kNsPerSecond;
constexpr uint64_t kPaceNs = 1'000'000;

uint64_t NowNs() {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                   std::chrono::steady_clock::now().time_since_epoch())
                                   .count());
}

/// Lets groups through at a rate, a millisecond's worth at a time: waiting for each of them would
/// cost more than the write. What fell behind during a long call is made up for.
class Pace {
 public:
  explicit Pace(uint64_t rate) : rate_(rate), timer_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)) {
    CHECK(timer_ >= 0);
    const timespec interval{.tv_sec = 0, .tv_nsec = kPaceNs};
    const itimerspec spec{.it_interval = interval, .it_value = interval};
    CHECK(timerfd_settime(timer_, 0, &spec, nullptr) == 0);
  }
  ~Pace() { close(timer_); }
  Pace(const Pace&) = delete;
  Pace& operator=(const Pace&) = delete;

  void Begin() {
    begin_ns_ = NowNs();
    groups_ = 0;
  }
  void Await() {
    if (rate_ == 0) return;
    ++groups_;
    while ((NowNs() - begin_ns_) * rate_ / kNsPerSecond < groups_) {
      uint64_t expirations = 0;
      CHECK(::read(timer_, &expirations, sizeof expirations) == sizeof expirations);
    }
  }

 private:
  uint64_t rate_;
  int timer_;
  uint64_t begin_ns_ = 0;
  uint64_t groups_ = 0;
};

class Measurement {
 public:
  Measurement(const Row& row, const RowLimits& limits, dev_t device)
      : limits_(limits),
        device_(device),
        plan_{.path = limits.directory + "/log_probe.segment",
              .bytes = limits.segment_bytes,
              .frame_bytes = std::max(row.group_bytes, kSectorBytes),
              .state = row.state},
        way_(NewWay(row.way, row.group_bytes)),
        syncs_at_once_(row.way < WayKind::kWhole),
        pace_(syncs_at_once_ ? 0 : limits.unsynced_rate) {}

  Result<Sample> Run() {
    const auto limit_ns = static_cast<uint64_t>(limits_.seconds * kNsPerSecond);
    while (sample_.used.ns < limit_ns) {
      CW_TRY(MakeReady());
      const Counters before = ReadCounters(device_);
      CW_TRY(FillSegment(limit_ns - sample_.used.ns));
      sample_.used += ReadCounters(device_) - before;
    }
    std::ranges::sort(sample_.latencies_ns);
    return std::move(sample_);
  }

  void RemoveFile() const { std::filesystem::remove(plan_.path); }

 private:
  Status MakeReady() {
    CW_TRY(GivePast(plan_));
    const Counters before = ReadCounters(device_);
    CW_TRY(Prepare(plan_));
    sample_.preparations.push_back(ReadCounters(device_) - before);
    return way_->Open(plan_.path, plan_.bytes);
  }

  /// Until it is full or the time is over. The next segment begins when this one is synced.
  Status FillSegment(uint64_t limit_ns) {
    const uint64_t begin = NowNs();
    pace_.Begin();
    for (bool last = false; !last;) {
      pace_.Await();
      const uint64_t start = NowNs();
      CW_TRY(way_->WriteGroup());
      last = !way_->Fits() || start - begin >= limit_ns;
      if (last || (!syncs_at_once_ && SyncIsDue(start))) CW_TRY(way_->Sync());
      ++sample_.groups;
      const uint64_t took = NowNs() - start;
      sample_.latencies_ns.push_back(
          static_cast<uint32_t>(std::min<uint64_t>(took, std::numeric_limits<uint32_t>::max())));
    }
    unsynced_since_ns_ = 0;
    return {};
  }

  bool SyncIsDue(uint64_t now) {
    if (unsynced_since_ns_ == 0) unsynced_since_ns_ = now;
    if (now - unsynced_since_ns_ < kSyncEveryNs) return false;
    unsynced_since_ns_ = 0;
    return true;
  }

  const RowLimits& limits_;
  dev_t device_;
  SegmentPlan plan_;
  std::unique_ptr<Way> way_;
  bool syncs_at_once_;
  Pace pace_;
  uint64_t unsynced_since_ns_ = 0;
  Sample sample_;
};

}  // namespace

double Sample::LatencyUs(double share) const {
  CHECK(!latencies_ns.empty());
  const auto last = static_cast<double>(latencies_ns.size() - 1);
  return static_cast<double>(latencies_ns[static_cast<size_t>(share * last)]) / 1e3;
}

Result<Sample> Measure(const Row& row, const RowLimits& limits) {
  CW_ASSIGN(const dev_t device, DeviceOf(limits.directory));
  Measurement measurement(row, limits, device);
  Result<Sample> sample = measurement.Run();
  measurement.RemoveFile();
  return sample;
}

}  // namespace cordwood::bench

#include "bench/storage/drain.h"

#include <chrono>

#include "base/mutex.h"
#include "bench/storage/clock.h"
#include "bench/storage/usage.h"

namespace cordwood::bench {
namespace {

constexpr std::chrono::milliseconds kPauseBetweenLooks{100};
// Cordwood's merges pause for up to a fifth of a second.
constexpr int kQuietLooks = 5;
// Of the processor, between two looks: ticks and the looks themselves.
constexpr uint64_t kQuietCpuNs = 2'000'000;
constexpr uint64_t kMostNs = 600'000'000'000;

void Pause() {
  Mutex mutex;
  CondVar never;
  const MutexLock lock(mutex);
  never.WaitFor(mutex, kPauseBetweenLooks);
}

}  // namespace

Drained Drain(Engine& engine) {
  const uint64_t start_ns = NowNs();
  uint64_t quiet_since_ns = start_ns;
  for (int quiet = 0; quiet < kQuietLooks;) {
    const uint64_t cpu_ns = CpuNs();
    Pause();
    const bool is_quiet = CpuNs() - cpu_ns < kQuietCpuNs && engine.IsIdle();
    quiet = is_quiet ? quiet + 1 : 0;
    if (!is_quiet) quiet_since_ns = NowNs();
    if (NowNs() > start_ns + kMostNs) return {.ns = kMostNs, .is_idle = false};
  }
  return {.ns = quiet_since_ns - start_ns, .is_idle = true};
}

}  // namespace cordwood::bench

#include "storage/compaction/throttle.h"

#include <gtest/gtest.h>

namespace cordwood::storage {
namespace {

constexpr uint64_t kMs = 1'000'000;
constexpr uint64_t kMegabyte = 1 << 20;

class MergeThrottleTest : public ::testing::Test {
 protected:
  // A merge that moves a megabyte every ten milliseconds, for a second, while syncs take so long;
  // what it was told to sleep the last time.
  uint64_t RunASecond(uint64_t sync_ns, bool late = false) {
    uint64_t sleep_ns = 0;
    for (int i = 0; i < 100; ++i) {
      now_ns_ += 10 * kMs;
      sleep_ns =
          throttle_.SleepNs(kMegabyte, {.now_ns = now_ns_, .sync_ns = sync_ns, .late = late});
    }
    return sleep_ns;
  }

  MergeThrottle throttle_;
  uint64_t now_ns_ = 1;
};

TEST_F(MergeThrottleTest, LeavesMergesAloneWhileSyncsAreAsTheyWere) {
  EXPECT_EQ(RunASecond(2 * kMs), 0u);
  EXPECT_EQ(RunASecond(3 * kMs), 0u);
  EXPECT_EQ(throttle_.limit(), 0u);
}

TEST_F(MergeThrottleTest, LeavesMergesAloneWhenNobodySyncs) {
  EXPECT_EQ(RunASecond(0), 0u);
  EXPECT_EQ(throttle_.limit(), 0u);
}

TEST_F(MergeThrottleTest, SlowsMergesDownWhileSyncsTakeMuchLongerThanBefore) {
  RunASecond(2 * kMs);
  EXPECT_GT(RunASecond(20 * kMs), 30 * kMs);
  RunASecond(20 * kMs);
  EXPECT_EQ(throttle_.limit(), static_cast<uint64_t>(MergeThrottle::kLeast)) << "but not to a stop";
}

TEST_F(MergeThrottleTest, LetsThemGoAgainStepByStep) {
  RunASecond(2 * kMs);
  RunASecond(20 * kMs);
  const uint64_t slowest = throttle_.limit();
  RunASecond(2 * kMs);
  EXPECT_GT(throttle_.limit(), 2 * slowest);
  EXPECT_LT(throttle_.limit(), 5 * slowest);
  for (int i = 0; i < 5; ++i) RunASecond(2 * kMs);
  EXPECT_EQ(throttle_.limit(), 0u);
}

TEST_F(MergeThrottleTest, CaresForNoSyncThatIsFast) {
  RunASecond(kMs / 10);
  EXPECT_EQ(RunASecond(kMs / 2), 0u);
}

TEST_F(MergeThrottleTest, NeverSlowsMergesThatAreLate) {
  RunASecond(2 * kMs);
  EXPECT_EQ(RunASecond(20 * kMs, true), 0u);
  EXPECT_GT(RunASecond(20 * kMs, false), 0u);
}

TEST_F(MergeThrottleTest, TakesADeviceForWhatItHasBecome) {
  RunASecond(2 * kMs);
  RunASecond(20 * kMs);
  for (int i = 0; i < 60; ++i) RunASecond(20 * kMs);
  EXPECT_EQ(throttle_.limit(), 0u);
}

}  // namespace
}  // namespace cordwood::storage

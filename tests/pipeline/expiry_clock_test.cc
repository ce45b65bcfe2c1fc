#include "pipeline/executor/expiry_clock.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"
#include "tests/support/sim_env.h"

namespace cordwood::pipeline {
namespace {

constexpr int64_t kHourMs = 3'600'000;

class ExpiryClockTest : public ::testing::Test {
 protected:
  /// As a server reads it: ten times a second and more.
  void Pass(int64_t ms) {
    for (int64_t passed = 0; passed < ms; passed += 100) {
      env_.AdvanceMs(100);
      const int64_t now = clock_.NowMs();
      EXPECT_GE(now, last_);
      last_ = now;
    }
  }

  support::SimEnv env_{1};
  ExpiryClock clock_{env_};
  int64_t last_ = 0;
};

TEST_F(ExpiryClockTest, IsTheWallClockWhileNobodySetsThat) {
  EXPECT_EQ(clock_.NowMs(), env_.WallMs());
  Pass(5000);
  EXPECT_EQ(clock_.NowMs(), env_.WallMs());
  env_.AdvanceMs(100 * kHourMs);  // nobody asked for long
  EXPECT_EQ(clock_.NowMs(), env_.WallMs());
  EXPECT_EQ(clock_.jumps(), 0u);
}

TEST_F(ExpiryClockTest, FollowsASmallStepForwardAtOnceAndStandsStillForOneBack) {
  env_.JumpWallMs(kClockJumpMs);
  EXPECT_EQ(clock_.NowMs(), env_.WallMs());
  env_.JumpWallMs(-1000);
  const int64_t stands = clock_.NowMs();
  EXPECT_EQ(stands, env_.WallMs() + 1000);
  env_.AdvanceMs(900);
  EXPECT_EQ(clock_.NowMs(), stands);
  Pass(1000);
  EXPECT_EQ(clock_.NowMs(), env_.WallMs());
  EXPECT_EQ(clock_.jumps(), 0u);
}

TEST_F(ExpiryClockTest, GoesOnAsIfThereHadBeenNoJumpForTheGrace) {
  const int64_t start = clock_.NowMs();
  env_.JumpWallMs(kHourMs);
  Pass(kClockGraceMs - 100);
  EXPECT_EQ(clock_.NowMs(), start + kClockGraceMs - 100);
  EXPECT_EQ(clock_.distrusted_ms(), kHourMs);
  Pass(200);
  EXPECT_EQ(clock_.NowMs(), env_.WallMs());
  EXPECT_EQ(clock_.distrusted_ms(), 0);
  EXPECT_EQ(clock_.jumps(), 1u);
}

TEST_F(ExpiryClockTest, AJumpThatEndsWithinTheGraceNeverCounted) {
  const int64_t start = clock_.NowMs();
  env_.JumpWallMs(kHourMs);
  Pass(2000);
  env_.JumpWallMs(-kHourMs);
  Pass(2 * kClockGraceMs);
  EXPECT_EQ(clock_.NowMs(), start + 2000 + 2 * kClockGraceMs);
  EXPECT_EQ(clock_.NowMs(), env_.WallMs());
  EXPECT_EQ(clock_.jumps(), 1u);
}

TEST_F(ExpiryClockTest, EachJumpHasItsGrace) {
  const int64_t start = clock_.NowMs();
  for (int i = 0; i < 5; ++i) {
    env_.JumpWallMs(kHourMs);
    Pass(kClockGraceMs / 2);
  }
  EXPECT_EQ(clock_.jumps(), 5u);
  EXPECT_EQ(clock_.NowMs(), start + 5 * kClockGraceMs / 2);
}

TEST_F(ExpiryClockTest, StepsBackOnlyWhenAskedTo) {
  const int64_t start = clock_.NowMs();
  env_.JumpWallMs(-kHourMs);
  Pass(kClockGraceMs - 100);
  EXPECT_FALSE(clock_.wants_step_back());
  Pass(10 * kClockGraceMs);
  EXPECT_TRUE(clock_.wants_step_back());
  EXPECT_EQ(clock_.NowMs(), start + 11 * kClockGraceMs - 100);
  clock_.StepBack();
  EXPECT_EQ(clock_.NowMs(), env_.WallMs());
  EXPECT_FALSE(clock_.wants_step_back());
  EXPECT_EQ(clock_.jumps(), 1u);
}

TEST_F(ExpiryClockTest, AJumpBackThatEndsIsForgotten) {
  env_.JumpWallMs(-kHourMs);
  Pass(2 * kClockGraceMs);
  ASSERT_TRUE(clock_.wants_step_back());
  env_.JumpWallMs(kHourMs);
  EXPECT_EQ(clock_.NowMs(), env_.WallMs());
  EXPECT_FALSE(clock_.wants_step_back());
}

// Whatever is done to the wall clock, this one neither goes back nor is far from the monotonic one,
// but for jumps that lasted.
TEST_F(ExpiryClockTest, NeverGoesBackByItself) {
  Random random(7);
  for (int i = 0; i < 20'000; ++i) {
    if (random.Below(50) == 0) {
      const auto jump = static_cast<int64_t>(random.Below(20'000)) - 10'000;
      env_.JumpWallMs(jump);
    }
    env_.AdvanceMs(random.Below(3) == 0 ? random.Below(5000) : random.Below(20));
    const int64_t now = clock_.NowMs();
    ASSERT_GE(now, last_);
    last_ = now;
  }
}

}  // namespace
}  // namespace cordwood::pipeline

#include "server/farewell.h"

#include <gtest/gtest.h>

namespace cordwood::server {
namespace {

constexpr uint64_t kMs = 1'000'000;
constexpr uint64_t kStartNs = 5'000 * kMs;

TEST(Farewell, EndsAtOnceWhenNothingIsLeft) {
  Farewell farewell;
  EXPECT_TRUE(farewell.IsOver(0, 77, kStartNs));
}

TEST(Farewell, EndsWhenTheLastByteIsTaken) {
  Farewell farewell;
  EXPECT_FALSE(farewell.IsOver(100, 1000, kStartNs));
  EXPECT_FALSE(farewell.IsOver(1, 1000, kStartNs + 10 * kMs));
  EXPECT_TRUE(farewell.IsOver(0, 1000, kStartNs + 20 * kMs));
}

TEST(Farewell, WaitsNoLongerThanItsBoundForReadersThatRead) {
  Farewell farewell;
  for (uint64_t ms = 0; ms < kFarewellNs / kMs; ms += 100) {
    EXPECT_FALSE(farewell.IsOver(1 << 20, ms, kStartNs + ms * kMs)) << ms;
  }
  EXPECT_TRUE(farewell.IsOver(1 << 20, kFarewellNs, kStartNs + kFarewellNs));
}

TEST(Farewell, DoesNotWaitForReadersThatTakeNothing) {
  Farewell farewell;
  EXPECT_FALSE(farewell.IsOver(100, 0, kStartNs));
  EXPECT_FALSE(farewell.IsOver(50, 0, kStartNs + 500 * kMs));
  EXPECT_FALSE(farewell.IsOver(50, 0, kStartNs + 500 * kMs + kFarewellStalledNs - 1));
  EXPECT_TRUE(farewell.IsOver(50, 0, kStartNs + 500 * kMs + kFarewellStalledNs));
}

}  // namespace
}  // namespace cordwood::server

#include "storage/pacing.h"

#include <gtest/gtest.h>

namespace cordwood::storage {
namespace {

constexpr uint64_t kMegabyte = 1 << 20;

TEST(Pacing, PressureComesFromDebtAboveOneOrFromMemory) {
  EXPECT_EQ(WritePressure(0.9, 0.0), 0.0);
  EXPECT_EQ(WritePressure(1.0, 0.25), 0.25);
  EXPECT_EQ(WritePressure(4.0, 0.25), 1.0);
}

TEST(Pacing, DelaysGrowSmoothlyFromHalfOfThePressure) {
  EXPECT_EQ(WriteDelayUs(0.5, kMegabyte), 0u);
  EXPECT_EQ(WriteDelayUs(1.0, kMegabyte), 100'000u);
  EXPECT_EQ(WriteDelayUs(1.0, kMegabyte / 2), 50'000u);
  uint64_t last = 0;
  for (int percent = 51; percent <= 100; ++percent) {
    const uint64_t delay = WriteDelayUs(percent / 100.0, kMegabyte);
    EXPECT_GE(delay, last);
    EXPECT_LE(delay - last, 7'000u) << "a cliff at " << percent;
    last = delay;
  }
}

TEST(Pacing, NobodyIsStoppedForGood) { EXPECT_EQ(WriteDelayUs(100, kMegabyte), 1'000'000u); }

}  // namespace
}  // namespace cordwood::storage

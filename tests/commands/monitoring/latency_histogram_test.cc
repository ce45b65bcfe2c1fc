#include "commands/monitoring/latency_histogram.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "base/random.h"

namespace cordwood::commands {
namespace {

using Steps = std::vector<std::pair<uint64_t, uint64_t>>;

Steps StepsOf(const LatencyHistogram& histogram) {
  Steps steps;
  for (const auto& step : histogram.Steps()) steps.emplace_back(step.usec, step.calls);
  return steps;
}

TEST(LatencyHistogram, TellsTheNumbersThatRedisTells) {
  LatencyHistogram histogram;
  histogram.Record(1000);
  EXPECT_EQ(histogram.NsAt(50), 1003U);
  EXPECT_EQ(histogram.NsAt(0), 1000U);
  histogram.Record(50'000'000);
  EXPECT_EQ(histogram.NsAt(50), 1003U);
  EXPECT_EQ(histogram.NsAt(99), 50'069'503U);
  EXPECT_EQ(histogram.NsAt(100), 50'069'503U);
  EXPECT_EQ(histogram.total(), 2U);
}

TEST(LatencyHistogram, BringsWhatItCannotTellIntoItsRange) {
  LatencyHistogram histogram;
  histogram.Record(0);
  EXPECT_EQ(histogram.NsAt(100), 1U);
  histogram.Record(UINT64_MAX);
  EXPECT_EQ(histogram.NsAt(100), 1'002'438'655U);
}

TEST(LatencyHistogram, StepsByPowersOfTwo) {
  LatencyHistogram histogram;
  EXPECT_EQ(StepsOf(histogram), Steps{});
  histogram.Record(1);
  histogram.Record(1000);
  histogram.Record(1024);
  histogram.Record(1'500'000);
  EXPECT_EQ(StepsOf(histogram), (Steps{{1, 3}, {2113, 4}}));
  histogram.Record(30'000);
  EXPECT_EQ(StepsOf(histogram), (Steps{{1, 3}, {33, 4}, {2113, 5}}));
}

TEST(LatencyHistogram, IsWithinAHundredth) {
  Random random(7);
  for (int i = 0; i < 2000; ++i) {
    const uint64_t ns = random.Below(uint64_t{1} << (1 + random.Below(29))) + 1;
    LatencyHistogram histogram;
    histogram.Record(ns);
    EXPECT_LE(histogram.NsAt(0), ns);
    EXPECT_GE(histogram.NsAt(100), ns);
    EXPECT_LE(histogram.NsAt(100) - histogram.NsAt(0), ns / 128) << ns;
  }
}

}  // namespace
}  // namespace cordwood::commands

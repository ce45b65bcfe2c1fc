// Power loss and death of the process, judged on reply bytes: what is expected stands in
// power_loss_world.h.

#include <gtest/gtest.h>

#include "tests/pipeline/power_loss_world.h"
#include "tests/support/seeds.h"

namespace cordwood::pipeline {
namespace {

using config::AppendFsync;

constexpr int kLives = 4;

WorldTotals RunSeeds(uint64_t least, uint64_t full, AppendFsync appendfsync) {
  WorldTotals totals;
  for (const uint64_t seed : support::Seeds(least, full)) {
    SCOPED_TRACE("CORDWOOD_SEED=" + std::to_string(seed));
    PowerLossWorld world(seed, appendfsync);
    world.Run(kLives);
    totals.Add(world.totals());
    if (::testing::Test::HasFailure()) break;
  }
  return totals;
}

// A test in which nothing of interest happens would pass as well.
void ExpectThatAllOfItHappened(const WorldTotals& totals) {
  ::testing::Test::RecordProperty("power_losses", std::to_string(totals.power_losses));
  ::testing::Test::RecordProperty("kills", std::to_string(totals.kills));
  // A failure tells enough, and a single seed is run to look at one.
  if (::testing::Test::HasFailure() || support::OneSeedOnly()) return;
  EXPECT_GT(totals.power_losses, 0u);
  EXPECT_GT(totals.kills, 0u);
  EXPECT_GT(totals.rotations, 0u);
  EXPECT_GT(totals.flushes, 0u);
  EXPECT_GT(totals.merges, 0u);
  EXPECT_GT(totals.crashes_in_start, 0u);
  EXPECT_GT(totals.crashes_in_rotation, 0u);
  EXPECT_GT(totals.crashes_in_flush, 0u);
  EXPECT_GT(totals.crashes_in_merge, 0u);
  EXPECT_GT(totals.records_lost, 0u);
}

TEST(PowerLoss, LosesNothingThatWasAcknowledgedOrShown) {
  ExpectThatAllOfItHappened(RunSeeds(2000, 20'000, AppendFsync::kAlways));
}

TEST(PowerLoss, AnEverySecondServerLosesOnlyWhatWasNotSynced) {
  ExpectThatAllOfItHappened(RunSeeds(300, 3000, AppendFsync::kEverySecond));
}

TEST(PowerLoss, AServerThatLeavesSyncsToTheKernelLosesOnlyWhatWasNotSynced) {
  ExpectThatAllOfItHappened(RunSeeds(300, 3000, AppendFsync::kNo));
}

TEST(PowerLoss, TheSameSeedGivesTheSameCallsAndReplies) {
  std::vector<std::pair<uint64_t, uint64_t>> runs;
  for (const uint64_t seed : support::Seeds(20, 200)) {
    SCOPED_TRACE("CORDWOOD_SEED=" + std::to_string(seed));
    for (int run = 0; run < 2; ++run) {
      PowerLossWorld world(seed, AppendFsync::kAlways);
      world.Run(kLives);
      if (HasFailure()) return;
      const std::pair hashes(world.TraceHash(), world.RepliesHash());
      if (run == 1) {
        EXPECT_EQ(hashes, runs.back());
      } else {
        for (const auto& other : runs) EXPECT_NE(hashes, other);
        runs.push_back(hashes);
      }
    }
  }
}

}  // namespace
}  // namespace cordwood::pipeline

// Elements among many who wait for them, at random: what is expected stands in blocking_world.h.

#include <gtest/gtest.h>

#include "base/format.h"
#include "tests/pipeline/blocking_world.h"
#include "tests/support/seeds.h"

namespace cordwood::pipeline {
namespace {

BlockingWorld::Totals RunSeeds(uint64_t least, uint64_t full, size_t clients, size_t keys,
                               int events) {
  constexpr int kLives = 3;
  BlockingWorld::Totals totals;
  for (const uint64_t seed : support::Seeds(least, full)) {
    SCOPED_TRACE(Format("CORDWOOD_SEED={}", seed));
    BlockingWorld world(seed, clients, keys);
    world.Run(kLives, events);
    totals.Add(world.totals());
    if (::testing::Test::HasFailure()) break;
  }
  return totals;
}

// A test in which nothing of interest happens would pass as well.
void ExpectThatAllOfItHappened(const BlockingWorld::Totals& totals) {
  if (::testing::Test::HasFailure() || support::OneSeedOnly()) return;
  EXPECT_GT(totals.delivered, 0u);
  EXPECT_GT(totals.moved, 0u);
  EXPECT_GT(totals.timeouts, 0u);
  EXPECT_GT(totals.unblocked, 0u);
  EXPECT_GT(totals.gone, 0u);
  EXPECT_GT(totals.missing, 0u);
  EXPECT_GT(totals.power_losses, 0u);
}

TEST(BlockingStorm, AThousandWaitForAHundredKeys) {
  ExpectThatAllOfItHappened(RunSeeds(3, 100, 1000, 100, 1000));
}

TEST(BlockingStorm, FewWaitForFewKeys) {
  ExpectThatAllOfItHappened(RunSeeds(30, 3000, 20, 5, 500));
}

}  // namespace
}  // namespace cordwood::pipeline

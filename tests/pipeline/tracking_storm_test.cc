// Clients that keep what they read, at random: what is expected stands in tracking_world.h.

#include <gtest/gtest.h>

#include "base/format.h"
#include "tests/pipeline/tracking_world.h"
#include "tests/support/seeds.h"

namespace cordwood::pipeline {
namespace {

TEST(TrackingStorm, WhatClientsKeepIsWhatIsVisible) {
  constexpr int kEvents = 400;
  TrackingWorld::Totals totals;
  for (const uint64_t seed : support::Seeds(10, 2000)) {
    SCOPED_TRACE(Format("CORDWOOD_SEED={}", seed));
    TrackingWorld world(seed);
    world.Run(kEvents);
    totals.compared += world.totals().compared;
    totals.compared_at_d += world.totals().compared_at_d;
    totals.invalidated += world.totals().invalidated;
    totals.all_invalidated += world.totals().all_invalidated;
    totals.left += world.totals().left;
    if (HasFailure()) return;
  }
  if (support::OneSeedOnly()) return;
  EXPECT_GT(totals.compared, 0u);
  EXPECT_GT(totals.compared_at_d, 0u);
  EXPECT_GT(totals.invalidated, 0u);
  EXPECT_GT(totals.all_invalidated, 0u);
  EXPECT_GT(totals.left, 0u);
}

// Seeds that failed once.
TEST(TrackingStorm, EndsWhereItDidNot) {
  // Expiry waited for a write that owned the executor and waited itself, and took every turn.
  TrackingWorld(1123).Run(400);
}

}  // namespace
}  // namespace cordwood::pipeline

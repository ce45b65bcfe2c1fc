#pragma once

// How many seeds a random test runs, and which.
//
//   for (uint64_t seed : Seeds(200, 20'000)) {
//     SCOPED_TRACE("CORDWOOD_SEED=" + std::to_string(seed));
//     ...
//   }
//
// Environment variables: CORDWOOD_SEED=n runs that seed alone, to replay a failure;
// CORDWOOD_FULL=1 runs the long form of every test.
//
// Threads: any.

#include <cstdint>
#include <vector>

#include "base/env.h"

namespace cordwood::support {

/// Whether CORDWOOD_FULL asks for the long form.
bool FullRun();

/// `quick`, or `full` in a full run; 1 when CORDWOOD_SEED names the only seed.
int SeedCount(int quick, int full);

/// The first seed; a test uses this and the following SeedCount - 1.
uint64_t BaseSeed();

/// All of them.
std::vector<uint64_t> Seeds(int quick, int full);

/// Ends a loop over seeds in time on a slow machine. Reads the clock of `env`, a real one.
class TimeBudget {
 public:
  TimeBudget(Env& env, uint64_t ms);
  bool Spent() const;

 private:
  Env& env_;
  const uint64_t end_ns_;
};

}  // namespace cordwood::support

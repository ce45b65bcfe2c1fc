#pragma once

// Which seeds a random test runs: at least so many, then on until its time is over; in a full run
// a number of them, however long it takes.
//
//   for (const uint64_t seed : Seeds(200, 20'000)) {
//     SCOPED_TRACE(Format("CORDWOOD_SEED={}", seed));
//     ...
//   }
//
// The seeds are 1, 2, 3 and so on. A loop says in the end how many it ran, so that a log shows it.
//
// Environment variables:
//   CORDWOOD_SEED=n          runs that seed alone, to replay a failure
//   CORDWOOD_TEST_SECONDS=x  the time of each loop, 1 s without it; 0 for the least of everything
//   CORDWOOD_FULL=1          runs the full number
//
// Threads: any; a loop has one.

#include <cstdint>
#include <functional>
#include <iterator>

namespace cordwood::support {

/// Whether CORDWOOD_FULL asks for the long form.
bool FullRun();

/// Whether CORDWOOD_SEED names the only seed to run.
bool OneSeedOnly();

/// The seed that CORDWOOD_SEED names, or 1: for tests that take one seed, and the first of a loop.
uint64_t BaseSeed();

class Seeds {
 public:
  using Clock = std::function<uint64_t()>;  // nanoseconds, never back

  /// No run takes less than `least` or more than `full`. The time counts from here.
  Seeds(uint64_t least, uint64_t full);
  Seeds(uint64_t least, uint64_t full, Clock clock);
  ~Seeds();
  Seeds(const Seeds&) = delete;
  Seeds& operator=(const Seeds&) = delete;

  class Iterator {
   public:
    explicit Iterator(Seeds* seeds) : seeds_(seeds) {}
    uint64_t operator*() const { return seeds_->first_ + seeds_->done_; }
    Iterator& operator++() {
      ++seeds_->done_;
      return *this;
    }
    bool operator==(std::default_sentinel_t) const { return !seeds_->GoesOn(); }

   private:
    Seeds* const seeds_;
  };

  /// One loop: a second one goes on where the first one ended.
  Iterator begin() { return Iterator(this); }
  static std::default_sentinel_t end() { return {}; }

  /// How many seeds the loop is through with.
  uint64_t done() const { return done_; }

 private:
  friend class Iterator;

  bool GoesOn() const;

  const Clock clock_;
  const uint64_t start_ns_;
  const uint64_t budget_ns_;
  const uint64_t first_;
  const uint64_t least_;
  const uint64_t most_;
  uint64_t done_ = 0;
};

}  // namespace cordwood::support

#pragma once

// What happened in a simulation: a hash over every call and its outcome, and the last calls in
// words. Two runs of one seed have the same hash, or something in them is not deterministic.
//
// Owned by SimEnv. Threads: one.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/support/sim_call.h"

namespace cordwood::support {

class SimTrace {
 public:
  explicit SimTrace(uint64_t start_hash) : hash_(start_hash) {}

  /// `task` made the call (0: the driver), `data` is what it wrote, `outcome` an error name or
  /// "ok".
  void Record(const SimCall& call, uint64_t task, std::string_view data, std::string_view outcome);

  uint64_t hash() const { return hash_; }
  uint64_t calls() const { return calls_; }
  /// Up to `count` of the last calls, one a line, oldest first.
  std::string Recent(uint64_t count) const;

 private:
  static constexpr uint64_t kKept = 256;

  struct Entry {
    SimOp op = SimOp::kAny;
    std::string path;
    uint64_t offset = 0;
    uint64_t size = 0;
    uint64_t task = 0;
    std::string outcome;
  };

  uint64_t hash_;
  uint64_t calls_ = 0;
  std::array<Entry, kKept> ring_;
};

}  // namespace cordwood::support

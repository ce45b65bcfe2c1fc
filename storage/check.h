#pragma once

// Verifies a store that is not open: every checksum, every order, every reference between files.
// Reads only.
//
// Threads: any; no state.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/error.h"

namespace cordwood::storage {

struct CheckReport {
  uint64_t tables = 0;
  uint64_t table_bytes = 0;
  uint64_t entries = 0;
  uint64_t runs = 0;
  uint64_t segments = 0;
  uint64_t log_frames_to_replay = 0;
  uint64_t newest_seq = 0;
  uint64_t torn_bytes = 0;  // that the next start will cut off; no acknowledged data
  // Each of these names a file.
  std::vector<std::string> problems;     // damage
  std::vector<std::string> unsupported;  // formats that this version does not know
  std::vector<std::string> leftovers;    // files that the next start will remove

  bool sound() const { return problems.empty() && unsupported.empty(); }
};

/// `progress` is called with a line for people, now and then. An error says why the check could
/// not be made: the store is open elsewhere, there is none, or a call failed.
Result<CheckReport> CheckStore(Env& env, const std::string& dir,
                               const std::function<void(const std::string&)>& progress);

}  // namespace cordwood::storage

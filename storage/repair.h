#pragma once

// Makes a store whose log is not whole usable again, at a price: `cordwood repair --accept-loss`.
//
// What follows the tables without a gap is stored in tables; everything behind the first gap is
// given up. No seq that was ever given is given again. Cut off at any call it can be run again;
// until it is through the store does not open.
//
// Threads: any; no state.

#include <cstdint>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/error.h"
#include "storage/entry.h"
#include "storage/options.h"

namespace cordwood::storage {

struct RepairReport {
  Seq kept_seq = 0;  // the newest record that is there
  Seq last_seq = 0;  // the newest that there ever was, as far as anything tells
  uint64_t segments_removed = 0;
  /// What lay in the place of a segment or the note, was no file, and has these names now.
  std::vector<std::string> set_aside;

  bool lost_anything() const { return kept_seq < last_seq; }
};

/// An error says why it could not be repaired: the store is open elsewhere, there is none, its
/// manifest is damaged, a segment is another store's, or a call failed.
/// REQUIRES: options.counting is what the store is served with.
Result<RepairReport> RepairLog(Env& env, const std::string& dir, const StoreOptions& options);

}  // namespace cordwood::storage

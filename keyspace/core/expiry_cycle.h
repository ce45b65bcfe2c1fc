#pragma once

// Removes keys whose time has passed, although nobody asks for them: walks the deadlines from the
// front up to now, of the databases in which one may be due. The executor calls it a few times a
// second, and again at once while it is on its way to what is due.
//
// A deadline is only a hint. The key's record decides: a deadline that is not its record's was
// left behind by a write that did not look (keyspace/core/keys.h, SetString) and is removed alone.
//
// Records behind blocks that are not in the cache are passed over, so that one round of fetching
// serves many deadlines, up to kColdBytesPerRun. Of the deadlines that were served before,
// tombstones are left: a run steps over kHiddenPerSlice of them, up to a cold block, and the next
// one goes on where it got to.
//
// Ownership: the keyspace outlives it; the transaction is the caller's, who commits it and, if
// something was cold, fetches what the view's missing() names and runs it once more. The caller
// keeps what it fetched until a run got on: a cache need not hold all that a run reads.
// Threads: the executor.

#include <cstdint>
#include <functional>

#include "base/error.h"
#include "keyspace/core/transaction.h"

namespace cordwood::keyspace {

/// A run stops when it has named more cold blocks than this. The last one may be of any size.
inline constexpr uint64_t kColdBytesPerRun = 256 << 10;

struct ExpiryOutcome {
  uint64_t removed = 0;     // keys
  uint64_t stale = 0;       // deadlines that were no longer their key's
  uint64_t unreadable = 0;  // keys whose record is damaged; they stay
  /// More is due than the limits allowed.
  bool more = false;
  /// The run stepped over as many tombstones as it may: another one goes on from there.
  bool paused = false;
  /// Some of what is due needs the blocks that the view's missing() names.
  bool cold = false;
  /// The run served or passed something. One that did not needs its blocks beside those that were
  /// fetched for the runs before it.
  bool got_on = false;
};

struct ExpiryLimits {
  uint64_t deadlines = 0;
  /// Asked now and then; once it says so the run ends. Empty: never.
  std::function<bool()> time_is_up = {};
};

class ExpiryCycle {
 public:
  explicit ExpiryCycle(Keyspace& keyspace) : keyspace_(keyspace) {}

  /// Looks at some deadlines, however late it is. An error says that a table of deadlines cannot be
  /// read. REQUIRES: execute mode; the transaction wrote nothing else.
  Result<ExpiryOutcome> Run(Transaction& tx, const ExpiryLimits& limits);

 private:
  Keyspace& keyspace_;
  Generation next_ = 0;  // where the next run begins, so that no database waits for ever
};

}  // namespace cordwood::keyspace

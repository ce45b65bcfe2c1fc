#pragma once

// A walk over the keys of a generation, in their order, that can stop anywhere and go on later,
// in another transaction. A key that exists all the time is met exactly once.
//
// Keys that have expired are passed over, by one time for the whole walk: two walks over the same
// state with the same time meet the same keys. A pattern that begins with literal bytes bounds the
// walk to the keys that begin with them.
//
// Threads: one at a time. Copies walk on their own.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "keyspace/core/record.h"
#include "keyspace/core/transaction.h"

namespace cordwood::keyspace {

struct KeyFilter {
  std::string pattern = "*";  // a glob
  std::optional<Type> type;
};

class KeyWalk {
 public:
  /// Begins at the first key that is not smaller than `from`.
  KeyWalk(Generation generation, KeyFilter filter, int64_t now_ms, std::string_view from = {});

  /// Looks at up to `limit` keys and calls `found` for those that pass the filter; returns how
  /// many it looked at. A key that is dear to match counts as several. Fewer than the limit, or
  /// none: the walk is done, or it went on as far as it could, to a block that is not in the cache
  /// or over as many deleted keys as one call may (kHiddenPerSlice). kCold, and any other error,
  /// only if it did not get any further.
  Result<uint64_t> Advance(Transaction& tx, uint64_t limit,
                           const std::function<void(std::string_view key)>& found);

  bool done() const { return done_; }
  /// Where another walk takes over: no key before it is left. Never empty once the walk got
  /// anywhere.
  std::string_view position() const;

 private:
  /// Of looking at a key, in keys that are cheap to match.
  uint64_t CostOf(size_t key_bytes) const;

  const size_t prefix_bytes_;  // of store keys, before the key
  const int64_t now_ms_;
  KeyFilter filter_;
  std::string next_;  // store key
  std::string end_;   // store key
  bool done_ = false;
};

}  // namespace cordwood::keyspace

#pragma once

// A key drawn at random. Of few keys each is as likely as any other; of many nearly so: a key
// with many versions, or in a block of large records, is a little more likely.
//
// Threads: as the transaction's.

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/random.h"
#include "keyspace/core/key_walk.h"
#include "keyspace/core/transaction.h"

namespace cordwood::keyspace {

struct DrawnKey {
  std::optional<std::string> key;
  /// False if keys are left that nobody looked at, because draws fell on none that is seen, or
  /// because blocks are cold: FirstKeys looks at them, in slices.
  bool complete = true;
};

/// Nothing and complete if the database is empty. kCold at most a few times in a row if it is run
/// again with the same seed and the blocks that it named.
Result<DrawnKey> RandomKey(Transaction& tx, int db, Random& random);

/// One of the first keys, each as likely as any other; if the first are all gone, one of the next.
class FirstKeys {
 public:
  FirstKeys(Generation generation, int64_t now_ms, uint64_t seed)
      : walk_(generation, {}, now_ms), random_(seed) {}

  /// Looks at some more keys; true once the choice is made. Leaves its state alone if it fails.
  Result<bool> Advance(Transaction& tx);
  /// REQUIRES: Advance answered true. Nothing if there is no key.
  const std::optional<std::string>& chosen() const { return chosen_; }

 private:
  KeyWalk walk_;
  Random random_;
  std::optional<std::string> chosen_;
  uint64_t met_ = 0;
  uint64_t looked_at_ = 0;
};

}  // namespace cordwood::keyspace

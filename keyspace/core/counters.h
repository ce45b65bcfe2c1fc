#pragma once

// The counters that the keyspace keeps for each generation, and how the store settles them
// (storage/counting.h).
//
// Threads: immutable.

#include "keyspace/core/key_codec.h"
#include "storage/counting.h"

namespace cordwood::keyspace {

enum class CounterKind : uint8_t {
  kKeys = 0,     // keys, expired ones that were not deleted yet included
  kExpires = 1,  // of those, keys with an expiry
  kObjects = 2,  // of those, keys that own elements
};

inline uint64_t CounterId(Generation generation, CounterKind kind) {
  return generation * 4 + static_cast<uint64_t>(kind);
}

/// What a blind write presumes to replace. The values are part of the format.
enum class Assumption : uint8_t {
  kSettled = 0,   // nothing is presumed: the writer knew
  kPlainKey = 1,  // a key without an expiry that owns no elements
};

class KeyCounting final : public storage::CountingPolicy {
 public:
  void Contribution(std::string_view key, std::string_view value, int64_t sign,
                    storage::Counters& sums) const override;
  void Presumed(std::string_view key, uint8_t assumption, storage::Counters& sums) const override;
};

}  // namespace cordwood::keyspace

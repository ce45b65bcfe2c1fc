#pragma once

// What a transaction hands out when it is committed: that keys were changed, and that somebody may
// wait for what one now holds.
//
// Threads: any; no state.

#include <cstdint>
#include <string_view>

#include "keyspace/core/key_codec.h"

namespace cordwood::keyspace {

struct KeyChange {
  enum class Kind : uint8_t {
    kChanged,
    kExpired,  // it was removed because its time had passed
  };

  int db = 0;
  Generation generation = 0;  // which the database meant then
  std::string_view key;       // lives as long as the transaction
  Kind kind = Kind::kChanged;
};

/// The key has got what a command may wait for. What it holds in the end is not told.
struct KeySignal {
  int db = 0;
  std::string_view key;  // lives as long as the transaction
};

}  // namespace cordwood::keyspace

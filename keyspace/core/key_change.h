#pragma once

// That a key was changed: what a transaction hands out when it is committed.
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

}  // namespace cordwood::keyspace

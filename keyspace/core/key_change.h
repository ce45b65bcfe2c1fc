#pragma once

// What a transaction hands out when it is committed: that keys were changed, and that somebody may
// wait for what one now holds.
//
// Threads: any; no state.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "keyspace/core/key_codec.h"

namespace cordwood::keyspace {

/// Between which positions the elements of a list lie.
struct ListEnds {
  uint64_t head = 0;
  uint64_t tail = 0;

  /// What lies within both; nothing if `tail` is not behind `head`.
  ListEnds And(const ListEnds& other) const {
    return {.head = std::max(head, other.head), .tail = std::min(tail, other.tail)};
  }
};

struct KeyChange {
  enum class Kind : uint8_t {
    kChanged,
    kExpired,  // it was removed because its time had passed
  };

  int db = 0;
  Generation generation = 0;  // which the database meant then
  std::string_view key;       // lives as long as the transaction
  Kind kind = Kind::kChanged;
  /// If all that happened to a list is that its ends moved: where they are now.
  std::optional<ListEnds> ends = std::nullopt;
};

/// The key has got what a command may wait for. What it holds in the end is not told.
struct KeySignal {
  int db = 0;
  std::string_view key;  // lives as long as the transaction
};

}  // namespace cordwood::keyspace

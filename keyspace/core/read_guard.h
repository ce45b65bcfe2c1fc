#pragma once

// What a transaction tells that others may overtake: the keys that it reads, so that it can be
// found out whether one of them was changed before it is committed.
//
// Threads: the transaction's.

#include <cstdint>
#include <string_view>

#include "keyspace/core/key_codec.h"

namespace cordwood::keyspace {

class ReadGuard {
 public:
  virtual ~ReadGuard() = default;

  /// The record of the key is going to be read. The name is copied.
  virtual void NoteRead(Generation generation, std::string_view key) = 0;
  /// A record that was read, and had not expired, expires then.
  virtual void NoteExpiry(int64_t expiry_ms) = 0;
};

}  // namespace cordwood::keyspace

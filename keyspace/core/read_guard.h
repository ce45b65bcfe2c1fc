#pragma once

// What a transaction tells that others may overtake: the keys that it reads, so that it can be
// found out whether one of them was changed before it is committed.
//
// Threads: the transaction's.

#include <cstdint>
#include <string_view>

#include "keyspace/core/key_change.h"
#include "keyspace/core/key_codec.h"

namespace cordwood::keyspace {

class ReadGuard {
 public:
  virtual ~ReadGuard() = default;

  /// The record of the key is going to be read. The name is copied.
  virtual void NoteRead(Generation generation, std::string_view key) = 0;
  /// A record that was read, and had not expired, expires then.
  virtual void NoteExpiry(int64_t expiry_ms) = 0;

  /// That the ends of a list move is no change from now on, where they are at `ends`. REQUIRES: its
  /// record was read, and nothing has changed it since.
  virtual void LetEndsMove(Generation generation, std::string_view key, const ListEnds& ends) = 0;
  /// What they left alone since.
  struct Moves {
    uint64_t times = 0;
    ListEnds stayed;
  };
  virtual Moves MovesOf(Generation generation, std::string_view key) const = 0;
  /// It is a change again, if they have moved already as well.
  virtual void FixEnds(Generation generation, std::string_view key) = 0;
  /// Who would change what was read has to wait from now on.
  virtual void Lock() = 0;
};

}  // namespace cordwood::keyspace

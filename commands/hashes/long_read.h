#pragma once

// Reads of a hash that may be too long for one go: what HGETALL, HKEYS, HVALS and HRANDFIELD
// have in common. The first slice looks the key up; the following ones go on where it ended, at
// the same state.
//
// A slice that fails has changed nothing, so that it can be done again. One that has replied
// something when it meets a cold block ends there instead.
//
// Owned by the call, then by the session. Threads: the call's.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "commands/core/call.h"
#include "commands/core/long_read.h"
#include "keyspace/types/hashes.h"

namespace cordwood::commands::hashes {

class HashRead : public LongRead {
 public:
  explicit HashRead(std::string_view key) : key_(key) {}

  /// Counts a hit or a miss with the last slice.
  Result<bool> Step(keyspace::Transaction& tx, protocol::ReplyWriter& reply) final;

 protected:
  /// The whole reply if the key does not exist.
  virtual void ReplyMissing(protocol::ReplyWriter& reply) = 0;
  /// What stands before the first field. May be called again after a failure.
  virtual void Begin(protocol::ReplyWriter& reply, uint64_t length) = 0;
  /// As LongRead::Step. Leaves its state alone if it fails.
  virtual Result<bool> Continue(keyspace::Hash& hash, protocol::ReplyWriter& reply) = 0;

 private:
  const std::string key_;
  std::optional<keyspace::Lookup> found_;  // as of the first slice
};

/// How much one slice does.
inline constexpr size_t kSliceFields = 256;
inline constexpr size_t kSliceBytes = size_t{64} << 10;

enum class WhenCold : uint8_t {
  kRunAgain,  // the command is run again from the start
  kGoOn,      // the read goes on in slices: it would need other blocks if it began anew
};

/// Replies at once if one slice suffices; else hands over a read that starts anew.
Status RunSliced(Call& call, WhenCold when_cold,
                 const std::function<std::unique_ptr<HashRead>()>& make);

}  // namespace cordwood::commands::hashes

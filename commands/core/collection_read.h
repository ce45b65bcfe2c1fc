#pragma once

// Reads of a collection that may be too long for one go: what HGETALL, the scans and the random
// draws of all types have in common. The first slice looks the key up; the following ones go on
// where it ended, at the same state.
//
// A slice that fails has changed nothing, so that it can be done again. One that has replied
// something when it meets a cold block ends there instead.
//
// Owned by the call, then by the session. Threads: the call's.

#include <optional>
#include <string>
#include <string_view>

#include "commands/core/long_read.h"
#include "commands/core/sliced.h"
#include "keyspace/core/record.h"

namespace cordwood::commands {

class CollectionRead : public LongRead {
 public:
  CollectionRead(std::string_view key, keyspace::Type type) : key_(key), type_(type) {}

  /// There are fewer items than a record says.
  static Error CountIsWrong();

  /// Counts a hit or a miss with the last slice.
  Result<bool> Step(keyspace::Transaction& tx, protocol::ReplyWriter& reply) final;

 protected:
  /// How much one slice does.
  static constexpr size_t kSliceItems = 256;
  static constexpr size_t kSliceBytes = size_t{64} << 10;

  /// The whole reply if the key does not exist.
  virtual void ReplyMissing(protocol::ReplyWriter& reply) = 0;
  /// What stands before the first of so many items. May be called again after a failure.
  virtual void Begin(protocol::ReplyWriter& reply, uint64_t length) = 0;
  /// As LongRead::Step. Leaves its state alone if it fails.
  virtual Result<bool> Continue(keyspace::Transaction& tx, const keyspace::Record& record,
                                protocol::ReplyWriter& reply) = 0;

  keyspace::KeyName name() const { return {.generation = generation(), .key = key_}; }

  /// A slice of a walk over all items: visits items until visit(read item) answers false, as
  /// SlicedRead::Step.
  template <typename Visit>
  Result<bool> WalkItems(keyspace::Transaction& tx, const keyspace::Record& record,
                         const protocol::ReplyWriter& reply, const Visit& visit) {
    size_t left = kSliceItems;
    const size_t start = reply.size();
    const auto is_full = [&] { return left-- == 0 || reply.size() - start >= kSliceBytes; };
    return items_.Step(tx, generation(), record, is_full, visit);
  }

 private:
  const std::string key_;
  const keyspace::Type type_;
  std::optional<keyspace::Record> record_;  // as of the first slice
  SlicedRead items_;
};

}  // namespace cordwood::commands

#pragma once

// Reads of strings that may be too long for one go: GET, GETRANGE and MGET once a string lies in
// chunks, and DIGEST. The first slice that meets a string fixes its record; the following ones go
// on where it ended, at the same state.
//
// A slice that fails has changed nothing, so that it can be done again. One that has replied
// something when it meets a cold block ends there instead, but for the first, which may be all.
//
// Owned by the call, then by the session. Threads: the call's.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/hash.h"
#include "commands/core/long_read.h"
#include "keyspace/core/record.h"

namespace cordwood::commands::strings {

/// How much one slice does.
inline constexpr uint64_t kSliceBytes = uint64_t{256} << 10;
inline constexpr size_t kSliceKeys = 1000;

/// The bytes from `start` to `end`, both included; negative ones count from the end.
struct Range {
  int64_t start = 0;
  int64_t end = -1;

  /// Its begin and its end, which is not included, in a string of so many bytes.
  std::pair<uint64_t, uint64_t> In(uint64_t length) const;
};

/// What is replied for each of the keys.
enum class Reply : uint8_t {
  kValue,  // of one key: nil without it, an error for another type
  kRange,  // of one key: a part, nothing without it, an error for another type
  kArray,  // nil without a key and for another type
};

class LongStrings final : public LongRead {
 public:
  LongStrings(std::vector<std::string> keys, Reply kind, const Range& range = {})
      : keys_(std::move(keys)), kind_(kind), range_(range) {}

  /// Counts hits and misses with the last slice.
  Result<bool> Step(keyspace::Transaction& tx, protocol::ReplyWriter& reply) override;

 private:
  /// How far it got.
  struct Place {
    size_t key = 0;
    bool exists = false;                     // the key that was looked at last
    std::optional<keyspace::Record> record;  // of the key, in chunks and under way
    uint64_t at = 0;
    uint64_t end = 0;

    void NextKey() {
      record.reset();
      ++key;
    }
  };

  /// Appends what stands at the place, up to a slice, and moves the place behind it.
  Status Append(keyspace::Transaction& tx, protocol::ReplyWriter& reply, Place& place) const;
  void AppendNoString(protocol::ReplyWriter& reply, bool exists) const;
  /// Asks for what Append would read from behind the place on, for a slice.
  void NameBlocks(keyspace::Transaction& tx, const protocol::ReplyWriter& reply, Place place) const;

  void CountLookups(keyspace::Transaction& tx) const;

  const std::vector<std::string> keys_;
  const Reply kind_;
  const Range range_;
  bool begun_ = false;
  Place place_;
  std::vector<size_t> missing_;  // which of the keys, ascending
};

/// DIGEST.
class LongDigest final : public LongRead {
 public:
  explicit LongDigest(std::string_view key) : key_(key) {}

  /// Counts a hit or a miss with the last slice.
  Result<bool> Step(keyspace::Transaction& tx, protocol::ReplyWriter& reply) override;

 private:
  const std::string key_;
  uint64_t at_ = 0;
  Hash64Stream hash_;
};

}  // namespace cordwood::commands::strings

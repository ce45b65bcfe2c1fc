#pragma once

// The string type, in its two forms.
//
//   inline      the record's payload is the value
//   elements    chunks, each a store key under the object's oid; the payload's count is the length
//     store key = element prefix (generation, oid), space 1, chunk u32 (big-endian)
//     value     = the chunk's bytes, without the zeros at their end; an absent chunk is zeros
//
// A string goes into chunks when a part of it is written and it is then longer than
// kPatchedWholeMax, so that the next such write logs a chunk and not the whole. What is set as a
// whole stays whole. A string in chunks never becomes shorter.
//
// Reads of several chunks go on past cold ones and answer kCold at the end: all blocks that are
// needed are then named.
//
// Ownership: the transaction outlives what is made here; names are not copied. Threads: the
// transaction's.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "keyspace/core/keys.h"
#include "keyspace/core/transaction.h"

namespace cordwood::keyspace {

inline constexpr uint64_t kChunkBytes = 4096;
/// The longest string that stays whole when a part of it is written.
inline constexpr uint64_t kPatchedWholeMax = 4096;
/// The longest that stays whole when its header alone changes.
inline constexpr uint64_t kRenewedWholeMax = uint64_t{1} << 20;
/// What the numbers of chunks can hold: far above any length that commands let through.
inline constexpr uint64_t kChunkedBytesMax = kChunkBytes << 32;

/// Of a string in chunks, by its record's payload. kCorruption if that is none.
Result<uint64_t> LengthOfChunked(std::string_view payload);

/// A string that can be read, of either form.
class String {
 public:
  /// `record` lives as long as the string, if it is whole. kCorruption if there is no object where
  /// there should be one. REQUIRES: it is a string's.
  static Result<String> Open(Transaction& tx, Generation generation, const RecordView& record);

  uint64_t length() const { return length_; }
  bool in_chunks() const { return !chunk_key_.empty(); }
  /// REQUIRES: !in_chunks().
  std::string_view whole() const { return whole_; }

  /// Calls visit(bytes) for the parts of [begin, end) in their order. The bytes live as long as the
  /// call. On kCold, and on other errors, what was visited is not complete. REQUIRES: begin <= end
  /// <= length().
  using Visit = std::function<void(std::string_view bytes)>;
  Status Read(uint64_t begin, uint64_t end, const Visit& visit);
  Status Read(const Visit& visit) { return Read(0, length_, visit); }
  Result<std::string> ReadPart(uint64_t begin, uint64_t end);
  Result<std::string> ReadAll() { return ReadPart(0, length_); }

 private:
  explicit String(Transaction& tx) : tx_(tx) {}

  Transaction& tx_;
  uint64_t length_ = 0;
  std::string_view whole_;
  std::string chunk_key_;  // of the chunk that was read last; empty: the string is whole
};

/// Writes `bytes` at `offset`, with zeros in front of it if the string is shorter; returns the
/// length that it then has. Creates the key; keeps its expiry. REQUIRES: `before` is what FindKey
/// says in this transaction, without what has expired, and a string if it is there; there are
/// bytes; offset + bytes.size() <= kChunkedBytesMax.
Result<uint64_t> WriteStringAt(Transaction& tx, const KeyName& name, const Lookup& before,
                               uint64_t offset, std::string_view bytes);

/// The record to put where that of a live key changes in its header, or its name, alone: `record`,
/// or one that took the value of a long whole string into chunks, so that the next such change
/// moves no value.
Result<Record> ForNewHeader(Transaction& tx, Generation generation, const Record& record);

}  // namespace cordwood::keyspace

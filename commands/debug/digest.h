#pragma once

// A digest of data: a function of keys, values and whether keys expire, and of nothing else. The
// same data has the same digest in whatever order it was written, in whichever form it is kept,
// before and after merges and restarts. Keys that have expired do not count. The digests of Redis
// are others: one can be compared with one of ours alone.
//
// Digests of the parts are added up, so that their order is of no account, and a large value can
// be worked through in slices.
//
// Threads: as the transaction's.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/hash.h"
#include "commands/core/long_read.h"
#include "commands/core/sliced.h"
#include "keyspace/core/keys.h"
#include "keyspace/core/transaction.h"

namespace cordwood::commands::debug {

class Digest {
 public:
  /// Of the parts one behind the other, each with its length.
  static Digest Of(std::string_view a, std::string_view b = {});
  /// The same of one part that comes in parts itself.
  class Stream {
   public:
    explicit Stream(uint64_t length);

    void Update(std::string_view bytes);
    /// REQUIRES: `length` bytes came.
    Digest digest() const;

   private:
    std::vector<Hash64Stream> words_;
  };

  void Add(const Digest& other);
  /// 40 hex digits. Zeros: nothing was added.
  std::string Hex() const;

 private:
  static constexpr size_t kWords = 3;
  /// The length of one part tells where the other begins.
  static uint64_t SeedOf(size_t word, uint64_t length) { return (uint64_t{word} << 32) + length; }

  std::array<uint64_t, kWords> words_ = {};
};

/// The digest of one value, in as many steps as it takes.
class ValueDigest {
 public:
  ValueDigest(keyspace::Generation generation, keyspace::Record record);

  /// Takes what it looks at off `entries`, at least one if it gets on. True when it is done. kCold,
  /// and other errors, if it did not get on.
  Result<bool> Step(keyspace::Transaction& tx, uint64_t& entries);
  /// REQUIRES: Step answered true.
  const Digest& digest() const { return digest_; }

 private:
  Result<bool> StepString(keyspace::Transaction& tx, uint64_t& entries);

  const keyspace::Generation generation_;
  const keyspace::Record record_;
  SlicedRead items_;
  uint64_t items_read_ = 0;
  // Of a string.
  uint64_t at_ = 0;
  std::optional<Digest::Stream> bytes_;
  Digest digest_;
};

/// DEBUG DIGEST: all keys of all databases.
class DatasetDigest final : public LongRead {
 public:
  Result<bool> Step(keyspace::Transaction& tx, protocol::ReplyWriter& reply) override;

 private:
  /// Goes on in the database db_. True at its end.
  Result<bool> StepDatabase(keyspace::Transaction& tx, uint64_t& entries);
  void Begin(keyspace::Transaction& tx);

  std::optional<int64_t> now_ms_;  // of the first step, by which keys have expired
  int db_ = 0;
  std::string next_;  // store key; empty: the database was not begun
  std::string end_;
  std::optional<ValueDigest> value_;  // of the key before next_, under way
  Digest key_digest_;                 // of that key's name
  Digest digest_;
};

/// DEBUG DIGEST-VALUE: each of the named keys by itself, without its name.
class NamedDigests final : public LongRead {
 public:
  explicit NamedDigests(std::vector<std::string> keys) : keys_(std::move(keys)) {}

  Result<bool> Step(keyspace::Transaction& tx, protocol::ReplyWriter& reply) override;

 private:
  const std::vector<std::string> keys_;
  std::optional<ValueDigest> value_;  // of the first key without a digest, under way
  std::vector<Digest> digests_;
};

}  // namespace cordwood::commands::debug

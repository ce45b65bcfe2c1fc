#pragma once

// Gets to the place before the element of a given index, of a list or a sorted set, in slices: by
// its position or by ranks, or by a walk from the nearer end. Then it is walked on from there.
//
// Owned by a long read. Threads: the call's.

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "commands/core/collection_read.h"
#include "commands/core/sliced.h"
#include "keyspace/core/keys.h"
#include "keyspace/core/record.h"
#include "keyspace/core/transaction.h"

namespace cordwood::commands {

/// So often ranks are tried again which have many deleted entries on the way; then it is walked.
inline constexpr uint32_t kRankPausesMax = 16;

class IndexPlace {
 public:
  enum class From : uint8_t { kFirst, kLast };

  /// REQUIRES: index <= length.
  void Seek(uint64_t index, uint64_t length);
  /// A slice of the way there. True: walked() is there. `open(from, position)` is a reader of all
  /// elements that comes from an end, and goes on at a position. A null object has its elements in
  /// the record.
  template <typename Open>
  Result<bool> Approach(keyspace::Transaction& tx, const keyspace::KeyName& name,
                        const keyspace::ObjectPayload* object, const Open& open) {
    if (to_skip_ == 0) return true;
    if (object != nullptr) {
      CW_ASSIGN(const std::optional<bool> sought, ApproachByRank(tx, name, *object));
      if (sought) return *sought;
    }
    uint64_t slice = kSkippedPerSlice;
    const auto is_full = [&] { return to_skip_ == 0 || slice-- == 0; };
    auto reader = open(nearer_, walked_.position());
    CW_ASSIGN(const bool at_end, walked_.StepWith(reader, is_full, [&](const auto& /*element*/) {
      --to_skip_;
      return true;
    }));
    if (at_end) return std::unexpected(CollectionRead::CountIsWrong());
    return to_skip_ == 0;
  }
  /// Goes on from there, in either direction.
  SlicedRead& walked() { return walked_; }

 private:
  /// What a slice steps over at most.
  static constexpr uint64_t kSkippedPerSlice = 2048;

  /// Nothing: it takes a walk.
  Result<std::optional<bool>> ApproachByRank(keyspace::Transaction& tx,
                                             const keyspace::KeyName& name,
                                             const keyspace::ObjectPayload& object);

  From nearer_ = From::kFirst;
  uint64_t index_ = 0;
  uint64_t to_skip_ = 0;  // from the nearer end
  uint32_t pauses_ = 0;
  SlicedRead walked_;
};

}  // namespace cordwood::commands

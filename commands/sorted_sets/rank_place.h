#pragma once

// Gets to the place before a member of a given index: by ranks, or by a walk from the nearer end,
// in slices.
//
// Owned by a long read. Threads: the call's.

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "commands/core/sliced.h"
#include "keyspace/core/keys.h"
#include "keyspace/core/record.h"
#include "keyspace/core/transaction.h"
#include "keyspace/types/sorted_reader.h"

namespace cordwood::commands::sorted_sets {

/// So often ranks are tried again which have many deleted entries on the way; then it is walked.
inline constexpr uint32_t kRankPausesMax = 16;

class RankPlace {
 public:
  /// REQUIRES: index <= length.
  void Seek(uint64_t index, uint64_t length);
  /// A slice of the way there. True: position() is the place, for readers in both directions.
  Result<bool> Approach(keyspace::Transaction& tx, const keyspace::KeyName& name,
                        const keyspace::Record& record);
  const std::string& position() const { return walked_.position(); }

 private:
  /// Nothing: there are no ranks.
  Result<std::optional<bool>> ApproachByRanks(keyspace::Transaction& tx,
                                              const keyspace::KeyName& name,
                                              const keyspace::Record& record);

  keyspace::SortedReader::Direction nearer_ = keyspace::SortedReader::Direction::kForwards;
  uint64_t index_ = 0;
  uint64_t to_skip_ = 0;
  uint32_t pauses_ = 0;
  SlicedRead walked_;
};

}  // namespace cordwood::commands::sorted_sets

#pragma once

// Which members of a sorted set a command means: between two indexes, scores or names.
//
// Threads: the call's.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "commands/core/arg_reader.h"
#include "commands/core/index_place.h"
#include "commands/core/sliced.h"
#include "keyspace/core/keys.h"
#include "keyspace/core/record.h"
#include "keyspace/core/transaction.h"
#include "keyspace/types/score_order.h"
#include "keyspace/types/sorted_reader.h"
#include "keyspace/types/sorted_set_ranges.h"

namespace cordwood::commands::sorted_sets {

enum class By : uint8_t { kIndex, kScore, kLex };

/// Owns what it says: a long read outlives its request.
struct Selection {
  By by = By::kIndex;
  int64_t start = 0;  // of indexes; negative ones count from the end
  int64_t stop = 0;
  keyspace::ScoreRange scores;
  std::string min;  // of names, as they stand in the request
  std::string max;

  /// What is meant of names. It points into this.
  keyspace::LexRange names() const;
};

/// Two arguments, which may not be there. `reversed`: the greater one comes first, but for indexes.
/// Replies and answers nothing if they make no sense.
std::optional<Selection> TakeSelection(Call& call, size_t first, By by, bool reversed);

/// Finds the stretch of the order that is meant, by scores or names. Names are asked of members
/// that all have one score; a first look at both ends tells. If there are several, the stretch
/// begins at the first member whose name is not too low and ends before the next one whose name is
/// too high, as in a small set of Redis, and is found by a walk, in slices.
class StretchFinder {
 public:
  explicit StretchFinder(const Selection& selection) : selection_(selection) {}

  /// A slice. True: stretch() is known.
  Result<bool> Find(keyspace::Transaction& tx, keyspace::Generation generation,
                    const keyspace::Record& record);
  const keyspace::OrderRange& stretch() const { return *stretch_; }

 private:
  /// The score at an end, once a slice has met it.
  class EndScore {
   public:
    explicit EndScore(keyspace::SortedReader::Direction from) : from_(from) {}
    Result<bool> Find(keyspace::Transaction& tx, keyspace::Generation generation,
                      const keyspace::Record& record);
    double score() const { return *score_; }

   private:
    const keyspace::SortedReader::Direction from_;
    SlicedRead read_;
    std::optional<double> score_;
  };
  Result<bool> Walk(keyspace::Transaction& tx, keyspace::Generation generation,
                    const keyspace::Record& record);

  const Selection& selection_;
  EndScore least_{keyspace::SortedReader::Direction::kForwards};
  EndScore greatest_{keyspace::SortedReader::Direction::kBackwards};
  SlicedRead walk_;
  std::optional<std::string> begin_;  // of the stretch, once the walk has met it
  std::optional<keyspace::OrderRange> stretch_;
};

/// A slice of the way to the place of an index: as IndexPlace::Approach, of a sorted set.
Result<bool> ApproachIndex(keyspace::Transaction& tx, const keyspace::KeyName& name,
                           const keyspace::Record& record, IndexPlace& place);

/// Calls slice() until it answers true, in a transaction that may write. kLong: that takes more
/// than one turn, and it does not wait.
Status RunSlices(keyspace::Transaction& tx, const std::function<Result<bool>()>& slice);

}  // namespace cordwood::commands::sorted_sets

#pragma once

// Which members of a sorted set a command means: between two indexes, scores or names.
//
// Threads: the call's.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "commands/core/arg_reader.h"
#include "commands/core/sliced.h"
#include "keyspace/core/record.h"
#include "keyspace/core/transaction.h"
#include "keyspace/types/score_order.h"
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

/// Finds the stretch of the order that is meant, by scores or names: in as many slices as it takes
/// to see the least score, which names are asked of.
class StretchFinder {
 public:
  explicit StretchFinder(const Selection& selection) : selection_(selection) {}

  /// A slice. True: stretch() is known.
  Result<bool> Find(keyspace::Transaction& tx, keyspace::Generation generation,
                    const keyspace::Record& record);
  const keyspace::OrderRange& stretch() const { return *stretch_; }

 private:
  const Selection& selection_;
  SlicedRead first_;
  std::optional<keyspace::OrderRange> stretch_;
};

}  // namespace cordwood::commands::sorted_sets

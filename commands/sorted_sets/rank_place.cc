#include "commands/sorted_sets/rank_place.h"

#include "base/check.h"
#include "commands/core/collection_read.h"

namespace cordwood::commands::sorted_sets {
namespace {

using keyspace::SortedReader;
using Direction = SortedReader::Direction;

/// What a slice steps over at most.
constexpr uint64_t kSkippedAtOnce = 2048;

}  // namespace

void RankPlace::Seek(uint64_t index, uint64_t length) {
  CHECK(index <= length);
  nearer_ = index <= length / 2 ? Direction::kForwards : Direction::kBackwards;
  to_skip_ = nearer_ == Direction::kForwards ? index : length - index;
}

Result<bool> RankPlace::Approach(keyspace::Transaction& tx, keyspace::Generation generation,
                                 const keyspace::Record& record) {
  if (to_skip_ == 0) return true;
  uint64_t slice = kSkippedAtOnce;
  const auto is_full = [&] { return to_skip_ == 0 || slice-- == 0; };
  SortedReader reader(tx, generation, record, keyspace::OrderRange(), nearer_, walked_.position());
  CW_ASSIGN(const bool at_end,
            walked_.StepWith(reader, is_full, [&](const keyspace::ScoredMember&) {
              --to_skip_;
              return true;
            }));
  if (at_end) return std::unexpected(CollectionRead::CountIsWrong());
  return to_skip_ == 0;
}

}  // namespace cordwood::commands::sorted_sets

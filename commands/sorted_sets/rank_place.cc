#include "commands/sorted_sets/rank_place.h"

#include "base/check.h"
#include "commands/core/collection_read.h"
#include "keyspace/types/object_ranks.h"

namespace cordwood::commands::sorted_sets {
namespace {

using keyspace::SortedReader;
using Direction = SortedReader::Direction;

/// What a slice steps over at most.
constexpr uint64_t kSkippedAtOnce = 2048;

}  // namespace

void RankPlace::Seek(uint64_t index, uint64_t length) {
  CHECK(index <= length);
  index_ = index;
  nearer_ = index <= length / 2 ? Direction::kForwards : Direction::kBackwards;
  to_skip_ = nearer_ == Direction::kForwards ? index : length - index;
}

Result<std::optional<bool>> RankPlace::ApproachByRanks(keyspace::Transaction& tx,
                                                       const keyspace::KeyName& name,
                                                       const keyspace::Record& record) {
  if (!record.owns_object() || pauses_ == kRankPausesMax) return std::nullopt;
  CW_ASSIGN(const auto object, keyspace::ObjectPayload::Decode(record.payload));
  keyspace::AskForRanks(tx, name, object, to_skip_);
  auto place = keyspace::SubkeyByRank(tx, name.generation, object, index_);
  if (!place && place.error().code() == ErrorCode::kPaused) {
    ++pauses_;
    return false;
  }
  CW_ASSIGN(std::optional<std::string> found, std::move(place));
  if (!found) return std::nullopt;
  walked_.StartAt(*std::move(found));
  to_skip_ = 0;
  return true;
}

Result<bool> RankPlace::Approach(keyspace::Transaction& tx, const keyspace::KeyName& name,
                                 const keyspace::Record& record) {
  if (to_skip_ == 0) return true;
  CW_ASSIGN(const std::optional<bool> ranked, ApproachByRanks(tx, name, record));
  if (ranked) return *ranked;
  uint64_t slice = kSkippedAtOnce;
  const auto is_full = [&] { return to_skip_ == 0 || slice-- == 0; };
  SortedReader reader(tx, name.generation, record, keyspace::OrderRange(), nearer_,
                      walked_.position());
  CW_ASSIGN(const bool at_end,
            walked_.StepWith(reader, is_full, [&](const keyspace::ScoredMember&) {
              --to_skip_;
              return true;
            }));
  if (at_end) return std::unexpected(CollectionRead::CountIsWrong());
  return to_skip_ == 0;
}

}  // namespace cordwood::commands::sorted_sets

#include "commands/core/index_place.h"

#include <utility>

#include "base/check.h"
#include "keyspace/types/object_ranks.h"

namespace cordwood::commands {

void IndexPlace::Seek(uint64_t index, uint64_t length) {
  CHECK(index <= length);
  index_ = index;
  nearer_ = index <= length / 2 ? From::kFirst : From::kLast;
  to_skip_ = nearer_ == From::kFirst ? index : length - index;
}

Result<std::optional<bool>> IndexPlace::ApproachByRank(keyspace::Transaction& tx,
                                                       const keyspace::KeyName& name,
                                                       const keyspace::ObjectPayload& object) {
  if (pauses_ == kRankPausesMax) return std::nullopt;
  keyspace::AskForRanks(tx, name, object, to_skip_);
  auto found = keyspace::SubkeyByRank(tx, name.generation, object, index_);
  if (!found && found.error().code() == ErrorCode::kPaused) {
    ++pauses_;
    return false;
  }
  CW_ASSIGN(std::optional<std::string> subkey, std::move(found));
  if (!subkey) return std::nullopt;
  walked_.StartAt(*std::move(subkey));
  to_skip_ = 0;
  return true;
}

}  // namespace cordwood::commands

#include "commands/lists/list_place.h"

#include <optional>
#include <utility>

#include "base/check.h"
#include "keyspace/types/object_ranks.h"

namespace cordwood::commands::lists {
namespace {

using keyspace::ListEnd;
using keyspace::ListWalk;

/// What a slice steps over at most.
constexpr uint64_t kSkippedPerSlice = 2048;
/// So often ranks are tried again which have many deleted entries on the way; then it is walked.
constexpr uint32_t kPausesMax = 16;

}  // namespace

void ListPlace::StartAt(std::string position) {
  walked_.StartAt(std::move(position));
  to_skip_ = 0;
}

void ListPlace::SeekIndex(uint64_t index, uint64_t length) {
  CHECK(from_ == ListEnd::kHead);
  nearer_ = index <= length / 2 ? ListEnd::kHead : ListEnd::kTail;
  index_ = index;
  to_skip_ = nearer_ == ListEnd::kHead ? index : length - index;
}

Result<bool> ListPlace::Approach(keyspace::Transaction& tx, const keyspace::KeyName& name,
                                 const keyspace::ObjectPayload& object) {
  if (to_skip_ == 0) return true;
  if (auto position = ListWalk::PositionBehind(object, nearer_, to_skip_)) {
    StartAt(*std::move(position));
    return true;
  }
  Result<std::optional<std::string>> ranked(std::in_place);
  if (pauses_ < kPausesMax) ranked = SubkeyByRank(tx, name.generation, object, index_);
  if (!ranked && ranked.error().code() == ErrorCode::kPaused) {
    ++pauses_;
    return false;
  }
  CW_ASSIGN(std::optional<std::string> position, std::move(ranked));
  if (position) {
    StartAt(*std::move(position));
    return true;
  }
  AskForRanksAt(tx, name, object, index_);
  uint64_t slice = kSkippedPerSlice;
  const auto is_full = [&] { return to_skip_ == 0 || slice-- == 0; };
  // Coming from the tail, the last one that it meets is the one to begin with.
  ListWalk walk(tx, name.generation, object, nearer_, walked_.position());
  CW_ASSIGN(const bool at_end, walked_.StepWith(walk, is_full, [&](const ListWalk::Element&) {
    --to_skip_;
    return true;
  }));
  if (at_end) return Fail(ErrorCode::kCorruption, "a list has fewer elements than its record says");
  return to_skip_ == 0;
}

}  // namespace cordwood::commands::lists

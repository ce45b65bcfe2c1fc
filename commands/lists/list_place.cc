#include "commands/lists/list_place.h"

#include <optional>
#include <utility>

#include "base/check.h"

namespace cordwood::commands::lists {
namespace {

using keyspace::ListEnd;
using keyspace::ListWalk;

/// What a slice steps over at most.
constexpr uint64_t kSkippedPerSlice = 2048;

}  // namespace

void ListPlace::SeekIndex(uint64_t index, uint64_t length) {
  CHECK(from_ == ListEnd::kHead);
  nearer_ = index <= length / 2 ? ListEnd::kHead : ListEnd::kTail;
  to_skip_ = nearer_ == ListEnd::kHead ? index : length - index;
}

Result<bool> ListPlace::Approach(keyspace::Transaction& tx, keyspace::Generation generation,
                                 const keyspace::ObjectPayload& object) {
  if (to_skip_ == 0) return true;
  if (auto position = ListWalk::PositionBehind(object, nearer_, to_skip_)) {
    walked_.StartAt(*std::move(position));
    to_skip_ = 0;
    return true;
  }
  uint64_t slice = kSkippedPerSlice;
  const auto is_full = [&] { return to_skip_ == 0 || slice-- == 0; };
  // Coming from the tail, the last one that it meets is the one to begin with.
  ListWalk walk(tx, generation, object, nearer_, walked_.position());
  CW_ASSIGN(const bool at_end, walked_.StepWith(walk, is_full, [&](const ListWalk::Element&) {
    --to_skip_;
    return true;
  }));
  if (at_end) return Fail(ErrorCode::kCorruption, "a list has fewer elements than its record says");
  return to_skip_ == 0;
}

}  // namespace cordwood::commands::lists

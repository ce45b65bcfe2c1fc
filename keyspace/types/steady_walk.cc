#include "keyspace/types/steady_walk.h"

#include <string>

namespace cordwood::keyspace {

SteadyWalk::SteadyWalk(Transaction& tx, const OrderedElements& elements, std::string_view begin,
                       std::string_view end)
    : tx_(tx), walk_(elements, begin, end) {}

// Each move has the whole budget: few of them step over much, and then gaps are learned.
void SteadyWalk::BeginMove() { walk_.SetBudget(kHiddenPerSlice); }

Result<bool> SteadyWalk::EndMove(Direction direction) {
  for (;;) {
    if (walk_.Valid()) return true;
    const Status status = walk_.status();
    if (status) return false;
    if (status.error().code() != ErrorCode::kPaused) return std::unexpected(status.error());
    if (!tx_.waits() && tx_.mode() == Transaction::Mode::kExecute) {
      return Fail(ErrorCode::kLong, "too many deleted elements are on the way");
    }
    if (!tx_.waits()) return std::unexpected(status.error());
    const bool forwards = direction == Direction::kForwards;
    const std::string position = forwards ? walk_.position() : walk_.back_position();
    CW_TRY(tx_.Breathe());
    BeginMove();
    forwards ? walk_.SeekTo(position) : walk_.SeekBefore(position);
  }
}

Result<bool> SteadyWalk::SeekTo(std::string_view subkey) {
  BeginMove();
  walk_.SeekTo(subkey);
  return EndMove(Direction::kForwards);
}

Result<bool> SteadyWalk::SeekAtOrBefore(std::string_view subkey) {
  BeginMove();
  walk_.SeekAtOrBefore(subkey);
  return EndMove(Direction::kBackwards);
}

Result<bool> SteadyWalk::Next() {
  BeginMove();
  walk_.Next();
  return EndMove(Direction::kForwards);
}

Result<bool> SteadyWalk::Prev() {
  BeginMove();
  walk_.Prev();
  return EndMove(Direction::kBackwards);
}

}  // namespace cordwood::keyspace

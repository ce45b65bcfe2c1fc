#include "keyspace/types/element_walk.h"

#include <utility>

namespace cordwood::keyspace {

ElementWalk::ElementWalk(Transaction& tx, OrderedElements elements, const Stretch& stretch,
                         Direction direction, std::string position)
    : tx_(tx),
      direction_(direction),
      elements_(std::move(elements)),
      walk_(elements_, stretch.begin, stretch.end),
      position_(std::move(position)) {
  if (position_.empty()) position_ = forwards() ? stretch.begin : stretch.end;
}

void ElementWalk::Move() {
  if (!opened_) walk_.SetBudget(budget_);
  opened_ = true;
  if (!met_) {
    forwards() ? walk_.SeekTo(position_) : walk_.SeekBefore(position_);
  } else {
    forwards() ? walk_.Next() : walk_.Prev();
  }
  met_ = walk_.Valid();
}

Result<std::optional<ElementWalk::Element>> ElementWalk::Next() {
  for (;;) {
    Move();
    if (met_) return Element{.subkey = walk_.subkey(), .value = walk_.value()};
    if (!walk_.stopped()) {
      CW_TRY(walk_.status());
      return std::nullopt;
    }
    position_ = forwards() ? walk_.position() : walk_.back_position();
    const Status stopped = walk_.status();
    if (!tx_.waits() || stopped.error().code() != ErrorCode::kPaused) {
      return std::unexpected(stopped.error());
    }
    CW_TRY(tx_.Breathe());
    walk_.SetBudget(budget_);
  }
}

std::string ElementWalk::position() const {
  if (!met_) return position_;
  return forwards() ? std::string(walk_.subkey()).append(1, '\0') : std::string(walk_.subkey());
}

}  // namespace cordwood::keyspace

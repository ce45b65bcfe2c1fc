#include "keyspace/core/committed_walk.h"

#include <utility>

namespace cordwood::keyspace {

CommittedWalk::CommittedWalk(Transaction& tx, std::string begin, std::string end)
    : tx_(tx), begin_(std::move(begin)), end_(std::move(end)) {
  iterator_.emplace(tx.NewIterator(begin_, end_));
  if (tx_.waits()) tx_.Register(*this);
}

CommittedWalk::~CommittedWalk() {
  if (tx_.waits()) tx_.Unregister(*this);
}

void CommittedWalk::SetBudget(uint64_t entries) {
  if (iterator_) {
    iterator_->SetBudget(entries);
  } else {
    let_go_->budget = entries;
  }
}

void CommittedWalk::Seek(std::string_view key) { GoTo(key, Direction::kForward); }

void CommittedWalk::SeekBefore(std::string_view key) { GoTo(key, Direction::kBackward); }

void CommittedWalk::GoTo(std::string_view place, Direction direction) {
  if (!iterator_) TakeUp();
  Place(place, direction);
  if (tx_.waits()) Wait(direction);
}

void CommittedWalk::Place(std::string_view place, Direction direction) {
  if (direction == Direction::kForward) {
    iterator_->Seek(place);
  } else if (place.empty()) {
    iterator_->SeekToLast();
  } else {
    iterator_->SeekBefore(place);
  }
}

void CommittedWalk::Next() {
  if (iterator_) {
    iterator_->Next();
    if (tx_.waits()) Wait(Direction::kForward);
  } else {
    std::string after = std::move(let_go_->key);
    after.push_back('\0');
    GoTo(after, Direction::kForward);
  }
}

void CommittedWalk::Prev() {
  if (iterator_) {
    iterator_->Prev();
    if (tx_.waits()) Wait(Direction::kBackward);
  } else {
    GoTo(std::string(std::move(let_go_->key)), Direction::kBackward);
  }
}

void CommittedWalk::LetGo() {
  if (!iterator_) return;
  let_go_.emplace(LetGoState{.valid = iterator_->Valid(), .budget = iterator_->budget()});
  if (let_go_->valid) {
    let_go_->key = iterator_->key();
    let_go_->value = iterator_->value();
  }
  before_.stepped += iterator_->stepped();
  before_.met += iterator_->met();
  iterator_.reset();
}

void CommittedWalk::TakeUp() {
  iterator_.emplace(tx_.NewIterator(begin_, end_));
  iterator_->SetBudget(let_go_->budget);
  let_go_.reset();
}

void CommittedWalk::Wait(Direction direction) {
  std::optional<std::string> from;
  // Of blocks that were named, one that cannot be read need not be one that it takes.
  Status waited;
  while (iterator_->stopped() && iterator_->status().error().code() == ErrorCode::kCold) {
    std::string at = iterator_->passed();
    const bool got_on = at != from;
    if (!waited && !got_on) {
      failure_ = waited;
      return;
    }
    from = std::move(at);
    // Which lets go of the iterator.
    waited = tx_.AwaitBlocks(got_on ? Waiter::Earlier::kGo : Waiter::Earlier::kStay);
    TakeUp();
    Place(*from, direction);
  }
}

}  // namespace cordwood::keyspace

#pragma once

// Walks what is committed in [begin, end), as a transaction's view shows it: a
// storage::VisibleIterator that waits for cold blocks if its transaction waits, and then outlives
// the rests of the view.
//
// All members as in storage/visible_iterator.h.
//
// Ownership: the transaction outlives it. Threads: the transaction's.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "keyspace/core/transaction.h"
#include "keyspace/core/waiter.h"
#include "storage/visible_iterator.h"

namespace cordwood::keyspace {

class CommittedWalk final : private ViewUser {
 public:
  CommittedWalk(Transaction& tx, std::string begin, std::string end);
  ~CommittedWalk() override;
  CommittedWalk(const CommittedWalk&) = delete;
  CommittedWalk& operator=(const CommittedWalk&) = delete;

  bool Valid() const { return iterator_ ? iterator_->Valid() : let_go_->valid; }
  Status status() const {
    return !failure_ ? failure_ : iterator_ ? iterator_->status() : Status();
  }
  bool stopped() const { return failure_ && iterator_ && iterator_->stopped(); }
  std::string passed() const { return iterator_->passed(); }

  uint64_t stepped() const { return before_.stepped + (iterator_ ? iterator_->stepped() : 0); }
  uint64_t met() const { return before_.met + (iterator_ ? iterator_->met() : 0); }

  void SetBudget(uint64_t entries);
  uint64_t budget() const { return iterator_ ? iterator_->budget() : let_go_->budget; }

  void Seek(std::string_view key);
  /// Empty: the last key.
  void SeekBefore(std::string_view key);
  void Next();
  void Prev();

  std::string_view key() const { return iterator_ ? iterator_->key() : let_go_->key; }
  std::string_view value() const { return iterator_ ? iterator_->value() : let_go_->value; }

 private:
  /// What is kept of an iterator that had to go.
  struct LetGoState {
    bool valid = false;
    uint64_t budget = 0;
    std::string key;
    std::string value;
  };

  /// By iterators that had to go.
  struct Counts {
    uint64_t stepped = 0;
    uint64_t met = 0;
  };

  void LetGo() override;
  /// A fresh iterator in the place of one that was let go.
  void TakeUp();
  enum class Direction : uint8_t { kForward, kBackward };
  void GoTo(std::string_view place, Direction direction);
  void Place(std::string_view place, Direction direction);
  /// While the iterator has stopped at a cold block, waits and goes on.
  void Wait(Direction direction);

  Transaction& tx_;
  const std::string begin_;
  const std::string end_;
  std::optional<storage::VisibleIterator> iterator_;
  std::optional<LetGoState> let_go_;  // if there is no iterator
  Counts before_;
  Status failure_;  // of a wait
};

}  // namespace cordwood::keyspace

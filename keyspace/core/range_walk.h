#pragma once

// Walks the store keys of a range, both ways, as a transaction sees them: what is committed, with
// the transaction's own writes over it.
//
// Any number of deleted keys may lie between two that exist. A walk that has a budget stops when it
// has stepped over so many, as it does at a cold block, and tells where it got to; another walk, in
// another transaction, goes on there.
//
// status(): as in storage/visible_iterator.h. Views live until the next move. The transaction may
// write while a walk is open; what lies behind the walk's position then does not come back.
//
// Ownership: the transaction outlives it. Threads: the transaction's.

#include <optional>
#include <string>
#include <string_view>

#include "keyspace/core/committed_walk.h"
#include "keyspace/core/transaction.h"

namespace cordwood::keyspace {

/// The budget of a page, or of a slice of a long read: up to a millisecond.
inline constexpr uint64_t kHiddenPerSlice = 8192;

/// A walk that met it has stopped on its way, and another one goes on.
inline bool IsStop(const Error& error) {
  return error.code() == ErrorCode::kCold || error.code() == ErrorCode::kPaused;
}

class RangeWalk {
 public:
  /// To `end`; empty: to the last key of all. Not positioned yet.
  RangeWalk(Transaction& tx, std::string end) : RangeWalk(tx, {}, std::move(end)) {}
  /// From `begin` to `end`.
  RangeWalk(Transaction& tx, std::string begin, std::string end);

  /// Deleted keys, and old versions, that it steps over from now on; without a call any number.
  void SetBudget(uint64_t entries) { committed_.SetBudget(entries); }
  uint64_t budget() const { return committed_.budget(); }

  /// Of what is committed: as in storage/visible_iterator.h.
  uint64_t stepped() const { return committed_.stepped(); }
  uint64_t met() const { return committed_.met(); }

  /// The first key at or after `store_key`.
  void Seek(std::string_view store_key);
  /// The last key before `store_key`; empty: the last one of the range.
  void SeekBefore(std::string_view store_key);
  /// REQUIRES, as the next three: Valid().
  void Next();
  void Prev();
  std::string_view key() const { return own_key_ ? *own_key_ : committed_.key(); }
  std::string_view value() const { return own_key_ ? own_value_ : committed_.value(); }

  bool Valid() const { return valid_; }
  Status status() const { return valid_ ? Status() : committed_.status(); }
  /// The walk stopped on its way: status() is kCold or kPaused.
  bool stopped() const { return !valid_ && committed_.stopped(); }
  /// Where another walk goes on in the same direction: see storage/visible_iterator.h. REQUIRES:
  /// stopped().
  std::string passed() const { return committed_.passed(); }

 private:
  /// Chooses between the committed position and the first own write at or after `from`.
  void Settle(std::string from);
  /// The same with the last own write before `end`.
  void SettleBackward(std::string end);
  /// Whether no committed key that this walk does not know yet lies before an own write, or behind
  /// it on the way back.
  bool IsNext(std::string_view own_key) const;
  bool IsPrevious(std::string_view own_key) const;
  void Show(const Transaction::OwnWrite& own);

  Transaction& tx_;
  const std::string begin_;
  const std::string end_;
  CommittedWalk committed_;
  bool backward_ = false;
  bool valid_ = false;
  std::optional<std::string> own_key_;  // the position is a write of the transaction
  std::string own_value_;
};

}  // namespace cordwood::keyspace

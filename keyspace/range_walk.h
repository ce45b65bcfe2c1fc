#pragma once

// Walks the store keys of a range, forwards, as a transaction sees them: what is committed, with
// the transaction's own writes over it.
//
// status(): as in storage/entry_iterator.h. Views live until the next move. The transaction may
// write while a walk is open; what lies behind the walk's position then does not come back.
//
// Ownership: the transaction outlives it. Threads: the transaction's.

#include <optional>
#include <string>
#include <string_view>

#include "keyspace/transaction.h"
#include "storage/visible_iterator.h"

namespace cordwood::keyspace {

class RangeWalk {
 public:
  /// Everything that begins with `prefix`. Not positioned yet.
  RangeWalk(Transaction& tx, std::string_view prefix);

  /// The first key at or after `store_key`, which begins with the prefix.
  void Seek(std::string_view store_key);
  /// REQUIRES, as the next two: Valid().
  void Next();
  std::string_view key() const { return own_key_ ? *own_key_ : committed_.key(); }
  std::string_view value() const { return own_key_ ? own_value_ : committed_.value(); }

  bool Valid() const { return valid_; }
  Status status() const { return committed_.status(); }

 private:
  /// Chooses between the committed position and the first own write at or after `from`.
  void Settle(std::string from);
  bool Inside(std::string_view store_key) const;

  Transaction& tx_;
  const std::string prefix_;
  const std::string end_;
  storage::VisibleIterator committed_;
  bool valid_ = false;
  std::optional<std::string> own_key_;  // the position is a write of the transaction
  std::string own_value_;
};

}  // namespace cordwood::keyspace

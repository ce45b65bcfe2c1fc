#pragma once

// The order in which a command that names many keys visits them: that of the tree, so that each is
// next to the one before in the overlay, in blocks and in memtables. Equal names stay in the
// caller's order. A few are not worth sorting and stay in it, too. Many are sorted in turns
// (keyspace/core/in_turns.h).
//
// Threads: one at a time.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "keyspace/core/transaction.h"

namespace cordwood::keyspace {

class NameOrder {
 public:
  /// Of every `step`th of `names`, from the first on; as they are given if anybody is told of
  /// events, which come in the caller's order. Errors as Transaction::Breathe.
  static Result<NameOrder> Of(Transaction& tx, std::span<const std::string_view> names,
                              size_t step = 1);

  size_t size() const { return count_; }
  /// Where in `names` the i-th to visit is.
  size_t operator[](size_t i) const { return sorted_.empty() ? i * step_ : sorted_[i].index; }

 private:
  struct Place {
    uint64_t head;  // what the name goes on with, behind what all have in common
    size_t index;
  };

  NameOrder(size_t step, size_t count) : step_(step), count_(count) {}

  size_t step_;
  size_t count_;
  std::vector<Place> sorted_;
};

}  // namespace cordwood::keyspace

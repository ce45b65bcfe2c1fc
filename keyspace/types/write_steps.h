#pragma once

// Counts the steps of a write over elements in their order. What takes more of them than one turn
// should is for a transaction that waits; there others have their turn meanwhile.
//
// Owned by the function that walks. Threads: the transaction's.

#include <cstdint>

#include "base/error.h"
#include "keyspace/core/range_walk.h"
#include "keyspace/core/transaction.h"

namespace cordwood::keyspace {

class WriteSteps {
 public:
  explicit WriteSteps(Transaction& tx) : tx_(tx) {}

  /// The next element. kLong: it is to be done by a transaction that waits.
  template <typename Walk>
  auto Next(Walk& walk) -> decltype(walk.Next()) {
    if (tx_.waits()) {
      CW_TRY(tx_.Breathe());
    } else if (steps_++ == kStepsAtOnce) {
      return TooMany();
    }
    walk.SetBudget(kHiddenPerSlice);
    auto next = walk.Next();
    if (!next && next.error().code() == ErrorCode::kPaused) return TooMany();
    return next;
  }

 private:
  static constexpr uint64_t kStepsAtOnce = 1024;

  static std::unexpected<Error> TooMany() {
    return Fail(ErrorCode::kLong, "a value has too many elements for this to be done at once");
  }

  Transaction& tx_;
  uint64_t steps_ = 0;
};

}  // namespace cordwood::keyspace

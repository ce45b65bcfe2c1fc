#pragma once

// A walk over elements that gets over what stops it as far as its transaction lets it: one that
// waits gives others their turn and goes on. kCold of any other transaction is its caller's, who
// runs again. Too many deleted entries for one turn are kLong for one that writes, which is then
// done by a transaction that waits, and kPaused for one that reads.
//
// Ownership: the transaction and the elements outlive it. Threads: the transaction's.

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "keyspace/core/transaction.h"
#include "keyspace/types/ordered_elements.h"

namespace cordwood::keyspace {

class SteadyWalk {
 public:
  /// From the subkey `begin` on, and before `end`; empty: there is no such bound.
  SteadyWalk(Transaction& tx, const OrderedElements& elements, std::string_view begin = {},
             std::string_view end = {});
  SteadyWalk(const SteadyWalk&) = delete;
  SteadyWalk& operator=(const SteadyWalk&) = delete;

  // As those of OrderedElements::Walk. True: the walk is at an element; false: there is none.
  Result<bool> SeekTo(std::string_view subkey);
  Result<bool> SeekAtOrBefore(std::string_view subkey);
  /// REQUIRES, as the next three: it is at an element.
  Result<bool> Next();
  Result<bool> Prev();
  std::string_view subkey() const { return walk_.subkey(); }
  std::string_view value() const { return walk_.value(); }

 private:
  enum class Direction : uint8_t { kForwards, kBackwards };

  void BeginMove();
  Result<bool> EndMove(Direction direction);

  Transaction& tx_;
  OrderedElements::Walk walk_;
};

}  // namespace cordwood::keyspace

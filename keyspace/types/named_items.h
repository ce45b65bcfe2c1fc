#pragma once

// Takes those out of the items of a small collection that a command names, which may be many.
//
// Threads: the transaction's.

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/error.h"
#include "keyspace/core/in_turns.h"
#include "keyspace/core/transaction.h"

namespace cordwood::keyspace {

/// Returns how many these were. `name_of` is a projection.
template <typename Item, typename NameOf>
Result<uint64_t> EraseNamed(Transaction& tx, std::vector<Item>& items,
                            std::span<const std::string_view> names, const NameOf& name_of) {
  uint64_t erased = 0;
  CW_TRY(InTurns(tx, names, [&](std::span<const std::string_view> some) -> Status {
    const std::unordered_set<std::string_view> gone(some.begin(), some.end());
    erased += std::erase_if(
        items, [&](const Item& item) { return gone.contains(std::invoke(name_of, item)); });
    return {};
  }));
  return erased;
}

}  // namespace cordwood::keyspace

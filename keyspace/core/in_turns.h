#pragma once

// Work on many things that a command names, in parts between which others have their turn: of a
// transaction that waits. Any other one does it at once.
//
// Threads: the transaction's.

#include <algorithm>
#include <cstddef>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "base/error.h"
#include "keyspace/core/transaction.h"

namespace cordwood::keyspace {

/// Of some microseconds each.
inline constexpr size_t kInOneTurn = 256;

/// Calls work(some) for all, in their order.
template <typename T, typename Work>
Status InTurns(Transaction& tx, std::span<const T> all, const Work& work) {
  const size_t at_once = tx.waits() ? kInOneTurn : std::max<size_t>(1, all.size());
  for (size_t i = 0; i < all.size(); i += at_once) {
    CW_TRY(tx.Breathe());
    CW_TRY(work(all.subspan(i, std::min(at_once, all.size() - i))));
  }
  return {};
}

/// The same for work that reads: what one part lacks in the cache is fetched together. `look(one)`
/// reads what the work will.
template <typename T, typename Look, typename Work>
Status ReadInTurns(Transaction& tx, std::span<const T> all, const Look& look, const Work& work) {
  return InTurns(tx, all, [&](std::span<const T> some) -> Status {
    const std::function<void()> look_at_some = [&] {
      for (const T& one : some) {
        const storage::ReadScope scope(tx.view());
        look(one);
      }
    };
    tx.LookAheadBy(&look_at_some);
    const Status done = work(some);
    tx.LookAheadBy(nullptr);
    return done;
  });
}

/// Merges sorted runs of so many, two by two.
template <typename T, typename Before>
Status MergeInTurns(Transaction& tx, std::vector<T>& items, size_t run, const Before& before) {
  std::vector<T> merged;
  merged.reserve(items.size());
  for (size_t first = 0; first < items.size(); first += 2 * run) {
    size_t left = first;
    const size_t left_end = std::min(first + run, items.size());
    size_t right = left_end;
    const size_t right_end = std::min(left_end + run, items.size());
    while (left < left_end || right < right_end) {
      const bool takes_right =
          left == left_end || (right < right_end && before(items[right], items[left]));
      merged.push_back(std::move(items[takes_right ? right++ : left++]));
      if (merged.size() % kInOneTurn == 0) CW_TRY(tx.Breathe());
    }
  }
  items.swap(merged);
  return {};
}

/// Brings them into an order; equal ones into any.
template <typename T, typename Before>
Status SortInTurns(Transaction& tx, std::vector<T>& items, const Before& before) {
  const size_t at_once = tx.waits() ? kInOneTurn : std::max<size_t>(1, items.size());
  for (size_t i = 0; i < items.size(); i += at_once) {
    CW_TRY(tx.Breathe());
    std::ranges::sort(std::span(items).subspan(i, std::min(at_once, items.size() - i)), before);
  }
  for (size_t run = at_once; run < items.size(); run *= 2) {
    CW_TRY(MergeInTurns(tx, items, run, before));
  }
  return {};
}

}  // namespace cordwood::keyspace

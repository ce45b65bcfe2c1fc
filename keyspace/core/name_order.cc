#include "keyspace/core/name_order.h"

#include <algorithm>
#include <cstring>

#include "base/coding.h"
#include "keyspace/core/in_turns.h"

namespace cordwood::keyspace {
namespace {

/// Of fewer names the searches cost less than the sorting.
constexpr size_t kFewNames = 256;

size_t CommonBytes(std::string_view a, std::string_view b, size_t most) {
  const size_t end = std::min({a.size(), b.size(), most});
  return static_cast<size_t>(std::mismatch(a.begin(), a.begin() + end, b.begin()).first -
                             a.begin());
}

/// The first bytes as a number that is ordered as they are; what is missing counts as zeros.
uint64_t HeadOf(std::string_view bytes) {
  char head[sizeof(uint64_t)] = {};
  bytes.copy(head, sizeof(head));
  return LoadBigEndian64(head);
}

}  // namespace

Result<NameOrder> NameOrder::Of(Transaction& tx, std::span<const std::string_view> names,
                                size_t step) {
  NameOrder order(step, (names.size() + step - 1) / step);
  if (order.count_ < kFewNames || tx.keyspace().reports_events()) return order;
  size_t common = names.front().size();
  for (size_t i = 0; i < names.size(); i += step) {
    if (i % kInOneTurn == 0) CW_TRY(tx.Breathe());
    common = CommonBytes(names.front(), names[i], common);
  }
  order.sorted_.reserve(order.count_);
  for (size_t i = 0; i < names.size(); i += step) {
    if (i % kInOneTurn == 0) CW_TRY(tx.Breathe());
    order.sorted_.push_back({.head = HeadOf(names[i].substr(common)), .index = i});
  }
  CW_TRY(SortInTurns(tx, order.sorted_, [names](const Place& a, const Place& b) {
    if (a.head != b.head) return a.head < b.head;
    const int difference = names[a.index].compare(names[b.index]);
    return difference != 0 ? difference < 0 : a.index < b.index;
  }));
  return order;
}

}  // namespace cordwood::keyspace

#include "keyspace/core/name_order.h"

#include <algorithm>
#include <cstring>

#include "base/coding.h"

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

NameOrder::NameOrder(std::span<const std::string_view> names, size_t step, Visit visit)
    : step_(step), count_((names.size() + step - 1) / step) {
  if (count_ < kFewNames || visit == Visit::kAsGiven) return;
  size_t common = names.front().size();
  for (size_t i = 0; i < names.size(); i += step) {
    common = CommonBytes(names.front(), names[i], common);
  }
  sorted_.reserve(count_);
  for (size_t i = 0; i < names.size(); i += step) {
    sorted_.push_back({.head = HeadOf(names[i].substr(common)), .index = i});
  }
  std::ranges::sort(sorted_, [names](const Place& a, const Place& b) {
    if (a.head != b.head) return a.head < b.head;
    const int order = names[a.index].compare(names[b.index]);
    return order != 0 ? order < 0 : a.index < b.index;
  });
}

}  // namespace cordwood::keyspace

#include "keyspace/core/overlay.h"

#include <iterator>
#include <type_traits>

namespace cordwood::keyspace {
namespace {

/// Longer than every store key, so that only values are. They can be given back before the rest.
constexpr size_t kLargeValueBytes = 2 << 20;

}  // namespace

static_assert(std::is_trivially_destructible_v<Overlay::Map::value_type>);

Overlay::Map::iterator Overlay::Seek(std::string_view store_key) const {
  if (last_ != writes_.map.end()) {
    const int order = store_key.compare(last_->first);
    if (order == 0) return last_;
    const bool in_gap = behind_last_ == writes_.map.end() || store_key <= behind_last_->first;
    if (order > 0 && in_gap) return behind_last_;
  }
  return writes_.map.lower_bound(store_key);
}

Overlay::Map::const_iterator Overlay::LastBefore(std::string_view store_key) const {
  const auto behind = store_key.empty() ? writes_.map.end() : Seek(store_key);
  return behind == writes_.map.begin() ? writes_.map.end() : std::prev(behind);
}

const Overlay::Written* Overlay::FindAmong(std::string_view store_key) const {
  const auto it = Seek(store_key);
  return it != writes_.map.end() && it->first == store_key ? &it->second : nullptr;
}

Overlay::Touched Overlay::Touch(std::string_view store_key) {
  const auto place = empty() ? writes_.map.end() : Seek(store_key);
  if (place != writes_.map.end() && place->first == store_key) {
    if (place != last_) {
      last_ = place;
      behind_last_ = std::next(place);
    }
    return {.written = place->second, .first = false};
  }
  last_ = writes_.map.emplace_hint(place, Copy(store_key, {}), Written());
  behind_last_ = place;
  return {.written = last_->second, .first = true};
}

void Overlay::DeleteRange(std::string_view begin, std::string_view end) {
  const auto last = end.empty() ? writes_.map.end() : Seek(end);
  for (auto it = Seek(begin); it != last; ++it) it->second.value.reset();
}

std::string_view Overlay::Copy(std::string_view head, std::string_view tail) {
  const size_t size = head.size() + tail.size();
  if (size == 0) return {};
  auto* copy = size > kLargeValueBytes ? large_values_.emplace_back(new char[size]).get()
                                       : static_cast<char*>(memory_.allocate(size, 1));
  head.copy(copy, head.size());
  tail.copy(copy + head.size(), tail.size());
  return {copy, size};
}

}  // namespace cordwood::keyspace

#pragma once

// The items of a small collection, one behind the other inside its key's record, in the order in
// which they were added.
//
//   item   name bytes, value bytes
//
// `bytes` is a varint32 length and the bytes. A value is the same as in the elements form.
//
// Threads: any; no state.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/coding.h"
#include "base/error.h"

namespace cordwood::keyspace {

/// One item of a collection.
struct Item {
  std::string_view name;
  std::string_view value;

  friend bool operator==(const Item&, const Item&) = default;
};

/// One off the front; nothing if there is none.
inline std::optional<Item> TakeInlineItem(ByteReader& in) {
  const std::optional<std::string_view> name = in.LengthPrefixed();
  const std::optional<std::string_view> value = name ? in.LengthPrefixed() : std::nullopt;
  if (!value) return std::nullopt;
  return Item{.name = *name, .value = *value};
}

/// Calls visit(item) for each item in order until it answers false. The views point into `items`.
/// kCorruption if these are none.
template <typename Visit>
Status VisitInlineItems(std::string_view items, const Visit& visit) {
  for (ByteReader in(items); !in.empty();) {
    const std::optional<Item> item = TakeInlineItem(in);
    if (!item) return Fail(ErrorCode::kCorruption, "the record of a collection is malformed");
    if (!visit(*item)) return {};
  }
  return {};
}

/// What AppendInlineItem appends for an item whose name and value have so many bytes.
constexpr uint64_t InlineItemBytes(uint64_t name, uint64_t value) {
  return VarintBytes(name) + name + VarintBytes(value) + value;
}
/// The value is `head` and `tail`, one behind the other.
void AppendInlineItem(std::string& items, std::string_view name, std::string_view head,
                      std::string_view tail);

}  // namespace cordwood::keyspace

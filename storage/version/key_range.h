#pragma once

// A range of keys. Threads: any; a plain value.

#include <optional>
#include <string>
#include <string_view>

namespace cordwood::storage {

/// A range of keys: begin <= key < end; an absent end means no upper bound.
struct KeyRange {
  std::string begin;
  std::optional<std::string> end;

  bool Contains(std::string_view key) const { return key >= begin && (!end || key < *end); }
  bool Overlaps(const KeyRange& other) const {
    return (!other.end || begin < *other.end) && (!end || other.begin < *end);
  }
  /// True if every key of `other` is in this range.
  bool Covers(const KeyRange& other) const {
    return begin <= other.begin && (!end || (other.end && *other.end <= *end));
  }
  friend bool operator==(const KeyRange&, const KeyRange&) = default;
};

/// The smallest key greater than `key`.
inline std::string Successor(std::string_view key) {
  std::string next(key);
  next.push_back('\0');
  return next;
}

}  // namespace cordwood::storage

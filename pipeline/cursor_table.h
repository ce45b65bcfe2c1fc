#pragma once

// SCAN's cursors: numbers that stand for the key after which the iteration goes on. Bounded in
// number and bytes, but for the newest: the least recently made is forgotten first, and a forgotten
// cursor starts again from the beginning, which costs repeats but never a key.
//
// Numbers of another run of the server are not mistaken for ours: they start at a random place.
// Threads: one at a time.

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

namespace cordwood::pipeline {

class CursorTable {
 public:
  explicit CursorTable(uint64_t random, size_t entries_max = 16384, size_t bytes_max = 8 << 20)
      : next_(random >> 8 | 1), entries_max_(entries_max), bytes_max_(bytes_max) {}

  /// Never 0.
  uint64_t Save(std::string_view key);
  /// Empty if the cursor is not known.
  std::string Load(uint64_t cursor) const;
  /// Of the keys.
  size_t bytes() const { return bytes_; }

 private:
  uint64_t next_;
  const size_t entries_max_;
  const size_t bytes_max_;
  size_t bytes_ = 0;
  std::unordered_map<uint64_t, std::string> keys_;
  std::deque<uint64_t> order_;
};

}  // namespace cordwood::pipeline

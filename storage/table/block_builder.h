#pragma once

// Makes the contents of a data block from entries in order (docs/STORAGE_FORMAT.md).
//
// Owned by a table builder. Knows nothing of files, seals and compression.
//
// Threads: one at a time.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "storage/entry.h"

namespace cordwood::storage {

class BlockBuilder {
 public:
  /// REQUIRES: the entry sorts after the last one.
  void Add(std::string_view key, uint64_t trailer, std::string_view value);

  /// Adds an entry whose value is not copied: the contents are `head`, the value and `tail`. They
  /// live until Clear, which must follow. REQUIRES: empty(), and the entry sorts after the last
  /// one.
  struct Around {
    std::string_view head;
    std::string_view tail;
  };
  Around AddAlone(std::string_view key, uint64_t trailer, size_t value_bytes);

  /// The contents; they live until the next call. REQUIRES: !empty().
  std::string_view Finish();
  /// Begins the next block. last_key and last_trailer stay.
  void Clear();

  bool empty() const { return restarts_.empty(); }
  /// Size of the contents if finished now.
  size_t bytes() const { return bytes_.size() + restarts_.size() * sizeof(uint32_t) + 12; }
  /// Of the last entry added, in this block or before.
  std::string_view last_key() const { return last_key_; }
  uint64_t last_trailer() const { return last_trailer_; }

 private:
  void AddKey(std::string_view key, uint64_t trailer, size_t value_bytes);
  void AppendEnd(std::string& out) const;

  std::string bytes_;
  std::string tail_;  // of an entry alone
  std::vector<uint32_t> restarts_;
  uint32_t since_restart_ = 0;
  Seq base_seq_ = 0;
  std::string last_key_;
  uint64_t last_trailer_ = 0;
};

}  // namespace cordwood::storage

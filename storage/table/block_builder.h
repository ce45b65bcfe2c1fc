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
  std::string bytes_;
  std::vector<uint32_t> restarts_;
  uint32_t since_restart_ = 0;
  Seq base_seq_ = 0;
  std::string last_key_;
  uint64_t last_trailer_ = 0;
};

}  // namespace cordwood::storage

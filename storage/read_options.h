#pragma once

// How a read may behave: cache-only reads never touch a file.

#include <cstdint>
#include <span>
#include <vector>

#include "storage/entry.h"

namespace cordwood::storage {

/// A block of a table file, as a read names it when it is not in the cache; or the table itself,
/// when that is not open.
struct BlockRef {
  uint64_t file_number = 0;
  uint64_t offset = 0;
  uint32_t size = 0;  // on disk, with its trailer

  /// The offset of what is no block, but all that a closed table needs to be opened.
  static constexpr uint64_t kTable = UINT64_MAX;
  bool is_table() const { return offset == kTable; }

  friend bool operator==(const BlockRef&, const BlockRef&) = default;
};

/// Of all of them, on disk.
inline uint64_t BytesOf(std::span<const BlockRef> blocks) {
  uint64_t bytes = 0;
  for (const BlockRef& block : blocks) bytes += block.size;
  return bytes;
}

enum class Tier : uint8_t {
  kCacheOnly,  // answers kCold instead of reading a file: loops and the executor
  kMayBlock,   // reads files: background work, offline tools, tests
};

struct ReadOptions {
  Tier tier = Tier::kMayBlock;
  /// Whether blocks read from disk are put into the cache. Merges say no.
  bool fill_cache = true;
  /// Where a read appends the blocks that were not in the cache: a cache-only one lacks them, and
  /// names some that it would lack next, which may be there; others read them. Not owned; may be
  /// null.
  std::vector<BlockRef>* missing = nullptr;
  /// How many times the usual number of following blocks a walk names there.
  uint32_t ahead = 1;
  /// Where a walk over runs notes the number of the table that it could not read. Not owned; may be
  /// null.
  uint64_t* unreadable = nullptr;
};

}  // namespace cordwood::storage

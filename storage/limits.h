#pragma once

// How large a write may be. Store::Write refuses what is larger, before the log or the memtable get
// it; behind it nothing may refuse: the formats are checked here to take all that it lets through.
//
// Threads: any; no state.

#include <cstdint>
#include <limits>

#include "base/error.h"

namespace cordwood::storage {

/// A key: a name of a mebibyte, and what its owner puts around it.
inline constexpr uint64_t kKeyBytesMax = (uint64_t{1} << 20) + 1024;
/// A key and its value together.
inline constexpr uint64_t kEntryBytesMax = uint64_t{1} << 30;
/// All operations of a batch. A segment is made for one that is larger than a segment.
inline constexpr uint64_t kBatchBytesMax = uint64_t{2} << 30;

// --- what the formats can hold (docs/STORAGE_FORMAT.md) ---

/// What joins a batch in its group, at most: far above what the store lets wait in the log.
inline constexpr uint64_t kGroupBytesMax = kBatchBytesMax + (uint64_t{1} << 30);
/// The shortest operation: a kind and two varints, or a kind, an assumption and an empty key.
inline constexpr uint64_t kOpBytesMin = 3;
/// What a block adds to its entry: lengths, tail, seal. An entry larger than a block is alone.
inline constexpr uint64_t kBlockOverheadBytes = 256;

// Lengths of keys, values, bounds and notes, in batches, blocks, properties and edits: varint32.
static_assert(kKeyBytesMax <= kEntryBytesMax);
static_assert(kEntryBytesMax <= std::numeric_limits<uint32_t>::max());
// A frame counts its operations in a u32; its payload is a u64, and file offsets are signed.
static_assert(kEntryBytesMax + kOpBytesMin <= kBatchBytesMax);
static_assert(kGroupBytesMax / kOpBytesMin <= std::numeric_limits<uint32_t>::max());
// Sizes of blocks in the index, and offsets of restarts in a block: u32. LZ4 takes 31 bits.
static_assert(kEntryBytesMax + kBlockOverheadBytes < std::numeric_limits<int32_t>::max());

/// What a batch holds at most, of each.
struct BatchSizes {
  uint64_t key_bytes = 0;    // the longest key, or bound of a range
  uint64_t entry_bytes = 0;  // the largest key and value, or note
  uint64_t batch_bytes = 0;  // all operations

  void NoteEntry(uint64_t key, uint64_t value) {
    if (key > key_bytes) key_bytes = key;
    if (key + value > entry_bytes) entry_bytes = key + value;
  }
};

/// The bounds of a store. REQUIRES: none is above those of the formats.
struct WriteLimits {
  uint64_t key_bytes = kKeyBytesMax;
  uint64_t entry_bytes = kEntryBytesMax;
  uint64_t batch_bytes = kBatchBytesMax;

  bool fit_the_formats() const {
    return key_bytes <= kKeyBytesMax && entry_bytes <= kEntryBytesMax &&
           batch_bytes <= kBatchBytesMax;
  }
  uint64_t smallest() const {
    const uint64_t smaller = key_bytes < entry_bytes ? key_bytes : entry_bytes;
    return smaller < batch_bytes ? smaller : batch_bytes;
  }
  /// kTooLarge, naming the bound that is passed.
  Status Check(const BatchSizes& sizes) const;
};

}  // namespace cordwood::storage

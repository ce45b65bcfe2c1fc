#pragma once

// Every knob of a store. Sizes are bytes unless the name says otherwise.

#include <cstdint>

#include "base/error.h"
#include "storage/limits.h"

namespace cordwood::storage {

class CountingPolicy;

/// When a write counts as visible, and so may be acknowledged.
enum class Durability : uint8_t {
  kAlways,       // once it is on stable storage
  kEverySecond,  // once the kernel has it; synced every second
  kNever,        // once the kernel has it; synced when the kernel likes
};

struct StoreOptions {
  // --- log ---
  Durability durability = Durability::kAlways;
  uint64_t log_segment_bytes = 64 << 20;
  /// The same, at the start and while little is written (storage/log/segment_size.h).
  uint64_t log_small_segment_bytes = 8 << 20;

  // --- memory ---
  /// A memtable of this size is flushed.
  uint64_t memtable_bytes = 32 << 20;
  /// Of the lists in it (storage/memtable/memtable.h); fewer are for tests.
  uint64_t memtable_list_entries = 8192;
  /// Blocks of tables; and of those that are open, filters and indexes, which take at most half.
  uint64_t block_cache_bytes = 128 << 20;
  /// For the large entries of merges: more than this for one at a time only.
  uint64_t merge_memory_bytes = 64 << 20;
  /// What is remembered of deleted stretches (storage/learned_gaps.h); acts at the start.
  uint64_t gap_bytes = 1 << 20;
  /// What may wait in the log for its write, and as much again be written; one batch may be larger.
  uint64_t log_group_bytes = 32 << 20;
  /// Files of tables that are kept open: descriptors of the process.
  uint64_t open_files = 512;

  // --- tables ---
  uint32_t block_bytes = 4 << 10;
  uint32_t bloom_bits_per_key = 10;
  bool compress_upper = false;  // levels above the last
  bool compress_last = true;    // the last level, with LZ4
  /// Merges cut their output into files of about this size.
  uint64_t fragment_bytes = 32 << 20;

  /// A manifest is begun anew when the edits behind its snapshot are as much, and more than that.
  uint64_t manifest_growth_bytes = 16 << 20;

  // --- shape ---
  /// Sorted runs that an upper level may hold before it is merged down.
  uint32_t runs_per_level = 6;
  /// The last level is kept at most this many times larger than the level above it.
  uint32_t last_level_fanout = 4;
  /// Merges of deeper levels at a time. One of level zero runs beside them: the environment's lane
  /// has a thread more.
  uint32_t compaction_threads = 1;

  // --- limits ---
  /// Bytes the directory may hold; 0: no limit of our own.
  uint64_t max_disk_bytes = 0;
  /// Of one write; smaller ones are for tests.
  WriteLimits write_limits;

  /// Who understands counters; may be null (nothing is counted). Not owned; outlives the store.
  const CountingPolicy* counting = nullptr;
};

/// kInvalidArgument, with the name of the first that no store can work with: a memtable of no bytes
/// would never let a write in.
Status CheckOptions(const StoreOptions& options);

/// How large the files of a store get, but for those that a very large write makes.
uint64_t LargestFileBytes(const StoreOptions& options);

}  // namespace cordwood::storage

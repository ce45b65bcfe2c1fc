#pragma once

// Data blocks in memory, bounded in bytes: those that they take of the allocator. Its own tables
// grow as blocks come, so that a capacity that is never used costs nothing. A block is found by its
// file and offset and pinned while somebody reads it; unpinned blocks leave by the second-chance
// rule (CLOCK: F. J. Corbató, "A Paging Experiment with the Multics System", 1968). A block gets
// one chance when it comes and more, up to three, with each hit, so that a long scan does not push
// out what is read often.
//
// At any quiet moment used_bytes <= capacity + pinned bytes: what is pinned stays, over capacity
// if it must, and is trimmed when it is let go. A block larger than a shard is found while it is
// pinned and leaves with its last pin, so that it does not empty the shard.
//
// Owned by a store; outlives every pin. Never reads a file, and never forgets a file's blocks on
// purpose: numbers are not used twice, so the blocks of removed files grow old and go.
//
// Threads: any. One lock for each shard, held for tens of instructions, never across a call of
// Env; letting a pin go takes none as long as the shard is within its capacity and was
// so since its pins were taken.

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "storage/table/block.h"

namespace cordwood::storage {

struct BlockKey {
  uint64_t file_number = 0;
  uint64_t offset = 0;

  friend bool operator==(const BlockKey&, const BlockKey&) = default;
};

class BlockCache {
  struct Entry;
  struct Shard;

 public:
  /// Keeps a block in memory while it lives. Movable; may be empty.
  class Pin {
   public:
    Pin() = default;
    Pin(Pin&& other) noexcept : entry_(std::exchange(other.entry_, nullptr)) {}
    Pin& operator=(Pin&& other) noexcept {
      std::swap(entry_, other.entry_);
      return *this;
    }
    ~Pin() {
      if (entry_ != nullptr) Release(entry_);
    }

    /// A pin that owns its block; no cache knows of it.
    static Pin Own(Block block);

    explicit operator bool() const { return entry_ != nullptr; }
    const Block& operator*() const;
    const Block* operator->() const { return &**this; }

   private:
    friend class BlockCache;
    explicit Pin(Entry* entry) : entry_(entry) {}
    static void Release(Entry* entry);

    Entry* entry_ = nullptr;
  };

  struct Stats {
    uint64_t hits = 0;
    uint64_t misses = 0;
    uint64_t inserts = 0;
    uint64_t evictions = 0;
    uint64_t examined = 0;  // entries that were looked at for one to evict
    uint64_t blocks = 0;
    uint64_t used_bytes = 0;    // blocks and what it takes to keep them
    uint64_t pinned_bytes = 0;  // the part of them that is pinned
  };

  /// `shards` 0: as many as suit the capacity.
  explicit BlockCache(uint64_t capacity_bytes, uint32_t shards = 0);
  /// REQUIRES: no pins.
  ~BlockCache();
  BlockCache(const BlockCache&) = delete;
  BlockCache& operator=(const BlockCache&) = delete;

  /// An empty pin if the block is not here.
  Pin Lookup(const BlockKey& key);
  /// If the block came here meanwhile, the pin is on that one and `block` is dropped.
  Pin Insert(const BlockKey& key, Block block);

  void SetCapacity(uint64_t capacity_bytes);
  Stats stats() const;

 private:
  Shard& ShardOf(uint64_t hash) const;

  uint32_t shard_count_;  // a power of two
  std::unique_ptr<Shard[]> shards_;
};

}  // namespace cordwood::storage

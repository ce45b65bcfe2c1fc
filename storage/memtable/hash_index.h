#pragma once

// Finds the newest node of a key in one or two cache misses, where the skip list takes twenty
// (300,000 entries of 110 bytes in one list: 0.4 against 2.7 microseconds).
//
// An open-addressed table, in 256 segments by the top byte of the hash: each grows on its own, so
// that no insert pays for moving more than a small part. A slot is one word, so a reader needs no
// lock:
//
//   slot = low 16 bits of the key's hash << 48 | address of the node      (0: free)
//
// The hash bits spare most comparisons of keys and, while a segment has at most 65,536 slots, let
// it grow without touching a node. Outgrown tables stay in the arena: a reader may be in one.
//
// Owned by a memtable; the arena outlives it.
//
// Threads: Put from one thread at a time; Find from any number of threads meanwhile.

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "base/random.h"
#include "storage/memtable/arena.h"
#include "storage/memtable/skiplist.h"

namespace cordwood::storage {

class HashIndex {
 public:
  using Node = SkipList::Node;

  explicit HashIndex(Arena* arena) : arena_(arena) {}
  HashIndex(const HashIndex&) = delete;
  HashIndex& operator=(const HashIndex&) = delete;

  /// Makes `node` the answer for its key, with the present one as its older version. `hash` is
  /// Hash64(node->key()). REQUIRES: it is newer than the present one, and nobody has it from here.
  void Put(uint64_t hash, Node* node);

  /// The newest node of a key drawn at random, each key as likely as any other; null if the draw
  /// missed, which happens to most draws. Cheap: it looks at one slot.
  const Node* Draw(Random& random) const;

  /// The newest node of `key`; null if it has none.
  const Node* Find(std::string_view key, uint64_t hash) const;

 private:
  using Slot = std::atomic<uint64_t>;
  struct Table {
    uint64_t mask;  // slots - 1
    Slot* slots() { return reinterpret_cast<Slot*>(this + 1); }
  };
  struct Segment {
    std::atomic<Table*> table = nullptr;
    uint64_t used = 0;  // the writer's own
  };

  Table* NewTable(uint64_t slot_count);
  void Grow(Segment& segment);

  Arena* const arena_;
  std::array<Segment, 256> segments_;
  std::atomic<uint64_t> largest_mask_ = 0;  // of the segments' tables
};

}  // namespace cordwood::storage

#pragma once

// The newest part of the tree: entries in memory, sorted, until they are flushed to a table file.
// Beside the entries it keeps what a flush must carry on: dead ranges and changes of counters.
//
// Entries lie in lists, a short skip list each, because an insert into one that fits the
// processor's cache costs a fraction of one into a long list. A hash index finds the newest version
// of a key, and from there the older ones. Lists that are sealed, because nothing is added to them
// any more, are sorted into arrays in the background (storage/memtable/sorted_memtable.h), so that
// walks do not have to merge many.
//
// Owned by a version. Never decides what is visible: readers name the newest seq they may see.
//
// Threads: one writer. Get, DrawKey, iterators, entries() and bytes() from any thread meanwhile,
// provided that what they look for was added before they were told its seq. Everything else belongs
// to the writer until the memtable is immutable, then to everybody.

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/random.h"
#include "storage/entry.h"
#include "storage/memtable/arena.h"
#include "storage/memtable/hash_index.h"
#include "storage/memtable/skiplist.h"

namespace cordwood::storage {

class Memtable {
 public:
  /// The value lives as long as the memtable.
  struct Found {
    Tag tag;
    Seq seq = 0;
    std::string_view value;
  };

  struct Options {
    BlockPool* blocks = nullptr;  // may be null; outlives the memtable
    /// Entries of a list. With 100 bytes an entry the nodes that an insert looks at fit a level-two
    /// cache: 300,000 entries took a fifth of the time that one long list took. Smaller lists are
    /// more work to sort.
    uint64_t list_entries = 8192;
  };

  Memtable() : Memtable(Options{}) {}
  explicit Memtable(const Options& options);
  Memtable(const Memtable&) = delete;
  Memtable& operator=(const Memtable&) = delete;

  /// REQUIRES: `seq` is larger than any before.
  void Add(Seq seq, Tag tag, std::string_view key, std::string_view value);
  void AddDeadRange(std::string_view begin, std::string_view end, Seq seq);
  void AddCount(uint64_t counter, int64_t delta);
  /// Widens [first_seq, last_seq] by an operation that leaves nothing else here.
  void NoteSeq(Seq seq);

  /// The newest version of `key` with a seq of at most `at_most`; it may be a tombstone.
  /// `hash` is Hash64(key).
  std::optional<Found> Get(std::string_view key, uint64_t hash, Seq at_most) const;
  std::optional<Found> Get(std::string_view key, Seq at_most) const {
    return Get(key, Hash64(key), at_most);
  }

  /// A key drawn at random, each as likely as any other, those of tombstones too; nothing if there
  /// is none, or by bad luck among few. It lives as long as the memtable.
  std::optional<std::string_view> DrawKey(Random& random) const;

  /// Lists, in the order in which they were filled. All but the last are sealed, and so is that
  /// when the memtable is immutable.
  size_t lists() const { return newest_.load(std::memory_order_acquire)->number + 1; }
  /// The lists from number `first` on, the newest first.
  std::vector<const SkipList*> ListsFrom(size_t first) const;

  /// Memory in use, what sorting it takes too, for deciding when to flush.
  size_t bytes() const;

  uint64_t entries() const { return entries_.load(std::memory_order_relaxed); }
  /// Entries that carry an assumption.
  uint64_t unsettled() const { return unsettled_.load(std::memory_order_relaxed); }
  bool empty() const { return last_seq_ == 0; }
  /// Smallest and largest seq of anything added; 0 when empty.
  Seq first_seq() const { return first_seq_; }
  Seq last_seq() const { return last_seq_; }
  std::span<const DeadRangeView> dead_ranges() const { return dead_ranges_; }
  /// The sum of the changes of each counter that changed.
  const std::map<uint64_t, int64_t>& counts() const { return counts_; }

 private:
  /// Entries that were added one after the other.
  struct List {
    List(Arena* arena, const List* older_list)
        : entries(arena),
          older(older_list),
          number(older_list == nullptr ? 0 : older_list->number + 1) {}
    SkipList entries;
    const List* const older;
    const size_t number;
  };

  void NewList();
  /// Get for a key with many versions.
  std::optional<Found> Search(std::string_view key, Seq at_most) const;
  std::string_view Copy(std::string_view bytes);

  const uint64_t list_entries_max_;
  Arena arena_;
  std::deque<List> lists_;                     // the writer's own
  std::atomic<const List*> newest_ = nullptr;  // where readers begin
  uint64_t list_entries_ = 0;                  // of the newest; the writer's own
  HashIndex index_{&arena_};
  std::atomic<uint64_t> entries_ = 0;
  std::atomic<uint64_t> unsettled_ = 0;
  Seq first_seq_ = 0;
  Seq last_seq_ = 0;
  std::vector<DeadRangeView> dead_ranges_;  // their bytes are in the arena
  std::map<uint64_t, int64_t> counts_;
  std::atomic<size_t> side_bytes_ = 0;  // of the two above, and of arrays
};

}  // namespace cordwood::storage

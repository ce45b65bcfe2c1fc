#pragma once

// A sorted list of entries with express lanes (W. Pugh, "Skip lists: a probabilistic alternative
// to balanced trees", 1990). Nothing is ever removed or changed, so a reader needs no lock: it
// follows pointers that were published with release after the node behind them was complete.
//
// One node in the arena; the lanes above the lowest lie before it, so that what a comparison
// needs begins in one cache line:
//
//   next[h-1] ... next[1] | next[0] | trailer | older | key size | value size | key | value
//                           ^ Node*
//
// Owned by a memtable; the arena outlives it.
//
// Threads: Insert from one thread at a time; everything const, and cursors, from any number of
// threads meanwhile. A cursor itself belongs to one thread.

#include <atomic>
#include <cstdint>
#include <string_view>

#include "base/random.h"
#include "storage/entry.h"
#include "storage/memtable/arena.h"

namespace cordwood::storage {

class SkipList {
 public:
  /// One entry, immutable once it can be reached.
  class Node {
   public:
    std::string_view key() const { return {bytes(), key_size_}; }
    uint64_t trailer() const { return trailer_; }
    std::string_view value() const { return {bytes() + key_size_, value_size_}; }
    /// Whether it comes before (key, trailer).
    bool IsBefore(std::string_view key, uint64_t trailer) const {
      return CompareEntries(this->key(), trailer_, key, trailer) < 0;
    }
    /// The entry after this one; null at the end.
    const Node* next() const { return Next(0); }
    /// The version of the key before this one, in this list or another; null if there is none.
    /// For those who found the node through what was published after SetOlder.
    const Node* older() const { return older_; }
    void SetOlder(const Node* older) { older_ = older; }

   private:
    friend class SkipList;
    Node(uint64_t trailer, uint32_t key_size, uint32_t value_size)
        : trailer_(trailer), key_size_(key_size), value_size_(value_size) {}

    const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }
    std::atomic<Node*>& Lane(int level) {
      return *(reinterpret_cast<std::atomic<Node*>*>(this) - level);
    }
    Node* Next(int level) const {
      return const_cast<Node*>(this)->Lane(level).load(std::memory_order_acquire);
    }

    std::atomic<Node*> next_ = nullptr;
    uint64_t trailer_;
    const Node* older_ = nullptr;
    uint32_t key_size_;
    uint32_t value_size_;
  };

  explicit SkipList(Arena* arena);
  SkipList(const SkipList&) = delete;
  SkipList& operator=(const SkipList&) = delete;

  /// Copies the entry. REQUIRES: no entry with this key and trailer is in the list.
  Node* Insert(std::string_view key, uint64_t trailer, std::string_view value);

  /// The first entry at or after (key, trailer); null if there is none.
  const Node* FindAtOrAfter(std::string_view key, uint64_t trailer) const;
  /// The last entry before (key, trailer); null if there is none.
  const Node* FindBefore(std::string_view key, uint64_t trailer) const;
  const Node* First() const { return head_->Next(0); }
  const Node* Last() const;

 private:
  static constexpr int kMaxHeight = 12;

  /// The last node before (key, trailer), maybe the head. Fills before[0, height) if not null.
  Node* Descend(std::string_view key, uint64_t trailer, Node** before) const;
  bool FollowsLastInsert(std::string_view key, uint64_t trailer) const;
  Node* NewNode(int height, std::string_view key, uint64_t trailer, std::string_view value);
  int RandomHeight();

  Arena* const arena_;
  Node* const head_;
  std::atomic<int> height_ = 1;

  // The writer's own.
  Random random_{0};
  /// Per lane the node after which the last insert happened, or the inserted node where it
  /// reached: if the next key falls right behind it, these are the places for it too.
  Node* before_[kMaxHeight];
};

/// A place in a skip list, or none.
class SkipListCursor {
 public:
  explicit SkipListCursor(const SkipList* list) : list_(list) {}

  bool Valid() const { return node_ != nullptr; }
  void SeekToFirst() { node_ = list_->First(); }
  void SeekToLast() { node_ = list_->Last(); }
  /// Moves to the first entry at or after (key, trailer).
  void Seek(std::string_view key, uint64_t trailer) { node_ = list_->FindAtOrAfter(key, trailer); }
  /// Moves to the last entry before (key, trailer).
  void SeekBefore(std::string_view key, uint64_t trailer) {
    node_ = list_->FindBefore(key, trailer);
  }
  /// REQUIRES: Valid(), for all that follow.
  void Next() { node_ = node_->next(); }
  /// Searches from the top: nodes do not know what lies before them.
  void Prev() { node_ = list_->FindBefore(node_->key(), node_->trailer()); }
  std::string_view key() const { return node_->key(); }
  uint64_t trailer() const { return node_->trailer(); }
  std::string_view value() const { return node_->value(); }

 private:
  const SkipList* list_;
  const SkipList::Node* node_ = nullptr;
};

}  // namespace cordwood::storage

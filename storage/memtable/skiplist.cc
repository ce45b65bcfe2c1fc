#include "storage/memtable/skiplist.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

namespace cordwood::storage {
SkipList::SkipList(Arena* arena) : arena_(arena), head_(NewNode(kMaxHeight, {}, 0, {})) {
  for (Node*& node : before_) node = head_;
}

SkipList::Node* SkipList::Insert(std::string_view key, uint64_t trailer, std::string_view value) {
  if (!FollowsLastInsert(key, trailer)) Descend(key, trailer, before_);
  const int height = RandomHeight();
  Node* node = NewNode(height, key, trailer, value);
  for (int level = 0; level < height; ++level) {
    // Before the node can be reached nobody else sees its lanes.
    node->Lane(level).store(before_[level]->Next(level), std::memory_order_relaxed);
    before_[level]->Lane(level).store(node, std::memory_order_release);
    before_[level] = node;
  }
  // A reader that sees the old height starts lower, one that sees the new height too early finds
  // null in the head's lane: both are right.
  if (height > height_.load(std::memory_order_relaxed)) {
    height_.store(height, std::memory_order_relaxed);
  }
  return node;
}

// Between two neighbours of the lowest lane no other lane has a node either: if the new entry
// lies between the last one and its successor, every lane's predecessor is known.
bool SkipList::FollowsLastInsert(std::string_view key, uint64_t trailer) const {
  const Node* last = before_[0];
  if (last != head_ && !last->IsBefore(key, trailer)) return false;
  const Node* next = last->Next(0);
  return next == nullptr || !next->IsBefore(key, trailer);
}

SkipList::Node* SkipList::Descend(std::string_view key, uint64_t trailer, Node** before) const {
  Node* node = head_;
  const Node* known_after = nullptr;  // do not compare with the same node again one lane lower
  for (int level = height_.load(std::memory_order_relaxed) - 1; level >= 0; --level) {
    for (Node* next = node->Next(level); next != known_after; next = node->Next(level)) {
      // Another thread may have put the end of a lane past what this one saw above.
      if (next == nullptr) break;
      __builtin_prefetch(next->Next(level));
      if (!next->IsBefore(key, trailer)) {
        known_after = next;
        break;
      }
      node = next;
    }
    if (before != nullptr) before[level] = node;
  }
  return node;
}

const SkipList::Node* SkipList::FindAtOrAfter(std::string_view key, uint64_t trailer) const {
  const Node* node = Descend(key, trailer, nullptr)->Next(0);
  // The writer may have slipped an earlier entry in since the descent.
  while (node != nullptr && node->IsBefore(key, trailer)) node = node->Next(0);
  return node;
}

const SkipList::Node* SkipList::FindBefore(std::string_view key, uint64_t trailer) const {
  const Node* node = Descend(key, trailer, nullptr);
  return node == head_ ? nullptr : node;
}

const SkipList::Node* SkipList::Last() const {
  const Node* node = head_;
  for (int level = height_.load(std::memory_order_relaxed) - 1; level >= 0; --level) {
    while (const Node* next = node->Next(level)) node = next;
  }
  return node == head_ ? nullptr : node;
}

SkipList::Node* SkipList::NewNode(int height, std::string_view key, uint64_t trailer,
                                  std::string_view value) {
  const size_t lanes_bytes = sizeof(std::atomic<Node*>) * static_cast<size_t>(height - 1);
  char* memory = arena_->Allocate(lanes_bytes + sizeof(Node) + key.size() + value.size());
  for (size_t at = 0; at < lanes_bytes; at += sizeof(std::atomic<Node*>)) {
    new (memory + at) std::atomic<Node*>(nullptr);
  }
  Node* node = new (memory + lanes_bytes)
      Node(trailer, static_cast<uint32_t>(key.size()), static_cast<uint32_t>(value.size()));
  char* bytes = reinterpret_cast<char*>(node + 1);
  if (!key.empty()) std::memcpy(bytes, key.data(), key.size());
  if (!value.empty()) std::memcpy(bytes + key.size(), value.data(), value.size());
  return node;
}

// Each lane has a quarter of the nodes of the one below. The seed is always the same: heights do
// not depend on keys, so nobody can choose keys that make them bad, and runs repeat exactly.
int SkipList::RandomHeight() {
  const int zero_bits = std::countr_zero(random_.Next());
  return std::min(1 + zero_bits / 2, kMaxHeight);
}

}  // namespace cordwood::storage

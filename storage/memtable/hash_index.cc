#include "storage/memtable/hash_index.h"

#include <algorithm>
#include <new>

#include "base/check.h"
#include "base/hash.h"

namespace cordwood::storage {
namespace {

using Node = HashIndex::Node;

constexpr int kAddressBits = 48;
constexpr uint64_t kAddressMask = (uint64_t{1} << kAddressBits) - 1;
constexpr uint64_t kHashMask = 0xffff;
constexpr uint64_t kFirstSlots = 16;

uint64_t Pack(uint64_t hash, const Node* node) {
  const auto address = reinterpret_cast<uint64_t>(node);
  CHECK((address & ~kAddressMask) == 0);
  return hash << kAddressBits | address;
}

const Node* NodeOf(uint64_t slot) { return reinterpret_cast<const Node*>(slot & kAddressMask); }

bool MayHold(uint64_t slot, uint64_t hash) { return slot >> kAddressBits == (hash & kHashMask); }

}  // namespace

void HashIndex::Put(uint64_t hash, Node* node) {
  Segment& segment = segments_[hash >> 56];
  Table* table = segment.table.load(std::memory_order_relaxed);
  // At most three quarters full, so that a search always meets a free slot.
  if (table == nullptr || segment.used * 4 >= (table->mask + 1) * 3) {
    Grow(segment);
    table = segment.table.load(std::memory_order_relaxed);
  }
  for (uint64_t at = hash & table->mask;; at = (at + 1) & table->mask) {
    Slot& slot = table->slots()[at];
    const uint64_t present = slot.load(std::memory_order_relaxed);
    if (present == 0) {
      slot.store(Pack(hash, node), std::memory_order_release);
      ++segment.used;
      return;
    }
    if (MayHold(present, hash) && NodeOf(present)->key() == node->key()) {
      CHECK(NodeOf(present)->trailer() < node->trailer());
      node->SetOlder(NodeOf(present));
      slot.store(Pack(hash, node), std::memory_order_release);
      return;
    }
  }
}

const Node* HashIndex::Find(std::string_view key, uint64_t hash) const {
  Table* table = segments_[hash >> 56].table.load(std::memory_order_acquire);
  if (table == nullptr) return nullptr;
  for (uint64_t at = hash & table->mask;; at = (at + 1) & table->mask) {
    const uint64_t slot = table->slots()[at].load(std::memory_order_acquire);
    if (slot == 0) return nullptr;
    if (MayHold(slot, hash) && NodeOf(slot)->key() == key) return NodeOf(slot);
  }
}

const Node* HashIndex::Draw(Random& random) const {
  Table* table = segments_[random.Below(segments_.size())].table.load(std::memory_order_acquire);
  // As if all were as large as the largest: so all slots have the same chance.
  const uint64_t at = random.Below(largest_mask_.load(std::memory_order_relaxed) + 1);
  if (table == nullptr || at > table->mask) return nullptr;
  const uint64_t slot = table->slots()[at].load(std::memory_order_acquire);
  return slot == 0 ? nullptr : NodeOf(slot);
}

HashIndex::Table* HashIndex::NewTable(uint64_t slot_count) {
  char* memory = arena_->Allocate(sizeof(Table) + slot_count * sizeof(Slot));
  auto* table = new (memory) Table{slot_count - 1};
  for (uint64_t i = 0; i < slot_count; ++i) new (table->slots() + i) Slot(0);
  largest_mask_.store(std::max(largest_mask_.load(std::memory_order_relaxed), table->mask),
                      std::memory_order_relaxed);
  return table;
}

void HashIndex::Grow(Segment& segment) {
  Table* old_table = segment.table.load(std::memory_order_relaxed);
  if (old_table == nullptr) {
    segment.table.store(NewTable(kFirstSlots), std::memory_order_release);
    return;
  }
  Table* table = NewTable((old_table->mask + 1) * 2);
  for (uint64_t i = 0; i <= old_table->mask; ++i) {
    const uint64_t slot = old_table->slots()[i].load(std::memory_order_relaxed);
    if (slot == 0) continue;
    const uint64_t hash =
        table->mask <= kHashMask ? slot >> kAddressBits : Hash64(NodeOf(slot)->key());
    uint64_t at = hash & table->mask;
    while (table->slots()[at].load(std::memory_order_relaxed) != 0) at = (at + 1) & table->mask;
    table->slots()[at].store(slot, std::memory_order_relaxed);
  }
  segment.table.store(table, std::memory_order_release);
}

}  // namespace cordwood::storage

#include "storage/memtable/sorted_array.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/short_turns.h"
#include "storage/prefix.h"

namespace cordwood::storage {
namespace {

using Node = SortedArray::Node;

// A group's heads are 1 KiB: a search of 7 steps, of which the last 3 stay in one cache line.
constexpr size_t kGroupShift = 7;
constexpr size_t kGroup = size_t{1} << kGroupShift;
// Nodes lie anywhere in the memtable: asked for so many steps before they are looked at.
constexpr size_t kNodesAhead = 8;
// That many are sorted in one turn of the processor.
constexpr uint64_t kTurnNodes = 1024;

/// The 8 bytes of `key` behind the first `prefix`, as a number that is ordered like them; zeros
/// stand for those that it does not have.
uint64_t HeadOf(std::string_view key, size_t prefix) {
  uint64_t head = 0;
  if (key.size() <= prefix) return head;
  std::memcpy(&head, key.data() + prefix, std::min(key.size() - prefix, sizeof head));
  return std::byteswap(head);
}

void PrefetchNode(std::span<const Node* const> nodes, size_t at) {
  if (at < nodes.size()) __builtin_prefetch(nodes[at]);
}

}  // namespace

/// What is searched for, and what is known of it on the way down.
struct SortedArray::Target {
  std::string_view key;
  uint64_t trailer;
  size_t known = 0;  // bytes that it has in common with the first entry of the group to look at
};

SortedArray::SortedArray(Nodes nodes) : nodes_(std::move(nodes)) {
  CHECK(!nodes_.empty());
  size_t stride = 1;
  while (true) {
    levels_.push_back(MakeLevel(stride));
    if (levels_.back().prefixes.size() == 1) return;
    stride <<= kGroupShift;
  }
}

SortedArray::Level SortedArray::MakeLevel(size_t stride) const {
  Level level;
  const size_t entries = (nodes_.size() + stride - 1) / stride;
  level.heads.reserve(entries);
  level.prefixes.reserve((entries + kGroup - 1) / kGroup);
  ShortTurns turns(kTurnNodes);
  for (size_t at = 0; at < entries; ++at) {
    turns.Did(1);
    PrefetchNode(nodes_, (at + kNodesAhead) * stride);
    if (at % kGroup == 0) {
      const size_t last = std::min(at + kGroup, entries) - 1;
      level.prefixes.push_back(static_cast<uint32_t>(
          CommonPrefix(nodes_[at * stride]->key(), nodes_[last * stride]->key())));
    }
    level.heads.push_back(HeadOf(nodes_[at * stride]->key(), level.prefixes.back()));
  }
  return level;
}

size_t SortedArray::Find(std::string_view key, uint64_t trailer) const {
  Target target{.key = key, .trailer = trailer};
  size_t group = 0;
  for (size_t level = levels_.size() - 1;; --level) {
    const size_t at = FindInGroup(level, group, target);
    // Before the first of a group it can only be in the topmost one: the first entry of the group
    // was found to lie before it one level higher.
    if (level == 0 || at == 0) return at;
    group = at - 1;
  }
}

// Where the first entry of the group is that is not before the target, or the group's end.
size_t SortedArray::FindInGroup(size_t level, size_t group, Target& target) const {
  const auto& [heads, prefixes] = levels_[level];
  const size_t begin = group << kGroupShift;
  const size_t end = std::min(begin + kGroup, heads.size());
  const size_t stride = size_t{1} << (level * kGroupShift);
  const size_t prefix = prefixes[group];
  if (prefix > target.known) {
    const std::string_view first = nodes_[begin * stride]->key().substr(0, prefix);
    const int order = target.key.substr(0, prefix).compare(first);
    target.known = 0;
    if (order < 0) return begin;
    if (order > 0) return end;
  }
  const uint64_t head = HeadOf(target.key, prefix);
  const auto from = heads.begin() + static_cast<ptrdiff_t>(begin);
  const auto to = heads.begin() + static_cast<ptrdiff_t>(end);
  auto low = std::lower_bound(from, to, head);
  // Heads that are equal say nothing.
  auto high = low;
  if (low != to && *low == head) high = std::upper_bound(low, to, head);
  while (low != high) {
    const auto middle = low + (high - low) / 2;
    const auto at = static_cast<size_t>(middle - heads.begin());
    if (nodes_[at * stride]->IsBefore(target.key, target.trailer)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  // The entry before it begins the group that is looked at next: it lies before the target, so
  // that zeros which stand for missing bytes are in the way of nothing.
  if (low != from) {
    target.known = prefix + static_cast<size_t>(std::countl_zero(*(low - 1) ^ head)) / 8;
  }
  return static_cast<size_t>(low - heads.begin());
}

SortedArray::Nodes NodesOf(const SkipList& list) {
  SortedArray::Nodes nodes;
  ShortTurns turns(kTurnNodes);
  for (const Node* node = list.First(); node != nullptr; node = node->next()) {
    nodes.push_back(node);
    turns.Did(1);
  }
  return nodes;
}

SortedArray::Nodes MergeNodes(std::span<const Node* const> a, std::span<const Node* const> b) {
  SortedArray::Nodes nodes;
  nodes.reserve(a.size() + b.size());
  size_t at_a = 0;
  size_t at_b = 0;
  // What is written in order is only put together.
  if (!a.empty() && !b.empty() && a.back()->IsBefore(b.front()->key(), b.front()->trailer())) {
    nodes.assign(a.begin(), a.end());
    at_a = a.size();
  }
  ShortTurns turns(kTurnNodes);
  while (at_a < a.size() && at_b < b.size()) {
    turns.Did(1);
    const Node* const node = b[at_b];
    if (a[at_a]->IsBefore(node->key(), node->trailer())) {
      nodes.push_back(a[at_a++]);
      PrefetchNode(a, at_a + kNodesAhead);
    } else {
      nodes.push_back(node);
      PrefetchNode(b, ++at_b + kNodesAhead - 1);
    }
  }
  nodes.insert(nodes.end(), a.begin() + static_cast<ptrdiff_t>(at_a), a.end());
  nodes.insert(nodes.end(), b.begin() + static_cast<ptrdiff_t>(at_b), b.end());
  return nodes;
}

}  // namespace cordwood::storage

#pragma once

// Sorts what comes in another order and may be more than memory should hold, by going through all
// of it again and again: each pass keeps the least items that no pass before it has given, within a
// bound, and gives them in order. What is little takes one pass.
//
//   do {
//     passes.Begin();
//     for (each item) passes.Add(item, bytes);
//     while (!passes.Sort(some)) ...       others may have their turn
//     for (const auto& kept : passes.kept()) ...
//   } while (!passes.done());
//
// Threads: one at a time.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace cordwood::commands {

/// What one pass keeps.
inline constexpr uint64_t kSortedPassBytes = uint64_t{8} << 20;
/// Items that are sorted in a slice.
inline constexpr size_t kSortedPerSlice = 2048;

/// `Before` orders items; all items are different to it, and each pass meets the same ones.
template <typename Item, typename Before>
class SortedPasses {
 public:
  /// Only the first `most` items are wanted.
  explicit SortedPasses(Before before, uint64_t most = UINT64_MAX,
                        uint64_t bytes_max = kSortedPassBytes)
      : before_(std::move(before)), left_(most), bytes_max_(bytes_max) {}

  void Begin() {
    if (!kept_.empty()) last_ = std::move(kept_.back().item);
    kept_.clear();
    unsorted_ = 0;
    bytes_ = 0;
    dropped_ = false;
  }

  /// `bytes`: what it takes in memory.
  void Add(Item item, uint64_t bytes) {
    if (last_ && !before_(*last_, item)) return;
    // What comes behind an item that was dropped is for another pass.
    if (dropped_ && !before_(item, kept_.front().item)) return;
    kept_.push_back({.item = std::move(item), .bytes = bytes});
    std::ranges::push_heap(kept_, ByItem());
    bytes_ += bytes;
    while (kept_.size() > left_ || (bytes_ > bytes_max_ && kept_.size() > 1)) {
      std::ranges::pop_heap(kept_, ByItem());
      bytes_ -= kept_.back().bytes;
      kept_.pop_back();
      dropped_ = true;
    }
    unsorted_ = kept_.size();
  }

  struct Kept {
    Item item;
    uint64_t bytes = 0;
  };
  /// All were added: brings up to so many more in order, from the last one on. True: kept() is in
  /// order, until Begin.
  bool Sort(size_t items) {
    for (; items > 0 && unsorted_ > 1; --items) {
      std::ranges::pop_heap(kept_.begin(), kept_.begin() + static_cast<ptrdiff_t>(unsorted_),
                            ByItem());
      --unsorted_;
    }
    if (unsorted_ > 1) return false;
    if (std::exchange(unsorted_, 0) > 0) left_ -= kept_.size();
    return true;
  }
  const std::vector<Kept>& kept() const { return kept_; }
  /// No pass is needed any more.
  bool done() const { return !dropped_ || left_ == 0; }

 private:
  auto ByItem() const {
    return [this](const Kept& a, const Kept& b) { return before_(a.item, b.item); };
  }

  const Before before_;
  uint64_t left_;
  const uint64_t bytes_max_;
  std::vector<Kept> kept_;  // a heap, the last one in front; what was sorted of it lies behind that
  size_t unsorted_ = 0;     // of the heap
  uint64_t bytes_ = 0;
  bool dropped_ = false;
  std::optional<Item> last_;  // of all that were given
};

}  // namespace cordwood::commands

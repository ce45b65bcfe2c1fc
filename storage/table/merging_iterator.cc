#include "storage/table/merging_iterator.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace cordwood::storage {
namespace {

/// A child and its current entry, so that comparing needs no virtual calls.
struct Child {
  std::unique_ptr<EntryIterator> iterator;
  size_t rank = 0;  // decides between equal entries
  std::string_view key;
  uint64_t trailer = 0;
};

class MergingIterator final : public EntryIterator {
 public:
  MergingIterator(std::vector<std::unique_ptr<EntryIterator>> children, Values mode)
      : rest_(mode == Values::kOneAtATime) {
    children_.reserve(children.size());
    for (auto& child : children) {
      children_.push_back({.iterator = std::move(child), .rank = children_.size()});
    }
    heap_.reserve(children_.size());
  }

  bool Valid() const override { return !heap_.empty() && !error_; }
  Status status() const override {
    if (error_) return std::unexpected(*error_);
    return {};
  }

  void SeekToFirst() override {
    for (Child& child : children_) {
      child.iterator->SeekToFirst();
      if (rest_) child.iterator->Rest();
    }
    Rebuild(Direction::kForwards);
    if (rest_) WakeTop();
  }
  void SeekToLast() override {
    for (Child& child : children_) child.iterator->SeekToLast();
    Rebuild(Direction::kBackwards);
  }
  void Seek(std::string_view key, uint64_t trailer) override {
    target_.assign(key);  // `key` may be that of a child, which is about to move
    if (direction_ == Direction::kForwards && Valid() && !LiesBefore(target_, trailer)) {
      SkipTo(trailer);
      return;
    }
    for (Child& child : children_) {
      child.iterator->Seek(target_, trailer);
      if (rest_) child.iterator->Rest();
    }
    Rebuild(Direction::kForwards);
    if (rest_) WakeTop();
  }

  void SeekBefore(std::string_view key, uint64_t trailer) override {
    target_.assign(key);
    for (Child& child : children_) child.iterator->SeekBefore(target_, trailer);
    Rebuild(Direction::kBackwards);
  }

  void Next() override {
    if (direction_ != Direction::kForwards && !TurnForwards()) return;
    heap_.front()->iterator->Next();
    TopMoved();
  }
  void Prev() override {
    if (direction_ != Direction::kBackwards && !TurnBackwards()) return;
    heap_.front()->iterator->Prev();
    TopMoved();
  }

  std::string_view key() const override { return heap_.front()->key; }
  uint64_t trailer() const override { return heap_.front()->trailer; }
  std::string_view value() const override { return heap_.front()->iterator->value(); }

 private:
  enum class Direction : uint8_t { kForwards, kBackwards };

  /// Whether `a` comes out before `b` in the present direction.
  bool Precedes(const Child& a, const Child& b) const {
    int order = CompareEntries(a.key, a.trailer, b.key, b.trailer);
    if (order == 0) order = a.rank < b.rank ? -1 : 1;
    return direction_ == Direction::kForwards ? order < 0 : order > 0;
  }

  /// Whether (key, trailer) lies before the current entry.
  bool LiesBefore(std::string_view key, uint64_t trailer) const {
    return CompareEntries(key, trailer, heap_.front()->key, heap_.front()->trailer) < 0;
  }

  /// Forwards from where it stands to (target_, trailer): whoever is there already stays.
  void SkipTo(uint64_t trailer) {
    while (!heap_.empty()) {
      Child& top = *heap_.front();
      if (CompareEntries(top.key, top.trailer, target_, trailer) >= 0) return;
      top.iterator->Seek(target_, trailer);
      TopMoved();
    }
  }

  static void Remember(Child& child) {
    child.key = child.iterator->key();
    child.trailer = child.iterator->trailer();
  }

  void NoteFailure(const EntryIterator& child) {
    Status status = child.status();
    if (status || (error_ && error_->code() != ErrorCode::kCold)) return;
    error_ = std::move(status).error();
  }

  void Rebuild(Direction direction) {
    direction_ = direction;
    error_.reset();
    heap_.clear();
    for (Child& child : children_) {
      if (child.iterator->Valid()) {
        Remember(child);
        heap_.push_back(&child);
      } else {
        NoteFailure(*child.iterator);
      }
    }
    std::make_heap(heap_.begin(), heap_.end(),
                   [this](const Child* a, const Child* b) { return Precedes(*b, *a); });
  }

  void WakeTop() {
    if (heap_.empty()) return;
    Child& top = *heap_.front();
    top.iterator->Wake();
    if (top.iterator->Valid()) {
      Remember(top);
    } else {
      NoteFailure(*top.iterator);
    }
  }

  /// Restores the heap after the child on top moved.
  void TopMoved() {
    Child* const moved = heap_.front();
    SiftTop();
    if (!rest_ || heap_.empty() || heap_.front() == moved) return;
    moved->iterator->Rest();
    WakeTop();
  }

  void SiftTop() {
    Child* top = heap_.front();
    if (top->iterator->Valid()) {
      Remember(*top);
    } else {
      NoteFailure(*top->iterator);
      top = heap_.back();
      heap_.pop_back();
      if (heap_.empty()) return;
    }
    size_t at = 0;
    for (size_t below = 1; below < heap_.size(); below = 2 * at + 1) {
      if (below + 1 < heap_.size() && Precedes(*heap_[below + 1], *heap_[below])) ++below;
      if (!Precedes(*heap_[below], *top)) break;
      heap_[at] = heap_[below];
      at = below;
    }
    heap_[at] = top;
  }

  // Turning: the child on top stays; each other one goes to its first entry behind the current
  // one, or the last one before it. Equal entries lie behind if their child's rank does.

  bool TurnForwards() {
    const Child* const current = heap_.front();
    for (Child& child : children_) {
      if (&child == current) continue;
      EntryIterator& iterator = *child.iterator;
      iterator.Seek(current->key, current->trailer);
      if (IsAt(iterator, *current) && child.rank < current->rank) iterator.Next();
    }
    return Turned(Direction::kForwards);
  }

  bool TurnBackwards() {
    const Child* const current = heap_.front();
    for (Child& child : children_) {
      if (&child == current) continue;
      EntryIterator& iterator = *child.iterator;
      if (child.rank < current->rank) {
        iterator.Seek(current->key, current->trailer);
        if (IsAt(iterator, *current)) continue;
      }
      iterator.SeekBefore(current->key, current->trailer);
    }
    return Turned(Direction::kBackwards);
  }

  static bool IsAt(const EntryIterator& iterator, const Child& entry) {
    return iterator.Valid() && iterator.trailer() == entry.trailer && iterator.key() == entry.key;
  }

  /// False if a child failed on the way.
  bool Turned(Direction direction) {
    Rebuild(direction);
    return Valid();
  }

  const bool rest_;
  std::vector<Child> children_;
  std::vector<Child*> heap_;  // the valid ones; the next to come out on top
  Direction direction_ = Direction::kForwards;
  std::string target_;
  std::optional<Error> error_;
};

}  // namespace

std::unique_ptr<EntryIterator> NewMergingIterator(
    std::vector<std::unique_ptr<EntryIterator>> children, Values mode) {
  if (children.size() == 1) return std::move(children.front());
  return std::make_unique<MergingIterator>(std::move(children), mode);
}

}  // namespace cordwood::storage

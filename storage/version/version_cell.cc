#include "storage/version/version_cell.h"

#include <algorithm>

#include "base/check.h"

namespace cordwood::storage {

VersionCell::~VersionCell() {
  for (const Slot& slot : slots_) CHECK(slot.version.load() == nullptr);
}

VersionCell::Slot& VersionCell::TakeSlot() {
  for (Slot& slot : slots_) {
    bool expected = false;
    if (slot.taken.compare_exchange_strong(expected, true)) return slot;
  }
  CHECK(false);  // more reading threads than kSlots: the program's own count, never input
}

void VersionCell::ReturnSlot(Slot& slot) {
  CHECK(slot.version.load() == nullptr);
  slot.taken.store(false);
}

void VersionCell::Unpin(Slot& slot) {
  slot.seq.store(kMaxSeq, std::memory_order_release);
  slot.version.store(nullptr, std::memory_order_release);
}

std::vector<Seq> VersionCell::PinnedSeqs() const {
  std::vector<Seq> seqs;
  for (const Slot& slot : slots_) {
    const Seq seq = slot.seq.load();
    if (seq != kMaxSeq) seqs.push_back(seq);
  }
  return seqs;
}

void VersionCell::Publish(std::unique_ptr<const Version> version, ClosedTables closed) {
  const MutexLock lock(mutex_);
  current_.store(version.get());
  publications_.fetch_add(1);
  if (owned_ != nullptr) {
    retired_.push_back({.version = std::move(owned_), .closed = std::move(closed)});
  }
  owned_ = std::move(version);
}

void VersionCell::Sweep() {
  std::vector<Retired> unpinned;  // destroyed after the lock is gone
  const MutexLock lock(mutex_);
  unpinned = TakeUnpinned();
}

bool VersionCell::HasRetired() const {
  const MutexLock lock(mutex_);
  return !retired_.empty();
}

std::vector<VersionCell::Retired> VersionCell::TakeUnpinned() {
  const auto pinned = [this](const Retired& retired) {
    return std::any_of(slots_.begin(), slots_.end(), [&](const Slot& slot) {
      return slot.version.load() == retired.version.get();
    });
  };
  std::vector<Retired> unpinned;
  bool older_is_pinned = false;
  std::erase_if(retired_, [&](Retired& retired) {
    const bool is_pinned = retired.version != nullptr && pinned(retired);
    older_is_pinned = older_is_pinned || is_pinned;
    if (is_pinned) return false;
    if (!older_is_pinned || retired.closed.empty()) {
      unpinned.push_back(std::move(retired));
      return true;
    }
    // Who pins an older version may have met these tables open.
    if (retired.version != nullptr) unpinned.push_back({.version = std::move(retired.version)});
    return false;
  });
  return unpinned;
}

}  // namespace cordwood::storage

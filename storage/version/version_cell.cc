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

void VersionCell::Publish(std::unique_ptr<const Version> version) {
  std::vector<std::unique_ptr<const Version>> unpinned;  // destroyed after the lock is gone
  const std::scoped_lock lock(mutex_);
  current_.store(version.get());
  publications_.fetch_add(1);
  if (owned_ != nullptr) retired_.push_back(std::move(owned_));
  owned_ = std::move(version);
  unpinned = TakeUnpinned();
}

void VersionCell::Sweep() {
  std::vector<std::unique_ptr<const Version>> unpinned;
  const std::scoped_lock lock(mutex_);
  unpinned = TakeUnpinned();
}

bool VersionCell::HasRetired() const {
  const std::scoped_lock lock(mutex_);
  return !retired_.empty();
}

std::vector<std::unique_ptr<const Version>> VersionCell::TakeUnpinned() {
  const auto pinned = [this](const std::unique_ptr<const Version>& version) {
    return std::any_of(slots_.begin(), slots_.end(),
                       [&](const Slot& slot) { return slot.version.load() == version.get(); });
  };
  const auto first_unpinned = std::partition(retired_.begin(), retired_.end(), pinned);
  std::vector<std::unique_ptr<const Version>> unpinned(std::make_move_iterator(first_unpinned),
                                                       std::make_move_iterator(retired_.end()));
  retired_.erase(first_unpinned, retired_.end());
  return unpinned;
}

}  // namespace cordwood::storage

#include "storage/compaction/memtable_sorter.h"

#include <vector>

namespace cordwood::storage {
namespace {

/// Further sorted; nothing if it is sorted as far as it should be.
std::optional<SortedMemtable> SortFurther(const SortedMemtable& memtable, bool is_active) {
  const size_t lists = memtable->lists();
  if (is_active) {
    // The newest list takes writes.
    if (memtable.lists_sorted == lists - 1) return std::nullopt;
    return memtable.SortedThrough(lists - 1);
  }
  // A list alone is in order.
  const bool is_whole =
      lists == 1 || (memtable.lists_sorted == lists && memtable.arrays.size() == 1);
  if (is_whole) return std::nullopt;
  return memtable.SortedWhole();
}

}  // namespace

void MemtableSorter::Kick() {
  {
    const MutexLock lock(mutex_);
    kicked_ = true;
    if (running_ || stopping_) return;
    running_ = true;
    tasks_.fetch_add(1);
  }
  env_.Schedule(Lane::kSort, [this] {
    Run();
    tasks_.fetch_sub(1);  // whoever waits for it may destroy this now
  });
}

void MemtableSorter::Run() {
  while (GoesOn()) {
    // Of whoever publishes, the executor alone destroys nothing itself.
    versions_.cell().Sweep();
    do {
      blocks_.Prepare();
    } while (!stopping_ && SortOne());
  }
}

bool MemtableSorter::GoesOn() {
  const MutexLock lock(mutex_);
  running_ = kicked_ && !stopping_;
  kicked_ = false;
  return running_;
}

bool MemtableSorter::SortOne() {
  const std::vector<SortedMemtable> memtables = versions_.Memtables();
  for (const SortedMemtable& memtable : memtables) {
    const bool is_active = &memtable == &memtables.front();
    const std::optional<SortedMemtable> sorted = SortFurther(memtable, is_active);
    if (!sorted) continue;
    versions_.SetSorted(*sorted);
    return true;
  }
  return false;
}

void MemtableSorter::Stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  env_.Await([this] { return tasks_ == 0; });
}

}  // namespace cordwood::storage

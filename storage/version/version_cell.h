#pragma once

// Where the current Version is published, and how a reader holds on to one without a lock or a
// reference count: every reading thread has a slot that says which version it reads and at which
// seq (hazard pointers: M. M. Michael, "Hazard Pointers: Safe Memory Reclamation for Lock-Free
// Objects", 2004; here with the seq published beside the pointer).
//
// The pair (version, seq) is verified: what a merge drops is garbage for every seq that it found in
// use and for every seq from D on, and a reader that pins another, older one either shows it in its
// slot before the merge looks, or holds the version from before the merge.
//
// Threads: Publish and Retire by anybody; a Slot belongs to one thread at a time.

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/check.h"
#include "base/mutex.h"
#include "storage/entry.h"
#include "storage/version/table_cache.h"
#include "storage/version/version.h"

namespace cordwood::storage {

class VersionCell {
 public:
  struct alignas(64) Slot {
    std::atomic<const Version*> version{nullptr};
    std::atomic<Seq> seq{kMaxSeq};
    std::atomic<bool> taken{false};
  };

  VersionCell() = default;
  ~VersionCell();
  VersionCell(const VersionCell&) = delete;
  VersionCell& operator=(const VersionCell&) = delete;

  /// A slot for a reading thread, until ReturnSlot. At most kSlots at a time.
  Slot& TakeSlot();
  void ReturnSlot(Slot& slot);

  struct Pinned {
    const Version* version = nullptr;
    Seq seq = 0;
  };
  /// Pins the current version and what visible() says in the slot.
  /// REQUIRES: the slot pins nothing.
  template <typename Visible>
  Pinned Pin(Slot& slot, Visible visible) {
    CHECK(slot.version.load(std::memory_order_relaxed) == nullptr);
    while (true) {
      const uint64_t publications = publications_.load();
      const Version* version = current_.load();
      const Seq seq = visible();
      slot.version.store(version);
      slot.seq.store(seq);
      // The second look: whoever looked at D before it looked at the slots, and missed this one,
      // found no D above `seq`.
      if (publications_.load() == publications && visible() == seq) {
        return {.version = version, .seq = seq};
      }
    }
  }
  static void Unpin(Slot& slot);

  /// The seqs that slots pin, in no order.
  std::vector<Seq> PinnedSeqs() const;

  /// Makes `version` current. The one before is destroyed by the first Sweep that finds it pinned
  /// by no slot. So are `closed`, tables that are open for nobody who pins `version`, once no
  /// version before that is pinned. Destroys nothing itself: a version may be the last that holds a
  /// memtable, and who publishes may be the executor.
  void Publish(std::unique_ptr<const Version> version, ClosedTables closed = {});

  /// The current version, for those who publish: REQUIRES that nobody else publishes meanwhile.
  const Version& Latest() const { return *current_.load(std::memory_order_acquire); }

  /// Destroys versions that were replaced and are not pinned. On background threads.
  void Sweep();
  /// Whether there are versions that were replaced, and are still there.
  bool HasRetired() const;

  static constexpr size_t kSlots = 64;

 private:
  /// A version that was replaced, and the tables that were closed then; either may be gone.
  struct Retired {
    std::unique_ptr<const Version> version;
    ClosedTables closed;
  };
  /// Takes what no slot can reach any more; to be destroyed when the lock is gone.
  std::vector<Retired> TakeUnpinned() REQUIRES(mutex_);

  std::atomic<const Version*> current_{nullptr};
  std::atomic<uint64_t> publications_{0};
  std::array<Slot, kSlots> slots_;
  mutable Mutex mutex_;
  std::unique_ptr<const Version> owned_ GUARDED_BY(mutex_);  // what current_ points to
  std::vector<Retired> retired_ GUARDED_BY(mutex_);          // in the order of publications
};

}  // namespace cordwood::storage

#pragma once

// How much of the disk is left, and for what. Asks the file system, in the background alone, and
// keeps a ballast (storage/ballast.h) to give back.
//
//   writes        while, the ballast put aside, there is room for what they will cause: a flush of
//                 all that is not flushed, a log segment, a new manifest, a piece of a merge
//   deletes       while the flush fits, and half of the ballast is left
//   what empties  while there is anything at all, as flushes and merges do
//
// Under a limit of our own (max_disk_bytes) writes are refused by the same reckoning, as if that
// were the size of the disk; everything else only keeps to the real one. Of a file system that does
// not say how large it is nothing is presumed: a call that fails tells.
//
// Owned by the store. Threads: as each method says; no lock.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/env.h"
#include "base/error.h"
#include "storage/ballast.h"
#include "storage/options.h"

namespace cordwood::storage {

/// What a batch does to the space that there is.
enum class Intent : uint8_t {
  kAdd,
  kTakeAway,  // gives back more than it takes, in the end
  kEmpty,     // gives back so much that it may take the last there is
};

/// The same with log segments, memtables and tables that leave room for data on a disk of so many
/// bytes, which may be a limit of our own.
StoreOptions FitToDisk(StoreOptions options, uint64_t disk_bytes);

class Space {
 public:
  static constexpr uint64_t kUnknown = UINT64_MAX;

  struct Use {
    uint64_t unflushed = 0;  // in memtables
    uint64_t stored = 0;     // tables and log
    uint64_t tables = 0;     // fragments of them
  };

  /// `use` is cheap and may be called from any thread. `on_change` is called in the background when
  /// what is refused may be let in now.
  Space(Env& env, std::string dir, const StoreOptions& options, std::function<Use()> use,
        std::function<void()> on_change);

  /// Before the store is opened: takes over the ballast, and gives it back if a start has no room.
  void Open();
  /// For the log segment of a start, of which `wanted` would do: half of what there is at most, for
  /// a manifest and a flush must follow.
  uint64_t FirstSegmentBytes(uint64_t wanted) const;
  /// Waits for what it does in the background, and starts nothing more.
  void Close();

  // --- the executor ---

  /// Whether a batch of so many bytes may be added. Any thread may ask.
  bool AcceptsWrites(uint64_t bytes);
  /// Bytes were written to the log and the memtable.
  void NoteWritten(uint64_t bytes) { written_.fetch_add(bytes, std::memory_order_relaxed); }
  /// So much was written since the file system was asked that nobody may write before it is again.
  bool MustMeasure() const;
  /// Asks the file system in the background, unless that is under way.
  void MeasureSoon();
  /// Lets the next log segment take the last there is. False: that is the case already.
  bool OpenLastPart() { return !last_part_open_.exchange(true); }
  /// A few times a second.
  void Tick();
  void SetMaxDiskBytes(uint64_t bytes) { max_disk_bytes_.store(bytes, std::memory_order_relaxed); }

  // --- any thread ---

  /// Writes are refused for lack of room.
  bool is_full() const { return full_.load(std::memory_order_relaxed); }
  /// What merges may take beside writes; kUnknown if nothing is known and nothing limited.
  uint64_t MergeRoom() const;
  /// Bytes of the ballast.
  uint64_t ballast_bytes() const { return ballast_.held(); }

  // --- background tasks ---

  /// Asks the file system if enough was written since, or it is long ago.
  void MeasureIfDue();
  /// Before a log segment of so many bytes is made: kNoSpace if it must not be.
  Status CheckSegment(uint64_t bytes);
  /// Before a flush or a merge writes so much: gives back the ballast if it is needed.
  void MakeRoom(uint64_t bytes);
  /// A flush or a merge found no room. True if it may be tried again at once.
  bool GiveBallast() { return ballast_.ShrinkTo(ballast_.corner()); }
  /// A segment found no room. True if it may be tried again at once.
  bool GiveFirstHalf() { return ballast_.ShrinkTo(ballast_.half()); }

 private:
  void Measure();
  void Schedule(Lane lane, std::function<void()> task);
  void GrowBallast();
  uint64_t available() const { return available_.load(std::memory_order_relaxed); }
  bool known() const { return available() != kUnknown; }
  /// What a flush of everything, and its edit, will write.
  static uint64_t FlushBytes(const Use& use, uint64_t more);
  /// What writes leave, beside the ballast.
  uint64_t ReserveBytes(const Use& use, uint64_t more) const;
  bool HasRoom(const Use& use, uint64_t more) const;
  bool IsWithinQuota(const Use& use, uint64_t more) const;
  bool MayGrowBallast() const;

  Env& env_;
  const std::string dir_;
  const uint64_t segment_bytes_;
  const uint64_t fragment_bytes_;
  const uint64_t measure_every_bytes_;
  const std::function<Use()> use_;
  const std::function<void()> on_change_;
  Ballast ballast_;
  std::atomic<uint64_t> max_disk_bytes_;

  std::atomic<uint64_t> available_ = kUnknown;  // of the file system, when it was asked
  std::atomic<uint64_t> measured_ns_ = 0;
  std::atomic<uint64_t> written_ = 0;
  std::atomic<uint64_t> written_then_ = 0;  // when it was asked
  std::atomic<bool> measuring_ = false;     // a task is on its way
  std::atomic<bool> growing_ = false;
  std::atomic<bool> full_ = false;
  std::atomic<bool> last_part_open_ = false;
  std::atomic<bool> closed_ = false;
  std::atomic<int> tasks_ = 0;
};

}  // namespace cordwood::storage

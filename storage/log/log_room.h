#pragma once

// What the commit log can take now, as admission asks before every write: memory for its groups,
// room in its segments, and whether writers are ahead of the disk. The log says how things stand as
// it goes on; whoever asks waits for no lock.
//
// Owned by CommitLog, which writes it. Threads: the questions from any.

#include <atomic>
#include <cstdint>

#include "base/env.h"
#include "storage/log/segment_reserve.h"
#include "storage/log/segment_writer.h"
#include "storage/options.h"

namespace cordwood::storage {

class LogRoom {
 public:
  struct Options {
    uint64_t segment_bytes = 0;
    uint64_t group_bytes = 0;
    Durability durability = Durability::kAlways;
  };

  /// The environment and the reserve outlive it.
  LogRoom(Env& env, const SegmentReserve& reserve, const Options& options,
          const SegmentWriter& active);

  LogRoom(const LogRoom&) = delete;
  LogRoom& operator=(const LogRoom&) = delete;

  /// Whether a batch with `bytes` of operations may be appended without taking more memory than the
  /// log may: what waits and what is written have up to the bound each, and one of them may have a
  /// batch larger than that behind it. No: ask again after on_progress.
  bool HasMemoryFor(uint64_t bytes) const;
  /// Bytes waiting in the group being filled; the one in flight has at most what this was before.
  uint64_t pending_bytes() const { return pending_bytes_.load(std::memory_order_relaxed); }

  /// No segment could be made ahead, or no note written.
  bool full() const { return full_.load(std::memory_order_acquire); }
  /// While the log is full, half of a segment is kept for commands that free space.
  bool AcceptsWrites() const;
  /// Whether a batch of so many bytes fits what is reserved: so that what was let in never waits
  /// for a segment that cannot be made. `spare` more stay free.
  bool HasRoomFor(uint64_t bytes, uint64_t spare = 0) const;
  /// What those that free little leave for a batch that empties the store.
  uint64_t spare_bytes() const;
  /// Segments are being removed or made: HasRoomFor may change without anybody's help.
  bool MayGainRoom() const;

  /// Writers are ahead of the disk: the next segment is not ready although this one is half used.
  /// Only what frees space may go on.
  bool SegmentIsLate() const { return HalfIsUsed() && !reserve_.ready(); }
  /// The same: under kEverySecond the oldest record that is not on stable storage is more than 2 s
  /// old. Nobody may go on.
  bool SyncIsLate() const;

 private:
  friend class CommitLog;

  bool is_closed() const { return closed_.load(std::memory_order_acquire); }
  bool is_stuck() const { return stuck_.load(std::memory_order_relaxed); }
  /// Of the active segment, the group being filled included.
  bool HalfIsUsed() const;
  uint64_t FrameWith(uint64_t bytes) const { return FrameBytes(pending_bytes() + bytes); }

  Env& env_;
  const SegmentReserve& reserve_;
  const uint64_t segment_bytes_;

  // Written by CommitLog.
  std::atomic<uint64_t> group_bytes_;
  std::atomic<uint64_t> pending_bytes_ = 0;
  std::atomic<uint64_t> in_flight_bytes_ = 0;
  /// Bytes that frames may still take in the active segment, behind the group in flight.
  std::atomic<uint64_t> left_;
  /// Half of that segment: kept for what frees space, unless the next one is ready.
  std::atomic<uint64_t> half_;
  std::atomic<bool> closed_ = false;  // the log failed, or was told to stop
  std::atomic<bool> full_ = false;
  std::atomic<bool> stuck_ = false;  // full, and S and D wait for the note
  std::atomic<int> releases_ = 0;    // tasks that remove segments
  std::atomic<Durability> durability_;
  /// A time at or before which no record was unsynced that is now; 0: nothing is unsynced.
  std::atomic<uint64_t> oldest_unsynced_ns_ = 0;
};

}  // namespace cordwood::storage

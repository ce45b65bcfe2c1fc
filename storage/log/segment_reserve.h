#pragma once

// Keeps segments ready before the log needs them: one of the standard size always, and one of
// another size when a batch that is larger than a segment asks for it. Segments that were used and
// are not needed any more may be spares: what there is of them is used before one is made.
//
// The standard size changes with the load (storage/log/segment_size.h). The ready segment is cut
// when it is smaller from then on; when it is larger another one is made, and what there is stays
// until that is there, or for good if there is no space.
//
// Segments are made on Lane::kSegments, or by the log's own task when it cannot wait, and those
// that are not needed are removed on Lane::kRemovals. Where there is no space for one of the
// standard size, a smaller one is made: what deletes needs little. When the standard one could not
// be made, the reserve is full() until Retry, or until Tick tries again, at most once a second; why
// stands in the log of the process. A large one that could not be made is tried again when somebody
// asks, after a second; one that nobody has taken for ten seconds is given back.
//
// Owned by CommitLog. Threads: any; no lock is held across a call of Env or of a callback.

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/error.h"
#include "base/mutex.h"
#include "storage/log/segment_file.h"

namespace cordwood::storage {

class SegmentReserve {
 public:
  struct Options {
    std::string dir;
    uint64_t segment_bytes = 0;  // the largest standard size
    uint64_t first_bytes = 0;    // the standard size until it is set
    NumberAllocator allocate;
    SpaceGate gate;  // may be empty
    /// How the next one gets its space.
    std::function<SegmentSpace()> space = [] { return SegmentSpace::kZeros; };
    /// Called after a call said that there is no space; true if there may be some now. May be
    /// empty.
    std::function<bool()> make_space;
    std::function<void(Lane, std::function<void()>)> schedule;
    /// Called after an attempt to make a segment, in the task that made it.
    std::function<void()> on_change;
  };

  SegmentReserve(Env& env, Options options);

  SegmentReserve(const SegmentReserve&) = delete;
  SegmentReserve& operator=(const SegmentReserve&) = delete;

  /// The smallest ready segment with room for a frame of so many bytes, if there is one.
  std::optional<BlankSegment> Take(uint64_t frame_bytes);
  bool Fits(uint64_t frame_bytes) const;
  /// Whether the standard segment is ready.
  bool ready() const { return ready_room() != 0; }
  /// For frames, in the standard segment; 0: it is not ready.
  uint64_t ready_room() const { return ready_room_.load(std::memory_order_acquire); }

  /// From now on. REQUIRES: at most Options::segment_bytes.
  void SetStandardBytes(uint64_t bytes);

  /// Starts making the standard segment in the background unless it is there.
  void Replenish();

  /// Starts making a segment with room for such a frame in the background.
  void Request(uint64_t frame_bytes);

  enum class Outcome : uint8_t {
    kReady,  // look again with Take
    kBusy,   // one is being made; on_change follows
    kFull,   // it failed, and the second is not over
  };

  /// Makes a segment with room for such a frame here and now.
  Outcome MakeNow(uint64_t frame_bytes);

  /// Whether Take or MakeNow may succeed at this moment.
  bool CanServe(uint64_t frame_bytes) const;

  /// Whether making a segment for such a frame failed and has not succeeded since.
  bool Refused(uint64_t frame_bytes) const;
  /// Whether the standard segment could not be made.
  bool full() const { return Refused(0); }
  /// Why; nothing unless Refused.
  std::optional<Error> error(uint64_t frame_bytes) const;
  /// Why the large one could not be made, of late.
  std::optional<Error> large_error() const;
  /// Whether a segment is being made now.
  bool busy() const;
  /// The same, or one is about to be.
  bool at_work() const;

  /// Lets what failed be tried again, if the last attempt is a second old.
  void Tick();
  /// Lets what failed for want of space be tried again: there may be some now.
  void Retry();

  /// Whether a used segment of so many bytes would be of use.
  bool WantsSpare(uint64_t bytes) const;
  /// Takes one, that was recycled.
  void AddSpare(BlankSegment spare);
  /// Has spares that the log can do without removed; whether there were any.
  bool GiveBackSpares();

  /// Starts nothing in the background any more. MakeNow still works, also where it failed before.
  void Close();

  /// Bytes of the ready segments, and their number.
  struct Totals {
    uint64_t segments = 0;
    uint64_t bytes = 0;
  };
  Totals totals() const;

 private:
  /// A segment that is wanted, being made, or there.
  struct Slot {
    uint64_t wanted_bytes = 0;  // 0: nothing is wanted
    uint64_t needed_bytes = 0;  // less would be of no use to those who wait
    bool is_due = false;        // for records that wait in the log, not only for the asking
    std::optional<BlankSegment> ready;
    uint64_t ready_ns = 0;       // since when
    std::optional<Error> error;  // of the last attempt
    uint64_t refused_bytes = 0;  // of the file that it was to make
    bool may_try = true;
  };

  bool IsLarge(uint64_t frame_bytes) const;
  void SetStandard(BlankSegment ready) REQUIRES(mutex_);
  SegmentSpace NextSpace() const;
  Result<BlankSegment> MakeHowever(uint64_t bytes);
  /// Removes the large segment if nobody came for it.
  void GiveBackUnused();
  void ScheduleRemovalOf(const BlankSegment& blank);
  void RunScheduled();
  /// Whether the ready standard segment is larger than it should be.
  bool MustCut() const REQUIRES(mutex_);
  /// The caller has set making_ and holds no lock.
  void Cut();
  /// The slot to work on; null if there is nothing to make.
  Slot* NextJob() REQUIRES(mutex_);
  /// Makes the segment that `slot` wants. The caller has set making_ and holds no lock.
  bool Make(Slot& slot);
  /// Whether the log of the process does not know yet.
  bool IsNews(const Error& error, uint64_t now_ns) REQUIRES(mutex_);
  /// A segment of `wanted` bytes; of fewer, but `needed`, where there is no space for that.
  Result<BlankSegment> MakeFile(uint64_t wanted, uint64_t needed);
  Result<BlankSegment> TryToMakeFile(uint64_t bytes);
  void ScheduleIfNeeded();

  Env& env_;
  const Options options_;

  std::atomic<uint64_t> ready_room_ = 0;

  mutable Mutex mutex_;
  uint64_t standard_bytes_ GUARDED_BY(mutex_);
  Slot standard_ GUARDED_BY(mutex_);
  Slot large_ GUARDED_BY(mutex_);
  std::vector<BlankSegment> spares_ GUARDED_BY(mutex_);  // beside the standard one
  bool can_reserve_space_ GUARDED_BY(mutex_) = true;     // as far as is known
  bool scheduled_ GUARDED_BY(mutex_) = false;
  bool making_ GUARDED_BY(mutex_) = false;  // in one task at a time
  bool closed_ GUARDED_BY(mutex_) = false;
  uint64_t last_failure_ns_ GUARDED_BY(mutex_) = 0;
  std::optional<ErrorCode> told_ GUARDED_BY(mutex_);  // what the log of the process was last told
  uint64_t told_ns_ GUARDED_BY(mutex_) = 0;
};

}  // namespace cordwood::storage

#pragma once

// Keeps the log's note true: the log's own task enters each new segment, and waits for it; how far
// the log is on stable storage is entered in the background, a second after it moved at the latest,
// so that no group of the log ever waits for that.
//
//   log task      Enter(segment) --> slot, sync      before S and D pass the segment's first group
//   Tick          S moved 0.9 s ago --> Lane::kNote: slot, sync
//
// A disk without space is no failure: error() tells, and the same slot is tried again a second
// later. Any other error is: failure(), after which the file is not touched again.
//
// Owned by CommitLog. Threads: Enter from the log task; the rest from any. No lock is held across a
// call of Env or of a callback.

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>

#include "base/env.h"
#include "base/error.h"
#include "base/mutex.h"
#include "storage/log/note_file.h"

namespace cordwood::storage {

class NoteKeeper {
 public:
  struct Options {
    /// Runs a task on Lane::kNote.
    std::function<void(std::function<void()>)> schedule;
    /// S, as of the call.
    std::function<Seq()> synced;
    /// Called when a write in the background has ended, in its task.
    std::function<void()> on_change;
  };

  NoteKeeper(Env& env, NoteFile file, Options options);

  NoteKeeper(const NoteKeeper&) = delete;
  NoteKeeper& operator=(const NoteKeeper&) = delete;

  enum class Outcome : uint8_t {
    kWritten,  // and synced
    kBusy,     // the background writes now; on_change follows
    kFull,     // there is no space, and the second is not over
  };

  /// Writes and syncs that `segment` is the newest one, whose header and frames are on stable
  /// storage up to known_synced. kFull at once while the second runs, unless `now`. An error is
  /// final.
  Result<Outcome> Enter(const SegmentHeader& segment, Seq known_synced, bool now);

  /// Called after S moved.
  void OnSynced(uint64_t now_ns);

  /// Starts writing S in the background if that is due. Called about ten times a second.
  void Tick(uint64_t now_ns);

  /// The ordinal of the newest segment that a synced note names.
  uint64_t ordinal() const { return ordinal_.load(std::memory_order_acquire); }
  /// Whether Enter would try to write now.
  bool CanEnter(uint64_t now_ns) const;
  /// Why there was no space at the last attempt; nothing since one worked.
  std::optional<Error> error() const;
  std::optional<Error> failure() const;
  /// Ends what Tick does.
  void Close();

 private:
  void WriteSynced();
  /// The caller has set busy_ and holds no lock.
  Status Write(const LogNote& note);

  Env& env_;
  const Options options_;
  NoteFile file_;  // whoever set busy_ has it

  std::atomic<uint64_t> ordinal_;

  mutable Mutex mutex_;
  /// A time at or before which S moved past what the note tells; 0: it did not.
  uint64_t moved_ns_ GUARDED_BY(mutex_) = 0;
  bool busy_ GUARDED_BY(mutex_) = false;
  bool closed_ GUARDED_BY(mutex_) = false;
  uint64_t retry_ns_ GUARDED_BY(mutex_) = 0;  // not before
  std::optional<Error> error_ GUARDED_BY(mutex_);
  std::optional<Error> failure_ GUARDED_BY(mutex_);
};

}  // namespace cordwood::storage

#pragma once

// Whether a batch may be written now: what memory, the log and the disk have to say, in one place.
//
// A batch that adds is refused when the disk is full. One that takes away is let in as long as the
// log has room for it in what is on the disk already; if it has none, the batch waits while a flush
// or a segment that goes may give some, and is refused when nothing is left to wait for.
//
// Owned by the store. Threads: the executor.

#include <cstdint>

#include "storage/compaction/background.h"
#include "storage/held_writes.h"
#include "storage/log/commit_log.h"
#include "storage/space.h"

namespace cordwood::storage {

/// Whether a batch may be written now.
enum class WriteGate : uint8_t {
  kOpen,
  kLater,   // ask again after the listener was called or a tick passed
  kFull,    // there is no space, or no segment for the log: Store::shortage() says why
  kFailed,  // the store has failed
};

class AdmissionControl {
 public:
  /// Memtables, in bytes.
  struct Memory {
    uint64_t active = 0;
    uint64_t active_max = 0;
    uint64_t waiting = 0;      // to be flushed
    uint64_t waiting_max = 0;  // more may not wait
  };

  AdmissionControl(CommitLog& log, Background& background, Space& space)
      : log_(log), background_(background), space_(space) {}

  /// REQUIRES: the store has not failed.
  WriteGate Judge(uint64_t bytes, Intent intent, const Memory& memory);
  /// After an answer of kLater: a flush of the active memtable would help.
  bool wants_flush() const { return wants_flush_; }
  /// After an answer of kLater: what the batch waits for.
  HeldFor held_for() const { return held_for_; }

 private:
  WriteGate JudgeSpace(uint64_t bytes, Intent intent, const Memory& memory);
  WriteGate JudgeMemory(uint64_t bytes, Intent intent, const Memory& memory);
  WriteGate JudgeLog(uint64_t bytes, Intent intent);
  /// Of the log, for those who give back more.
  uint64_t SpareBytes(Intent intent) const;
  WriteGate Later(HeldFor reason) {
    held_for_ = reason;
    return WriteGate::kLater;
  }

  CommitLog& log_;
  Background& background_;
  Space& space_;
  bool wants_flush_ = false;
  HeldFor held_for_ = HeldFor::kSpace;
};

}  // namespace cordwood::storage

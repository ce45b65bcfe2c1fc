#pragma once

// The times at which commands started whose records are not visible yet. A reader at the visible
// state judges expiry by the first of them: else it would say of a key that it has expired while a
// command that began earlier still writes to it.
//
// Threads: the loop's.

#include <cstdint>
#include <deque>
#include <optional>

#include "storage/entry.h"

namespace cordwood::pipeline {

class StartTimes {
 public:
  /// A command that started at `ms` wrote records up to `seq`. Seqs ascend.
  void Note(storage::Seq seq, int64_t ms);
  /// A command started at `ms` that may write, and goes on for a while; nothing: it has ended.
  void SetRunning(std::optional<int64_t> ms) { running_ = ms; }
  /// The records up to `seq` are visible.
  void Forget(storage::Seq seq);
  /// When the first command started that `seq` does not show; `now_ms` if that is earlier, or there
  /// is none. No later call is for a smaller seq.
  int64_t At(storage::Seq seq, int64_t now_ms) {
    return starts_.empty() && !running_ ? now_ms : AtBusy(seq, now_ms);
  }

 private:
  int64_t AtBusy(storage::Seq seq, int64_t now_ms);

  struct Start {
    storage::Seq seq = 0;  // the newest record of commands that started then
    int64_t ms = 0;
  };
  std::deque<Start> starts_;  // ascending in both
  std::optional<int64_t> running_;
};

}  // namespace cordwood::pipeline

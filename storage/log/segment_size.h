#pragma once

// How large the log's next segments are: small while little is written, so that a server at rest
// keeps little of the disk; of the full size under load, so that few of its groups wait for a
// switch of segments.
//
//   load   half a small segment was written within 30 s
//   rest   until that comes, and again once it has not come for 30 s
//
// Owned by CommitLog. Threads: one at a time; CommitLog guards it.

#include <cstdint>

namespace cordwood::storage {

class SegmentSize {
 public:
  /// At rest, and under load. REQUIRES: small <= full.
  SegmentSize(uint64_t small, uint64_t full) : small_(small), full_(full) {}

  bool under_load() const { return under_load_; }
  uint64_t bytes() const { return under_load_ ? full_ : small_; }

  /// So much was written to the log. True: that made it a load.
  bool NoteWritten(uint64_t bytes, uint64_t now_ns);
  /// True: the load is over.
  bool Tick(uint64_t now_ns);

 private:
  const uint64_t small_;
  const uint64_t full_;
  bool under_load_ = false;
  uint64_t loaded_ns_ = 0;  // when as much had come as makes a load, the last time
  uint64_t since_ns_ = 0;   // what is counted came since then
  uint64_t written_ = 0;
};

}  // namespace cordwood::storage

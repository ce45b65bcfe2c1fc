#pragma once

// Batches on their way into one frame, in the layout of the file: room for a sector, room for the
// frame header, then the batches. One write of whole sectors stores a group; in front of it stands
// the segment header, when it is the first of its segment, or what its first sector has already.
//
//   | sector | frame header | batch batch batch ... | zeros |
//   0        4096           4176
//
// Memory: `keep_bytes` from the first batch on, of which the system maps what batches were in, so
// that nothing is moved as it grows: that would take milliseconds of the loop's. Above it what the
// batches take.
//
// Threads: one at a time; CommitLog hands a group from the executor to the log task.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "storage/entry.h"
#include "storage/log/frame.h"

namespace cordwood::storage {

class Group {
 public:
  explicit Group(uint64_t keep_bytes = 0) : keep_bytes_(keep_bytes) { Clear(); }

  bool empty() const { return op_count_ == 0; }
  Seq first_seq() const { return first_seq_; }
  Seq last_seq() const { return first_seq_ + op_count_ - 1; }
  uint32_t op_count() const { return op_count_; }
  uint64_t payload_bytes() const { return bytes_.size() - kFront; }
  uint64_t frame_bytes() const { return FrameBytes(payload_bytes()); }

  /// Whether the group must be on stable storage before it is visible.
  bool must_sync() const { return must_sync_; }

  void Append(Seq first_seq, uint32_t op_count, std::string_view ops, bool must_sync);

  /// Behind all that was appended.
  void SetStream(const StreamPosition& stream) { stream_ = stream; }
  const StreamPosition& stream() const { return stream_; }

  /// The whole sectors to write for a frame that begins at `offset`, from where `before` begins:
  /// the bytes of its first sector that stand in front of it. Pads the group: no Append after.
  std::string_view Encode(uint64_t offset, std::string_view before, uint64_t salt,
                          Seq known_synced);
  /// The same for the first frame of a segment, with the header in front: to be written at 0.
  std::string_view EncodeFirst(const SegmentHeader& segment, Seq known_synced);

  /// Empties the group, and keeps its memory up to `keep_bytes`.
  void Clear();

  /// From now on; memory above it goes with the next Clear.
  void SetKeepBytes(uint64_t keep_bytes) { keep_bytes_ = keep_bytes; }
  /// What it holds on the heap.
  uint64_t memory_bytes() const { return bytes_.capacity(); }

 private:
  void Grow(size_t capacity);

  static constexpr size_t kFront = kLogAlign + kFrameHeaderBytes;

  uint64_t keep_bytes_;
  std::string bytes_;
  Seq first_seq_ = 0;
  uint32_t op_count_ = 0;
  bool must_sync_ = false;
  StreamPosition stream_;
};

}  // namespace cordwood::storage

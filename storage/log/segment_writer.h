#pragma once

// The segment that frames go to: where the next one stands, and whether the header is written.
// Knows nothing of groups in line, durability or errors of the past: CommitLog decides.
//
// Owned by CommitLog. Threads: one at a time (the log task).

#include <cstdint>
#include <memory>

#include "base/env.h"
#include "base/error.h"
#include "storage/log/frame.h"
#include "storage/log/group.h"
#include "storage/log/segment_file.h"

namespace cordwood::storage {

class SegmentWriter {
 public:
  /// A blank segment: the header goes with the first frame.
  SegmentWriter(BlankSegment blank, const SegmentHeader& header)
      : file_(std::move(blank.file)), bytes_(blank.bytes), header_(header) {}

  /// A segment whose header is written and whose frames end at `end`.
  SegmentWriter(std::unique_ptr<File> file, uint64_t bytes, const SegmentHeader& header,
                uint64_t end)
      : file_(std::move(file)), bytes_(bytes), header_(header), end_(end), has_header_(true) {}

  const SegmentHeader& header() const { return header_; }
  uint64_t bytes() const { return bytes_; }
  /// Where the next frame will stand, and the last one ends.
  uint64_t end() const { return end_; }
  /// Bytes that frames may still take.
  uint64_t room() const { return FrameRoom(bytes_) + kLogAlign - end_; }

  /// REQUIRES: group.frame_bytes() <= room().
  Status WriteGroup(Group& group, Seq known_synced);

  /// An empty frame at the end, where the next frame overwrites it: it holds no records, and the
  /// next frame says as much. `stream` is that of the frame before. REQUIRES: the header is
  /// written.
  Status WriteEmpty(Seq next_seq, Seq known_synced, const StreamPosition& stream);

  Status Sync() { return file_->Sync(); }

 private:
  std::unique_ptr<File> file_;
  uint64_t bytes_;
  SegmentHeader header_;
  uint64_t end_ = kLogAlign;
  bool has_header_ = false;
};

}  // namespace cordwood::storage

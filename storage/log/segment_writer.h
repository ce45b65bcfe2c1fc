#pragma once

// The segment that frames go to: where the next one stands, and whether the header is written.
// Knows nothing of groups in line, durability or errors of the past: CommitLog decides.
//
// Frames are packed: one begins where the one before ends, and the sector that they share is
// written again as a whole, out of memory. Not so after a sync: no write touches a sector with
// bytes that a sync was asked for, since a power cut in the middle of it could take them back.
//
// Owned by CommitLog. Threads: one at a time (the log task).

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

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
  /// REQUIRES: `end` is a multiple of kFrameAlign, and everything before it is synced.
  SegmentWriter(std::unique_ptr<File> file, uint64_t bytes, const SegmentHeader& header,
                uint64_t end)
      : file_(std::move(file)),
        bytes_(bytes),
        header_(header),
        end_(end),
        synced_(end),
        written_back_(end),
        awaited_(end),
        has_header_(true) {}

  const SegmentHeader& header() const { return header_; }
  uint64_t bytes() const { return bytes_; }
  /// Where the last frame ends.
  uint64_t end() const { return end_; }
  /// Bytes that frames may take behind the last one, which may be followed by a sync.
  uint64_t room() const { return RoomBehind(end_); }
  /// The same behind another frame of so many bytes. REQUIRES: it fits.
  uint64_t RoomBehindNext(uint64_t frame_bytes) const { return RoomBehind(next() + frame_bytes); }

  /// REQUIRES: group.frame_bytes() <= room().
  Status WriteGroup(Group& group, Seq known_synced);

  /// An empty frame at the end, where the next frame overwrites it: it holds no records, and the
  /// next frame says as much. `stream` is that of the frame before. REQUIRES: the header is
  /// written, and all frames before it are synced.
  Status WriteEmpty(Seq next_seq, Seq known_synced, const StreamPosition& stream);

  /// From its beginning on, the next frame begins a sector.
  Status Sync();

  /// Once a mebibyte of frames came since the last call, or sync, has the system begin to write
  /// them, and waits for those of before: beside what one group brings, a sync in the end finds no
  /// more than kUnwrittenMax bytes that are not on their way to the medium or there. Errors as of
  /// File::WriteBack.
  Status WriteBack();
  static constexpr uint64_t kUnwrittenMax = 4 << 20;
  /// What a sync would have to write if there were no WriteBack.
  uint64_t unsynced_bytes() const { return end_ - synced_; }

 private:
  /// Where the next frame begins.
  uint64_t next() const { return last_sector_.empty() ? SectorFrom(end_) : end_; }
  uint64_t RoomBehind(uint64_t end) const {
    const uint64_t most = FrameRoom(bytes_) + kLogAlign;
    return most - std::min(most, SectorFrom(end));
  }

  std::unique_ptr<File> file_;
  uint64_t bytes_;
  SegmentHeader header_;
  uint64_t end_ = kLogAlign;
  uint64_t synced_ = kLogAlign;  // up to here
  uint64_t written_back_ = 0;    // begun up to here
  uint64_t awaited_ = 0;         // done up to here
  std::string last_sector_;      // its bytes up to end_, if the next frame may share it
  bool has_header_ = false;
};

}  // namespace cordwood::storage

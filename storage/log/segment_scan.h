#pragma once

// Finds what a segment file holds: its header, every valid frame, and how far frames that were
// begun may reach. Judges nothing (storage/log/chain.h does) and writes nothing.
//
// A segment may have been used before, so what is no frame of its header tells nothing: neither do
// old frames, nor what lies in a file whose header is gone.
//
// Threads: any, one file each.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "base/error.h"
#include "storage/log/frame.h"

namespace cordwood::storage {

/// A valid frame and where it stands.
struct FrameRef {
  FrameHeader header;
  uint64_t offset = 0;

  uint64_t end() const { return offset + FrameBytes(header.payload_bytes); }
  /// The seq that comes after the frame.
  Seq next_seq() const { return header.first_seq + header.op_count; }
};

struct SegmentScan {
  uint64_t number = 0;
  uint64_t size = 0;
  /// Nothing if the first sector is no header.
  std::optional<SegmentHeader> header;
  /// The file ends within its header: something cut it, for no crash leaves that.
  bool header_is_cut = false;
  /// The first sector has nothing but zeros: prepared, and not in use.
  bool blank = false;
  /// By offset; they do not overlap. None without a header.
  std::vector<FrameRef> frames;
  /// The furthest end that a header of a frame of this segment claims, valid or not; 0: there is
  /// none.
  uint64_t claimed_end = 0;
};

/// Reads the whole file. A frame stands behind the one before, at the next multiple of kFrameAlign,
/// or else at a sector.
/// kIo if a read fails, kUnsupported if another version wrote the segment, kCorruption if it is no
/// regular file.
Result<SegmentScan> ScanSegment(Env& env, const std::string& dir, uint64_t number);

/// Reads one frame again and verifies it; the view into `buffer` is its payload.
Result<std::string_view> ReadFrame(File& file, const FrameRef& frame, std::string& buffer);

}  // namespace cordwood::storage

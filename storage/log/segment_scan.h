#pragma once

// Finds what a segment file holds: its header, every valid frame, and where its last nonzero byte
// is. Judges nothing (storage/log/chain.h does) and writes nothing.
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
  /// By offset; they do not overlap. Only frames with the header's salt, if there is a header.
  std::vector<FrameRef> frames;
  /// Behind the last byte that is not zero.
  uint64_t nonzero_end = 0;

  bool blank() const { return nonzero_end == 0; }
};

/// Reads the whole file. After bytes that are no valid frame it looks again at the next sector.
/// kIo if a read fails, kUnsupported if another version wrote the segment, kCorruption if it is no
/// regular file.
Result<SegmentScan> ScanSegment(Env& env, const std::string& dir, uint64_t number);

/// Reads one frame again and verifies it; the view into `buffer` is its payload.
Result<std::string_view> ReadFrame(File& file, const FrameRef& frame, std::string& buffer);

}  // namespace cordwood::storage

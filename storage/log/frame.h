#pragma once

// The bytes of a log segment (docs/STORAGE_FORMAT.md, "Log files"): a header sector, then frames.
//
//   | header | frame | frame  | frame | 0..0 | frame  | ...
//   0        4096    ^ the next multiple of 8 ^ or of 4096, if there was a sync in between
//
//   frame  = magic kind salt first_seq known_synced payload_bytes op_count stream checksum |
//            payload | 0..0
//
// Encoding and checking only: nothing here opens a file.
//
// Threads: any; no state.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/error.h"
#include "storage/entry.h"

namespace cordwood::storage {

/// A sector: what a device writes as a whole.
inline constexpr uint64_t kLogAlign = 4096;
/// What every frame starts on a multiple of.
inline constexpr uint64_t kFrameAlign = 8;
inline constexpr uint64_t kFrameHeaderBytes = 80;

/// What the first sector of a segment says.
struct SegmentHeader {
  uint64_t number = 0;
  uint64_t ordinal = 0;  // place in the chain; numbers tell nothing about the order
  uint64_t salt = 0;
  uint64_t store_id = 0;
  uint64_t predecessor = 0;  // 0: none
  uint64_t cut = 0;          // where the predecessor ends
  Seq cut_seq = 0;           // the last seq before this segment
  Seq known_synced = 0;      // at least cut_seq
  uint64_t bytes = 0;        // the size of the file, on stable storage before the header is

  friend bool operator==(const SegmentHeader&, const SegmentHeader&) = default;
};

/// REQUIRES: sector.size() == kLogAlign.
void EncodeSegmentHeader(const SegmentHeader& header, std::span<char> sector);

/// Whether a file that begins with these bytes, fewer than a sector, had a header once.
bool IsCutSegmentHeader(std::string_view bytes);

/// kCorruption if the bytes are no header, kUnsupported if they are one of another version.
Result<SegmentHeader> DecodeSegmentHeader(std::string_view sector);

/// A place in a stream of replication. The log keeps it beside the records that led there, so that
/// both survive together, and knows no more of it.
struct StreamPosition {
  std::array<uint8_t, 20> id{};  // whose stream; all zero: nobody follows, and there is none
  uint64_t offset = 0;

  friend bool operator==(const StreamPosition&, const StreamPosition&) = default;
};

enum class FrameKind : uint8_t {
  kGroup = 1,
  kEmpty = 2,  // no operations; carries the known S
};

struct FrameHeader {
  FrameKind kind = FrameKind::kGroup;
  uint64_t salt = 0;
  Seq first_seq = 0;  // empty frame: the seq that comes next
  Seq known_synced = 0;
  uint64_t payload_bytes = 0;
  uint32_t op_count = 0;
  StreamPosition stream;  // behind the frame's last operation

  friend bool operator==(const FrameHeader&, const FrameHeader&) = default;
};

/// Bytes that a frame with such a payload takes in the file.
inline constexpr uint64_t FrameBytes(uint64_t payload_bytes) {
  return (kFrameHeaderBytes + payload_bytes + kFrameAlign - 1) / kFrameAlign * kFrameAlign;
}

/// Where a sector begins, at `offset` or behind it.
inline constexpr uint64_t SectorFrom(uint64_t offset) {
  return (offset + kLogAlign - 1) / kLogAlign * kLogAlign;
}

/// Writes the header of a frame that will stand at `offset` of its file.
/// REQUIRES: out.size() == kFrameHeaderBytes, payload.size() == header.payload_bytes.
void EncodeFrameHeader(const FrameHeader& header, uint64_t offset, std::string_view payload,
                       std::span<char> out);

/// Reads a header without verifying the checksum: what it says may be wrong, but is within bounds
/// (the payload fits into `limit` bytes of frame). Nothing if these are no frame's first bytes.
std::optional<FrameHeader> PeekFrameHeader(std::string_view bytes, uint64_t limit);

/// Whether `frame`, FrameBytes(header.payload_bytes) long, is what was written at `offset`: header
/// and payload. `header` is what PeekFrameHeader read from it.
bool FrameIsValid(const FrameHeader& header, uint64_t offset, std::string_view frame);

inline std::string_view FramePayload(const FrameHeader& header, std::string_view frame) {
  return frame.substr(kFrameHeaderBytes, header.payload_bytes);
}

}  // namespace cordwood::storage

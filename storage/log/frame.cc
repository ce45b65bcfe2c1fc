#include "storage/log/frame.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/coding.h"
#include "base/format.h"
#include "base/hash.h"

namespace cordwood::storage {
namespace {

constexpr uint64_t kSegmentMagic = 0x474553474f4c5743u;  // "CWLOGSEG"
constexpr uint32_t kFrameMagic = 0x52465743u;            // "CWFR"
constexpr uint32_t kLogFormat = 3;

constexpr size_t kHeaderChecksumAt = 8;
constexpr size_t kHeaderVersionAt = 16;
constexpr size_t kHeaderFieldsAt = 24;
constexpr size_t kHeaderFieldCount = 9;
constexpr size_t kFrameStreamAt = 44;
constexpr size_t kFrameStreamOffsetAt = 64;
constexpr size_t kFrameChecksumAt = 72;

uint64_t FrameSeed(uint64_t salt, uint64_t offset) { return salt ^ (offset * 0x9E3779B97F4A7C15u); }

}  // namespace

void EncodeSegmentHeader(const SegmentHeader& header, std::span<char> sector) {
  CHECK(sector.size() == kLogAlign);
  std::fill(sector.begin(), sector.end(), '\0');
  char* const at = sector.data();
  StoreFixed(at, kSegmentMagic);
  StoreFixed(at + kHeaderVersionAt, kLogFormat);
  const uint64_t fields[kHeaderFieldCount] = {header.number,   header.ordinal,      header.salt,
                                              header.store_id, header.predecessor,  header.cut,
                                              header.cut_seq,  header.known_synced, header.bytes};
  std::memcpy(at + kHeaderFieldsAt, fields, sizeof(fields));
  StoreFixed(at + kHeaderChecksumAt,
             Hash64(std::string_view(at, kLogAlign).substr(kHeaderVersionAt)));
}

bool IsCutSegmentHeader(std::string_view bytes) {
  char magic[sizeof(kSegmentMagic)];
  StoreFixed(magic, kSegmentMagic);
  const size_t size = std::min(bytes.size(), sizeof(magic));
  return size > 0 && bytes.size() < kLogAlign &&
         bytes.substr(0, size) == std::string_view(magic, size);
}

Result<SegmentHeader> DecodeSegmentHeader(std::string_view sector) {
  if (sector.size() < kLogAlign || LoadFixed<uint64_t>(sector.data()) != kSegmentMagic ||
      LoadFixed<uint64_t>(sector.data() + kHeaderChecksumAt) !=
          Hash64(sector.substr(kHeaderVersionAt, kLogAlign - kHeaderVersionAt))) {
    return Fail(ErrorCode::kCorruption, "the segment header is damaged or was never written");
  }
  const auto version = LoadFixed<uint32_t>(sector.data() + kHeaderVersionAt);
  if (version != kLogFormat) {
    return Fail(
        ErrorCode::kUnsupported,
        Format("the header at offset 0 has format version {}; this program knows version {}",
               version, kLogFormat));
  }
  uint64_t fields[kHeaderFieldCount];
  std::memcpy(fields, sector.data() + kHeaderFieldsAt, sizeof(fields));
  return SegmentHeader{.number = fields[0],
                       .ordinal = fields[1],
                       .salt = fields[2],
                       .store_id = fields[3],
                       .predecessor = fields[4],
                       .cut = fields[5],
                       .cut_seq = fields[6],
                       .known_synced = fields[7],
                       .bytes = fields[8]};
}

void EncodeFrameHeader(const FrameHeader& header, uint64_t offset, std::string_view payload,
                       std::span<char> out) {
  CHECK(out.size() == kFrameHeaderBytes && payload.size() == header.payload_bytes);
  char* const at = out.data();
  std::fill(out.begin(), out.end(), '\0');
  StoreFixed(at, kFrameMagic);
  StoreFixed(at + 4, static_cast<uint8_t>(header.kind));
  StoreFixed(at + 8, header.salt);
  StoreFixed(at + 16, header.first_seq);
  StoreFixed(at + 24, header.known_synced);
  StoreFixed(at + 32, header.payload_bytes);
  StoreFixed(at + 40, header.op_count);
  std::ranges::copy(header.stream.id, at + kFrameStreamAt);
  StoreFixed(at + kFrameStreamOffsetAt, header.stream.offset);
  StoreFixed(at + kFrameChecksumAt, Hash64(std::string_view(at, kFrameChecksumAt), payload,
                                           FrameSeed(header.salt, offset)));
}

std::optional<FrameHeader> PeekFrameHeader(std::string_view bytes, uint64_t limit) {
  if (bytes.size() < kFrameHeaderBytes) return std::nullopt;
  const char* const at = bytes.data();
  if (LoadFixed<uint32_t>(at) != kFrameMagic) return std::nullopt;
  FrameHeader header{.kind = static_cast<FrameKind>(LoadFixed<uint8_t>(at + 4)),
                     .salt = LoadFixed<uint64_t>(at + 8),
                     .first_seq = LoadFixed<uint64_t>(at + 16),
                     .known_synced = LoadFixed<uint64_t>(at + 24),
                     .payload_bytes = LoadFixed<uint64_t>(at + 32),
                     .op_count = LoadFixed<uint32_t>(at + 40)};
  std::memcpy(header.stream.id.data(), at + kFrameStreamAt, header.stream.id.size());
  header.stream.offset = LoadFixed<uint64_t>(at + kFrameStreamOffsetAt);
  if (header.payload_bytes > limit || FrameBytes(header.payload_bytes) > limit) return std::nullopt;
  if (header.first_seq > kMaxSeq || header.first_seq + header.op_count > kMaxSeq + 1) {
    return std::nullopt;
  }
  const bool has_ops = header.op_count > 0 && header.payload_bytes > 0;
  const bool is_bare = header.op_count == 0 && header.payload_bytes == 0;
  if (header.kind == FrameKind::kGroup ? !has_ops : header.kind != FrameKind::kEmpty || !is_bare) {
    return std::nullopt;
  }
  return header;
}

bool FrameIsValid(const FrameHeader& header, uint64_t offset, std::string_view frame) {
  CHECK(frame.size() == FrameBytes(header.payload_bytes));
  const uint64_t expected = Hash64(frame.substr(0, kFrameChecksumAt), FramePayload(header, frame),
                                   FrameSeed(header.salt, offset));
  return LoadFixed<uint64_t>(frame.data() + kFrameChecksumAt) == expected;
}

}  // namespace cordwood::storage

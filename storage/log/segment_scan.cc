#include "storage/log/segment_scan.h"

#include <algorithm>
#include <memory>
#include <span>

#include "base/check.h"
#include "base/coding.h"
#include "base/format.h"
#include "storage/file_names.h"

namespace cordwood::storage {
namespace {

constexpr uint64_t kReadAheadBytes = 1 << 20;
// What a header may claim, however long the file is: so that sums stay sums.
constexpr uint64_t kPayloadMax = uint64_t{1} << 60;

/// Shows parts of a file, in ascending order, through one buffer.
class Window {
 public:
  Window(File& file, uint64_t size) : file_(file), size_(size) {}

  /// Bytes [offset, offset + bytes), cut at the end of the file. The view lives until the next
  /// call.
  Result<std::string_view> View(uint64_t offset, uint64_t bytes) {
    const uint64_t end = std::min(offset + bytes, size_);
    if (offset < start_ || end > start_ + buffer_.size()) {
      start_ = offset;
      buffer_.resize(std::min(std::max(bytes, kReadAheadBytes), size_ - offset));
      CW_ASSIGN(const size_t got, file_.ReadAt(offset, std::span<char>(buffer_)));
      if (got != buffer_.size()) {
        return Fail(ErrorCode::kIo, Format("short read at offset {}", offset + got));
      }
    }
    return std::string_view(buffer_).substr(offset - start_, end - offset);
  }

 private:
  File& file_;
  const uint64_t size_;
  uint64_t start_ = 0;
  std::string buffer_;
};

class Scanner {
 public:
  Scanner(File& file, SegmentScan& scan) : window_(file, scan.size), scan_(scan) {}

  Status Run() {
    CW_TRY(ReadHeader());
    if (!scan_.header) return {};
    uint64_t offset = kLogAlign;
    while (offset < scan_.size) {
      CW_ASSIGN(const std::optional<FrameRef> frame, FrameAt(offset));
      if (frame) {
        scan_.frames.push_back(*frame);
        offset = frame->end();
      } else {
        offset = SectorFrom(offset + 1);
      }
    }
    return {};
  }

 private:
  Status ReadHeader() {
    CW_ASSIGN(const std::string_view sector, window_.View(0, kLogAlign));
    scan_.blank = AllZero(sector);
    scan_.header_is_cut = IsCutSegmentHeader(sector);
    Result<SegmentHeader> header = DecodeSegmentHeader(sector);
    if (header) {
      // A header under another file's name is as good as none.
      if (header->number == scan_.number) scan_.header = *header;
    } else if (header.error().code() == ErrorCode::kUnsupported) {
      return std::unexpected(std::move(header).error());
    }
    return {};
  }

  Result<std::optional<FrameRef>> FrameAt(uint64_t offset) {
    CW_ASSIGN(std::string_view bytes, window_.View(offset, kFrameHeaderBytes));
    const std::optional<FrameHeader> header = PeekFrameHeader(bytes, kPayloadMax);
    if (!header || header->salt != scan_.header->salt) return std::nullopt;
    const uint64_t left = scan_.size - offset;
    const uint64_t frame_bytes = FrameBytes(header->payload_bytes);
    scan_.claimed_end = std::max(scan_.claimed_end, offset + std::min(frame_bytes, left));
    if (frame_bytes > left) return std::nullopt;
    CW_ASSIGN(bytes, window_.View(offset, frame_bytes));
    if (!FrameIsValid(*header, offset, bytes)) return std::nullopt;
    return FrameRef{.header = *header, .offset = offset};
  }

  Window window_;
  SegmentScan& scan_;
};

}  // namespace

Result<SegmentScan> ScanSegment(Env& env, const std::string& dir, uint64_t number) {
  const std::string path = LogPath(dir, number);
  SegmentScan scan{.number = number};
  Result<std::unique_ptr<File>> opened = env.Open(path, OpenMode::kRead);
  if (!opened && opened.error().code() == ErrorCode::kCorruption) {
    return Fail(ErrorCode::kCorruption,
                Format("{}; restore it, or the whole store from a backup, or give up what it held "
                       "(cordwood repair)",
                       opened.error().message()));
  }
  const auto run = [&]() -> Status {
    CW_ASSIGN(const std::unique_ptr<File> file, std::move(opened));
    CW_ASSIGN(scan.size, file->Size());
    return Scanner(*file, scan).Run();
  };
  if (Status status = run(); !status) return std::unexpected(status.error().Prefixed(path));
  return scan;
}

Result<std::string_view> ReadFrame(File& file, const FrameRef& frame, std::string& buffer) {
  buffer.resize(FrameBytes(frame.header.payload_bytes));
  CW_ASSIGN(const size_t got, file.ReadAt(frame.offset, std::span<char>(buffer)));
  if (got != buffer.size()) return Fail(ErrorCode::kIo, "short read");
  const std::optional<FrameHeader> header = PeekFrameHeader(buffer, buffer.size());
  if (!header || *header != frame.header || !FrameIsValid(*header, frame.offset, buffer)) {
    return Fail(ErrorCode::kCorruption,
                Format("the frame at offset {} changed between two reads", frame.offset));
  }
  return FramePayload(frame.header, buffer);
}

}  // namespace cordwood::storage

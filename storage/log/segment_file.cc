#include "storage/log/segment_file.h"

#include <algorithm>
#include <string_view>

#include "storage/file_names.h"
#include "storage/log/frame.h"

namespace cordwood::storage {
namespace {

constexpr uint64_t kChunkBytes = 1 << 20;

// One sync of a whole segment would hold up the log's own syncs for as long as the disk needs to
// write it.
constexpr uint64_t kSyncEveryBytes = 4 << 20;

constexpr uint64_t kReservedBytes = 2 * kLogAlign;  // header, closing frame
constexpr uint64_t kSlackBytes = 256 << 10;

Status FillWithZeros(File& file, uint64_t bytes) {
  const std::string zeros(std::min(bytes, kChunkBytes), '\0');
  uint64_t synced = 0;
  for (uint64_t offset = 0; offset < bytes; offset += zeros.size()) {
    const uint64_t chunk = std::min<uint64_t>(zeros.size(), bytes - offset);
    CW_TRY(file.WriteAt(offset, std::string_view(zeros).substr(0, chunk)));
    if (offset + chunk - synced >= kSyncEveryBytes || offset + chunk == bytes) {
      CW_TRY(file.Sync());
      synced = offset + chunk;
    }
  }
  return {};
}

}  // namespace

uint64_t FrameRoom(uint64_t segment_bytes) {
  return segment_bytes > kReservedBytes ? segment_bytes - kReservedBytes : 0;
}

uint64_t FileBytesFor(uint64_t frame_bytes) { return SectorFrom(frame_bytes) + kReservedBytes; }

uint64_t SegmentBytesFor(uint64_t frame_bytes) {
  return SectorFrom(frame_bytes) + kReservedBytes + kSlackBytes;
}

Result<BlankSegment> MakeSegment(Env& env, const std::string& dir, uint64_t number,
                                 uint64_t bytes) {
  const std::string path = LogPath(dir, number);
  if (const uint64_t limit = env.FileBytesMax(); bytes > limit) {
    return std::unexpected(FailForFileLimit(limit, bytes).error().Prefixed(path));
  }
  Result<std::unique_ptr<File>> file = env.Open(path, OpenMode::kCreate);
  if (!file) return std::unexpected(file.error().Prefixed(path));
  Status status = FillWithZeros(**file, bytes);
  if (status) status = env.SyncDir(dir);
  if (status) return BlankSegment{.number = number, .bytes = bytes, .file = *std::move(file)};
  file->reset();
  IgnoreError(env.Remove(path), "the first error tells more; recovery removes what is left");
  return std::unexpected(status.error().Prefixed(path));
}

}  // namespace cordwood::storage

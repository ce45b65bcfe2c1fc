#include "storage/log/segment_file.h"

#include <algorithm>
#include <span>
#include <string_view>

#include "base/format.h"
#include "base/short_turns.h"
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
  CW_TRY(WriteZeros(file, 0, bytes));
  // A small write to a large cached folio counts, and is walked over, as the whole of it.
  file.DropCache();
  return {};
}

Status ReserveSpace(File& file, uint64_t bytes) {
  CW_TRY(file.Reserve(bytes));
  return file.Sync();
}

/// The salt of a segment that is about to lose its header.
uint64_t SaltOf(std::string_view sector) {
  const Result<SegmentHeader> header = DecodeSegmentHeader(sector);
  return header ? header->salt : 0;
}

Result<BlankSegment> TakeOverFile(Env& env, const std::string& path, uint64_t number,
                                  uint64_t bytes) {
  CW_ASSIGN(std::unique_ptr<File> file, env.Open(path, OpenMode::kReadWrite));
  // A backup may hold on to it under another name.
  CW_ASSIGN(const uint64_t names, file->LinkCount());
  CW_ASSIGN(const uint64_t size, file->Size());
  if (names != 1 || size != bytes) {
    return Fail(ErrorCode::kUnsupported, Format("{} names, {} bytes", names, size));
  }
  std::string sector(kLogAlign, '\0');
  CW_ASSIGN([[maybe_unused]] const size_t got, file->ReadAt(0, std::span<char>(sector)));
  const uint64_t old_salt = SaltOf(sector);
  CW_TRY(file->WriteAt(0, std::string(kLogAlign, '\0')));
  CW_TRY(file->Sync());
  file->DropCache();
  return BlankSegment{
      .number = number, .bytes = bytes, .file = std::move(file), .old_salt = old_salt};
}

}  // namespace

Status WriteZeros(File& file, uint64_t begin, uint64_t end) {
  const std::string zeros(std::min(end - begin, kChunkBytes), '\0');
  uint64_t synced = begin;
  ShortTurns turns(kChunkBytes);
  for (uint64_t offset = begin; offset < end; offset += zeros.size()) {
    const uint64_t chunk = std::min<uint64_t>(zeros.size(), end - offset);
    CW_TRY(file.WriteAt(offset, std::string_view(zeros).substr(0, chunk)));
    turns.Did(chunk);
    if (offset + chunk - synced >= kSyncEveryBytes || offset + chunk == end) {
      CW_TRY(file.Sync());
      synced = offset + chunk;
    }
  }
  return {};
}

uint64_t FrameRoom(uint64_t segment_bytes) {
  return segment_bytes > kReservedBytes ? segment_bytes - kReservedBytes : 0;
}

uint64_t FileBytesFor(uint64_t frame_bytes) { return SectorFrom(frame_bytes) + kReservedBytes; }

uint64_t SegmentBytesFor(uint64_t frame_bytes) {
  return SectorFrom(frame_bytes) + kReservedBytes + kSlackBytes;
}

Result<BlankSegment> MakeSegment(Env& env, const std::string& dir, uint64_t number, uint64_t bytes,
                                 SegmentSpace space) {
  const std::string path = LogPath(dir, number);
  if (const uint64_t limit = env.FileBytesMax(); bytes > limit) {
    return std::unexpected(FailForFileLimit(limit, bytes).error().Prefixed(path));
  }
  Result<std::unique_ptr<File>> file = env.Open(path, OpenMode::kCreate);
  if (!file) return std::unexpected(file.error().Prefixed(path));
  Status status =
      space == SegmentSpace::kReserved ? ReserveSpace(**file, bytes) : FillWithZeros(**file, bytes);
  if (status) status = env.SyncDir(dir);
  if (status) return BlankSegment{.number = number, .bytes = bytes, .file = *std::move(file)};
  file->reset();
  IgnoreError(env.Remove(path), "the first error tells more; recovery removes what is left");
  return std::unexpected(status.error().Prefixed(path));
}

Result<BlankSegment> RecycleSegment(Env& env, const std::string& dir, uint64_t old_number,
                                    uint64_t number, uint64_t bytes) {
  const std::string old_path = LogPath(dir, old_number);
  const std::string path = LogPath(dir, number);
  Status status = env.Rename(old_path, path);
  if (status) {
    Result<BlankSegment> taken = TakeOverFile(env, path, number, bytes);
    status = taken ? env.SyncDir(dir) : std::unexpected(taken.error());
    if (status) return taken;
  }
  for (const std::string& left : {old_path, path}) {
    IgnoreError(env.Remove(left), "the first error tells more; recovery removes what is left");
  }
  return std::unexpected(status.error().Prefixed(path));
}

Status CutSegment(BlankSegment& blank, uint64_t bytes) {
  CW_ASSIGN(const uint64_t names, blank.file->LinkCount());
  if (names != 1) return Fail(ErrorCode::kUnsupported, Format("{} names", names));
  CW_TRY(blank.file->Truncate(bytes));
  CW_TRY(blank.file->Sync());
  blank.bytes = bytes;
  return {};
}

}  // namespace cordwood::storage

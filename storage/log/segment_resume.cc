#include "storage/log/segment_resume.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/format.h"
#include "storage/file_names.h"
#include "storage/log/segment_file.h"

namespace cordwood::storage {
namespace {

/// What the system says of a file after a sync that failed may not be what the medium has. So they
/// are read again once they are synced and dropped from memory.
Status SeeToIt(File& file, const std::vector<ChainFrame>& frames) {
  if (frames.empty()) return {};
  CW_TRY(file.Sync());
  file.DropCache();
  std::string buffer;
  for (const ChainFrame& placed : frames) {
    CW_ASSIGN([[maybe_unused]] const std::string_view payload,
              ReadFrame(file, placed.frame, buffer));
  }
  return {};
}

Status Prepare(File& file, const NewestSegment& newest, const std::vector<ChainFrame>& copy) {
  CW_TRY(SeeToIt(file, copy));
  CW_TRY(WriteZeros(file, SectorFrom(newest.end), newest.header.bytes));
  return file.Sync();
}

}  // namespace

Result<SegmentWriter> ResumeSegment(Env& env, const std::string& dir, const NewestSegment& newest,
                                    const std::vector<ChainFrame>& copy) {
  const std::string path = LogPath(dir, newest.header.number);
  CW_ASSIGN(std::unique_ptr<File> file, env.Open(path, OpenMode::kReadWrite));
  CW_ASSIGN(const uint64_t names, file->LinkCount());
  if (names != 1) return Fail(ErrorCode::kUnsupported, Format("{}: {} names", path, names));
  const bool all_there = std::ranges::all_of(
      copy, [&](const ChainFrame& placed) { return placed.segment == newest.header.number; });
  CHECK(all_there);
  if (Status status = Prepare(*file, newest, copy); !status) {
    return std::unexpected(status.error().Prefixed(path));
  }
  return SegmentWriter(std::move(file), newest.header.bytes, newest.header, newest.end);
}

}  // namespace cordwood::storage

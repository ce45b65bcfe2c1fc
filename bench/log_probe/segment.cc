#include "bench/log_probe/segment.h"

#include <fcntl.h>

#include <algorithm>
#include <filesystem>

#include "base/check.h"
#include "bench/log_probe/file.h"

namespace cordwood::bench {
namespace {

// As storage/log/segment_file.cc has them.
constexpr uint64_t kChunkBytes = 1 << 20;
constexpr uint64_t kSyncEveryBytes = 4 << 20;

/// Writes [begin, end) in `pieces` of one content, and syncs on the way.
Status Fill(const ProbeFile& file, uint64_t begin, uint64_t end, std::string_view piece) {
  uint64_t synced = begin;
  for (uint64_t offset = begin; offset < end;) {
    const uint64_t bytes = std::min<uint64_t>(piece.size(), end - offset);
    CW_TRY(file.WriteAt(offset, piece.substr(0, bytes)));
    offset += bytes;
    if (offset - synced < kSyncEveryBytes && offset < end) continue;
    CW_TRY(file.SyncData());
    synced = offset;
  }
  return {};
}

Status FillWithZeros(const ProbeFile& file, uint64_t bytes) {
  return Fill(file, 0, bytes, std::string(kChunkBytes, '\0'));
}

bool IsRecycled(SegmentState state) {
  return state == SegmentState::kRecycledDropped || state == SegmentState::kRecycledCached;
}

}  // namespace

std::string_view StateName(SegmentState state) {
  switch (state) {
    case SegmentState::kZeros:
      return "zeros";
    case SegmentState::kZerosDropped:
      return "zeros, dropped";
    case SegmentState::kReserved:
      return "reserved";
    case SegmentState::kRecycledDropped:
      return "recycled, dropped";
    case SegmentState::kRecycledCached:
      return "recycled, cached";
  }
  CHECK(false);
}

Status GivePast(const SegmentPlan& plan) {
  const bool exists = std::filesystem::exists(plan.path);
  if (!IsRecycled(plan.state)) {
    std::filesystem::remove(plan.path);
    return {};
  }
  CW_ASSIGN(const ProbeFile file, ProbeFile::Open(plan.path, O_CREAT));
  if (!exists) {
    CW_TRY(FillWithZeros(file, plan.bytes));
    CW_TRY(file.DropCache());
  }
  // A segment that a way has filled without the page cache is in there again after this.
  if (!exists || plan.state == SegmentState::kRecycledCached) {
    CW_TRY(Fill(file, kSectorBytes, plan.bytes, std::string(plan.frame_bytes, 'o')));
  }
  if (plan.state == SegmentState::kRecycledDropped) CW_TRY(file.DropCache());
  return SyncDirectoryOf(plan.path);
}

Status Prepare(const SegmentPlan& plan) {
  const int flags = IsRecycled(plan.state) ? 0 : O_CREAT | O_EXCL;
  CW_ASSIGN(const ProbeFile file, ProbeFile::Open(plan.path, flags));
  switch (plan.state) {
    case SegmentState::kZeros:
    case SegmentState::kZerosDropped:
      CW_TRY(FillWithZeros(file, plan.bytes));
      break;
    case SegmentState::kReserved:
      CW_TRY(file.Allocate(plan.bytes));
      CW_TRY(file.SyncAll());
      break;
    case SegmentState::kRecycledDropped:
    case SegmentState::kRecycledCached:
      // Without its header it is nobody's segment.
      CW_TRY(file.WriteAt(0, std::string(kSectorBytes, '\0')));
      CW_TRY(file.SyncData());
      break;
  }
  if (plan.state == SegmentState::kZerosDropped) CW_TRY(file.DropCache());
  return SyncDirectoryOf(plan.path);
}

}  // namespace cordwood::bench

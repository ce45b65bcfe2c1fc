#include "storage/log/segment_writer.h"

#include <string>

#include "base/check.h"

namespace cordwood::storage {
namespace {

constexpr uint64_t kWriteBackBytes = 1 << 20;
// So much may be on its way to the medium when nothing is waited for any more.
constexpr uint64_t kUnderWayBytes = 2 << 20;

}  // namespace

Status SegmentWriter::WriteGroup(Group& group, Seq known_synced) {
  const uint64_t frame_bytes = group.frame_bytes();
  CHECK(frame_bytes <= room());
  const uint64_t offset = next();
  const uint64_t sector = offset - last_sector_.size();
  std::string_view bytes;
  if (has_header_) {
    bytes = group.Encode(offset, last_sector_, header_.salt, known_synced);
    CW_TRY(file_->WriteAt(sector, bytes));
  } else {
    bytes = group.EncodeFirst(header_, known_synced);
    CW_TRY(file_->WriteAt(0, bytes));
    has_header_ = true;
  }
  end_ = offset + frame_bytes;
  const uint64_t shared = end_ % kLogAlign;
  last_sector_.assign(bytes.substr(bytes.size() - (shared == 0 ? 0 : kLogAlign), shared));
  return {};
}

Status SegmentWriter::Sync() {
  last_sector_.clear();
  synced_ = written_back_ = awaited_ = end_;
  return file_->Sync();
}

Status SegmentWriter::WriteBack() {
  // The last sector will be written again.
  const uint64_t from = written_back_ / kLogAlign * kLogAlign;
  const uint64_t whole = end_ / kLogAlign * kLogAlign;
  if (whole < from + kWriteBackBytes) return {};
  CW_TRY(file_->WriteBack(from, whole - from));
  written_back_ = whole;
  // Another piece comes before the next call.
  if (whole < awaited_ + kUnwrittenMax - kWriteBackBytes) return {};
  const uint64_t to = whole - kUnderWayBytes;
  CW_TRY(file_->AwaitWriteBack(awaited_, to - awaited_));
  awaited_ = to;
  return {};
}

Status SegmentWriter::WriteEmpty(Seq next_seq, Seq known_synced, const StreamPosition& stream) {
  CHECK(has_header_ && last_sector_.empty());
  std::string frame(kLogAlign, '\0');
  const FrameHeader header{.kind = FrameKind::kEmpty,
                           .salt = header_.salt,
                           .first_seq = next_seq,
                           .known_synced = known_synced,
                           .stream = stream};
  const uint64_t offset = SectorFrom(end_);
  EncodeFrameHeader(header, offset, {}, std::span(frame).first(kFrameHeaderBytes));
  return file_->WriteAt(offset, frame);
}

}  // namespace cordwood::storage

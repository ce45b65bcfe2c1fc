#include "storage/log/segment_writer.h"

#include <string>

#include "base/check.h"

namespace cordwood::storage {

Status SegmentWriter::WriteGroup(Group& group, Seq known_synced) {
  const uint64_t frame_bytes = group.frame_bytes();
  CHECK(frame_bytes <= room());
  if (has_header_) {
    CW_TRY(file_->WriteAt(end_, group.Encode(end_, header_.salt, known_synced)));
  } else {
    CW_TRY(file_->WriteAt(0, group.EncodeFirst(header_, known_synced)));
    has_header_ = true;
  }
  end_ += frame_bytes;
  return {};
}

Status SegmentWriter::WriteEmpty(Seq next_seq, Seq known_synced, const StreamPosition& stream) {
  CHECK(has_header_);
  std::string frame(kLogAlign, '\0');
  const FrameHeader header{.kind = FrameKind::kEmpty,
                           .salt = header_.salt,
                           .first_seq = next_seq,
                           .known_synced = known_synced,
                           .stream = stream};
  EncodeFrameHeader(header, end_, {}, std::span(frame).first(kFrameHeaderBytes));
  return file_->WriteAt(end_, frame);
}

}  // namespace cordwood::storage

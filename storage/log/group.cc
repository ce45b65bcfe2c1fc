#include "storage/log/group.h"

#include <algorithm>

#include "base/check.h"

namespace cordwood::storage {
namespace {

// Two groups keep this much each; what is above belongs to a burst or a huge value.
constexpr size_t kKeepBytes = 8 << 20;

}  // namespace

void Group::Append(Seq first_seq, uint32_t op_count, std::string_view ops, bool must_sync) {
  if (empty()) first_seq_ = first_seq;
  CHECK(first_seq == first_seq_ + op_count_ && op_count > 0 && !ops.empty());
  // With the padding, so that Encode does not have to move a huge group for it.
  if (const size_t size = kLogAlign + FrameBytes(payload_bytes() + ops.size());
      size > bytes_.capacity()) {
    bytes_.reserve(std::max(size, 2 * bytes_.capacity()));
  }
  bytes_.append(ops);
  op_count_ += op_count;
  must_sync_ = must_sync_ || must_sync;
}

std::string_view Group::Encode(uint64_t offset, uint64_t salt, Seq known_synced) {
  const FrameHeader header{.kind = FrameKind::kGroup,
                           .salt = salt,
                           .first_seq = first_seq_,
                           .known_synced = known_synced,
                           .payload_bytes = payload_bytes(),
                           .op_count = op_count_};
  EncodeFrameHeader(header, offset, std::string_view(bytes_).substr(kFront),
                    std::span(bytes_).subspan(kLogAlign, kFrameHeaderBytes));
  bytes_.resize(kLogAlign + frame_bytes(), '\0');
  return std::string_view(bytes_).substr(kLogAlign);
}

std::string_view Group::EncodeFirst(const SegmentHeader& segment, Seq known_synced) {
  Encode(kLogAlign, segment.salt, known_synced);
  EncodeSegmentHeader(segment, std::span(bytes_).first(kLogAlign));
  return bytes_;
}

void Group::Clear() {
  if (bytes_.capacity() > kKeepBytes) bytes_ = std::string();
  bytes_.resize(kFront);
  op_count_ = 0;
  must_sync_ = false;
}

}  // namespace cordwood::storage

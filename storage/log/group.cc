#include "storage/log/group.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace cordwood::storage {

void Group::Append(Seq first_seq, uint32_t op_count, std::string_view ops, bool must_sync) {
  if (empty()) first_seq_ = first_seq;
  CHECK(first_seq == first_seq_ + op_count_ && op_count > 0 && !ops.empty());
  // With the padding, so that Encode does not have to move a huge group for it.
  if (const size_t size = 2 * kLogAlign + FrameBytes(payload_bytes() + ops.size());
      size > bytes_.capacity()) {
    Grow(std::max<size_t>(size, keep_bytes_));
  }
  bytes_.append(ops);
  op_count_ += op_count;
  must_sync_ = must_sync_ || must_sync;
}

/// To this and no more: string::reserve would at least double.
void Group::Grow(size_t capacity) {
  std::string grown;
  grown.reserve(capacity);
  grown.append(bytes_);
  bytes_ = std::move(grown);
}

std::string_view Group::Encode(uint64_t offset, std::string_view before, uint64_t salt,
                               Seq known_synced) {
  CHECK(offset % kLogAlign == before.size());
  const FrameHeader header{.kind = FrameKind::kGroup,
                           .salt = salt,
                           .first_seq = first_seq_,
                           .known_synced = known_synced,
                           .payload_bytes = payload_bytes(),
                           .op_count = op_count_,
                           .stream = stream_};
  EncodeFrameHeader(header, offset, std::string_view(bytes_).substr(kFront),
                    std::span(bytes_).subspan(kLogAlign, kFrameHeaderBytes));
  const size_t begin = kLogAlign - before.size();
  std::ranges::copy(before, bytes_.begin() + static_cast<ptrdiff_t>(begin));
  bytes_.resize(begin + SectorFrom(before.size() + frame_bytes()), '\0');
  return std::string_view(bytes_).substr(begin);
}

std::string_view Group::EncodeFirst(const SegmentHeader& segment, Seq known_synced) {
  Encode(kLogAlign, {}, segment.salt, known_synced);
  EncodeSegmentHeader(segment, std::span(bytes_).first(kLogAlign));
  return bytes_;
}

void Group::Clear() {
  bytes_.clear();
  // An assignment of an empty string would keep it.
  if (bytes_.capacity() > std::max<size_t>(keep_bytes_, 2 * kFront)) bytes_.shrink_to_fit();
  bytes_.resize(kFront);
  op_count_ = 0;
  must_sync_ = false;
  stream_ = {};
}

}  // namespace cordwood::storage

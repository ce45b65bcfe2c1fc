#include "storage/log/segment_size.h"

#include <utility>

namespace cordwood::storage {
namespace {

constexpr uint64_t kRestNs = 30'000'000'000;

}  // namespace

bool SegmentSize::NoteWritten(uint64_t bytes, uint64_t now_ns) {
  if (now_ns >= since_ns_ + kRestNs) {
    since_ns_ = now_ns;
    written_ = 0;
  }
  written_ += bytes;
  if (written_ < small_ / 2) return false;
  loaded_ns_ = now_ns;
  since_ns_ = now_ns;
  written_ = 0;
  return !std::exchange(under_load_, true);
}

bool SegmentSize::Tick(uint64_t now_ns) {
  const bool is_over = under_load_ && now_ns >= loaded_ns_ + kRestNs;
  if (is_over) under_load_ = false;
  return is_over;
}

}  // namespace cordwood::storage

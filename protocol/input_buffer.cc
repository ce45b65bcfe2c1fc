#include "protocol/input_buffer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace cordwood::protocol {
namespace {

/// A block above this size goes as soon as a quarter of it would do.
constexpr size_t kKeepBytes = size_t{64} << 10;

}  // namespace

std::unique_ptr<char[]> InputBuffer::MakeRoom(size_t min, size_t known_size) {
  const size_t needed = size() + min;
  const bool wasteful = capacity_ > kKeepBytes && std::max(needed, known_size) <= capacity_ / 4;
  if (!wasteful) {
    if (size() == 0) begin_ = end_ = 0;
    if (capacity_ - end_ >= min) return nullptr;
    if (needed <= capacity_) {
      std::memmove(block_.get(), data(), size());
      end_ = size();
      begin_ = 0;
      return nullptr;
    }
  }
  size_t target = std::max(needed, 2 * size());
  if (known_size != 0) target = std::min(target, std::max(known_size, needed));
  return MoveTo(target);
}

void InputBuffer::Commit(size_t size) {
  CHECK(size <= capacity_ - end_);
  end_ += size;
}

void InputBuffer::Consume(size_t size) {
  CHECK(size <= end_ - begin_);
  begin_ += size;
}

void InputBuffer::ReleaseIfEmpty() {
  if (size() != 0) return;
  block_.reset();
  capacity_ = begin_ = end_ = 0;
}

std::unique_ptr<char[]> InputBuffer::MoveTo(size_t new_capacity) {
  const size_t kept = size();
  std::unique_ptr<char[]> fresh;
  if (new_capacity != 0) fresh = std::make_unique_for_overwrite<char[]>(new_capacity);
  if (kept != 0) std::memcpy(fresh.get(), data(), kept);
  capacity_ = new_capacity;
  begin_ = 0;
  end_ = kept;
  return std::exchange(block_, std::move(fresh));
}

}  // namespace cordwood::protocol

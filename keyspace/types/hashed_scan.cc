#include "keyspace/types/hashed_scan.h"

#include "base/coding.h"

namespace cordwood::keyspace {
namespace {

/// Of a hash, for what lies behind a scan's position.
constexpr int kBelowPosition = 12;
constexpr uint64_t kPositions = uint64_t{1} << (64 - kBelowPosition);
/// Elements of a slice: some hundred microseconds.
constexpr uint64_t kElementsPerSlice = 1000;
constexpr uint64_t kBytesPerSlice = 256 << 10;
/// A page of large values ends here, whatever its count.
constexpr uint64_t kBytesPerPage = 1 << 20;

}  // namespace

HashedScan::HashedScan(uint64_t position, uint64_t count)
    : count_(count), done_(position >= kPositions) {
  if (!done_) AppendBigEndian64(at_, position << kBelowPosition);
}

bool HashedScan::EndsBefore(uint64_t position) const {
  return met_ > 0 && position != last_ && (met_ >= count_ || bytes_ >= kBytesPerPage);
}

Result<bool> HashedScan::Advance(HashedElements& elements, const Visit& visit) {
  if (done_) return true;
  HashedElements::Walk walk(elements);
  walk.SetBudget(kHiddenPerSlice);
  uint64_t left = kElementsPerSlice;
  const uint64_t bytes_before = bytes_;
  for (walk.SeekTo(at_); walk.Valid(); walk.Next()) {
    const uint64_t here = walk.hash() >> kBelowPosition;
    if (EndsBefore(here)) {
      next_ = last_ + 1;
      done_ = true;
      return true;
    }
    if (left == 0 || bytes_ - bytes_before >= kBytesPerSlice) {
      at_ = walk.position();
      return false;
    }
    visit(walk.name(), walk.value());
    last_ = here;
    ++met_;
    bytes_ += walk.name().size() + walk.value().size();
    --left;
  }
  if (walk.status()) {
    done_ = true;
    return true;
  }
  std::string at = walk.stopped() ? walk.position() : at_;
  if (at == at_) return std::unexpected(walk.status().error());
  at_ = std::move(at);
  return false;
}

}  // namespace cordwood::keyspace

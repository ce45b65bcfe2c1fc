#include "bench/log_probe/way.h"

#include <fcntl.h>

#include <cstdlib>
#include <cstring>
#include <span>

#include "base/check.h"
#include "base/random.h"
#include "bench/log_probe/file.h"
#include "bench/log_probe/segment.h"

namespace cordwood::bench {
namespace {

constexpr uint64_t kWritebackBytes = 1 << 20;

uint64_t WholeSectors(uint64_t bytes) {
  return (bytes + kSectorBytes - 1) / kSectorBytes * kSectorBytes;
}

/// Memory that begins a page, as O_DIRECT asks for it, zeroed.
class AlignedBuffer {
 public:
  explicit AlignedBuffer(uint64_t bytes)
      : bytes_(bytes), data_(static_cast<char*>(std::aligned_alloc(kSectorBytes, bytes))) {
    CHECK(data_ != nullptr);
    std::memset(data_.get(), 0, bytes);
  }

  char* data() { return data_.get(); }
  std::string_view view(uint64_t bytes) const { return {data_.get(), bytes}; }
  uint64_t size() const { return bytes_; }

 private:
  struct Free {
    void operator()(char* data) const { std::free(data); }
  };

  uint64_t bytes_;
  std::unique_ptr<char, Free> data_;
};

/// Bytes that no device can leave out or shrink.
void FillWithNoise(std::span<char> bytes) {
  Random random(bytes.size());
  for (char& byte : bytes) byte = static_cast<char>(random.Next());
}

/// No two groups are the same.
void Stamp(char* group, uint64_t number) { std::memcpy(group, &number, sizeof number); }

class SyncedFrames final : public Way {
 public:
  SyncedFrames(WayKind kind, uint64_t frame_bytes) : kind_(kind), frame_(frame_bytes) {
    FillWithNoise({frame_.data(), frame_bytes});
  }

  Status Open(const std::string& path, uint64_t bytes) override {
    int flags = 0;
    if (kind_ == WayKind::kDirectDsync) flags = O_DIRECT | O_DSYNC;
    if (kind_ == WayKind::kDirectFdatasync) flags = O_DIRECT;
    CW_ASSIGN(file_, ProbeFile::Open(path, flags));
    offset_ = kSectorBytes;
    end_ = bytes;
    return {};
  }

  bool Fits() const override { return offset_ + frame_.size() <= end_; }

  Status WriteGroup() override {
    Stamp(frame_.data(), ++groups_);
    const uint64_t offset = offset_;
    offset_ += frame_.size();
    const std::string_view bytes = frame_.view(frame_.size());
    if (kind_ == WayKind::kDsync) return file_->WriteSyncedAt(offset, bytes);
    CW_TRY(file_->WriteAt(offset, bytes));
    return kind_ == WayKind::kDirectDsync ? Status() : file_->SyncData();
  }

  Status Sync() override { return {}; }

 private:
  WayKind kind_;
  AlignedBuffer frame_;
  std::optional<ProbeFile> file_;
  uint64_t offset_ = 0;
  uint64_t end_ = 0;
  uint64_t groups_ = 0;
};

/// Whole frames are packed frames of which each begins a sector.
class UnsyncedFrames final : public Way {
 public:
  UnsyncedFrames(WayKind kind, uint64_t group_bytes)
      : packed_(kind == WayKind::kPacked),
        starts_writeback_(kind != WayKind::kWhole),
        group_(group_bytes, '\0'),
        sectors_(WholeSectors(group_bytes) + kSectorBytes) {
    FillWithNoise(group_);
  }

  Status Open(const std::string& path, uint64_t bytes) override {
    CW_ASSIGN(file_, ProbeFile::Open(path, 0));
    offset_ = kSectorBytes;
    writeback_ = offset_;
    tail_bytes_ = 0;
    end_ = bytes;
    return {};
  }

  bool Fits() const override { return offset_ + WholeSectors(tail_bytes_ + group_.size()) <= end_; }

  Status WriteGroup() override {
    Stamp(group_.data(), ++groups_);
    std::memcpy(sectors_.data() + tail_bytes_, group_.data(), group_.size());
    const uint64_t used = tail_bytes_ + group_.size();
    const uint64_t written = WholeSectors(used);
    std::memset(sectors_.data() + used, 0, written - used);
    CW_TRY(file_->WriteAt(offset_, sectors_.view(written)));
    const uint64_t done = packed_ ? used / kSectorBytes * kSectorBytes : written;
    tail_bytes_ = packed_ ? used - done : 0;
    std::memmove(sectors_.data(), sectors_.data() + done, tail_bytes_);
    offset_ += done;
    return starts_writeback_ ? WriteBack() : Status();
  }

  Status Sync() override {
    CW_TRY(file_->SyncData());
    // A sector that holds synced bytes is never written again.
    offset_ += WholeSectors(tail_bytes_);
    tail_bytes_ = 0;
    return {};
  }

 private:
  Status WriteBack() {
    if (offset_ - writeback_ < kWritebackBytes) return {};
    CW_TRY(file_->StartWriteback(writeback_, offset_ - writeback_));
    writeback_ = offset_;
    return {};
  }

  bool packed_;
  bool starts_writeback_;
  std::string group_;
  AlignedBuffer sectors_;  // the sector that the next group continues, and those that it fills
  std::optional<ProbeFile> file_;
  uint64_t offset_ = 0;  // where sectors_ stand
  uint64_t tail_bytes_ = 0;
  uint64_t writeback_ = 0;
  uint64_t end_ = 0;
  uint64_t groups_ = 0;
};

}  // namespace

std::string_view WayName(WayKind kind) {
  switch (kind) {
    case WayKind::kFdatasync:
      return "pwrite, fdatasync";
    case WayKind::kDsync:
      return "RWF_DSYNC";
    case WayKind::kDirectDsync:
      return "O_DIRECT, O_DSYNC";
    case WayKind::kDirectFdatasync:
      return "O_DIRECT, fdatasync";
    case WayKind::kWhole:
      return "whole sectors";
    case WayKind::kWholeWriteback:
      return "whole sectors, sync_file_range";
    case WayKind::kPacked:
      return "packed, sync_file_range";
  }
  CHECK(false);
}

std::unique_ptr<Way> NewWay(WayKind kind, uint64_t group_bytes) {
  if (kind < WayKind::kWhole) return std::make_unique<SyncedFrames>(kind, group_bytes);
  return std::make_unique<UnsyncedFrames>(kind, group_bytes);
}

}  // namespace cordwood::bench

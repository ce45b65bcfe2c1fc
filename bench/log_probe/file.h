#pragma once

// A file of the probe: the calls that a log might be written by, on a descriptor of its own. What
// the kernel or the file system refuses comes back as kUnsupported, so that a row can say so;
// anything else that fails is kIo.
//
// Owned by whoever opened it, and closed with it. Threads: one at a time. Never retries a call.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace cordwood::bench {

class ProbeFile {
 public:
  /// `flags` as open(2) takes them; the file is for reading and writing.
  static Result<ProbeFile> Open(const std::string& path, int flags);

  ~ProbeFile();
  ProbeFile(ProbeFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  ProbeFile& operator=(ProbeFile&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }

  Status WriteAt(uint64_t offset, std::string_view bytes) const;
  /// One pwritev2 with RWF_DSYNC.
  Status WriteSyncedAt(uint64_t offset, std::string_view bytes) const;
  Status SyncData() const;
  /// With the size and the extents, as a file that was just allocated needs it.
  Status SyncAll() const;
  /// Blocks for all of the file, which read as zeros and are not written.
  Status Allocate(uint64_t bytes) const;
  /// Takes the file out of the page cache, as far as it is clean.
  Status DropCache() const;
  /// Has the kernel begin to write the range, and waits for nothing.
  Status StartWriteback(uint64_t offset, uint64_t bytes) const;

 private:
  explicit ProbeFile(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

/// A directory's entries reach the disk.
Status SyncDirectoryOf(const std::string& path);

}  // namespace cordwood::bench

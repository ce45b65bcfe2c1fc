#pragma once

// Files and locks over POSIX descriptors, and the words for errno. Only posix_env.cc includes
// this.
//
// A PosixFile owns its descriptor and keeps its path for error messages. Threads: as File says.
// It never caches, buffers or retries a failed sync.

#include <memory>
#include <string>
#include <string_view>

#include "base/env.h"
#include "base/error.h"

namespace cordwood {

/// "cannot <action> <path>: <reason of errno_value>", with the code that fits.
std::unexpected<Error> PosixFail(std::string_view action, const std::string& path, int errno_value);

/// Closes what it holds.
class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept;
  FileDescriptor& operator=(FileDescriptor&&) = delete;
  ~FileDescriptor();

  int get() const { return fd_; }

 private:
  int fd_;
};

/// open(2) with O_CLOEXEC, repeated on EINTR; mode 0600.
Result<FileDescriptor> OpenDescriptor(const std::string& path, int flags);

Result<std::unique_ptr<File>> OpenPosixFile(const std::string& path, OpenMode mode);

/// flock(2): released by the kernel with the last descriptor, also within one process.
Result<std::unique_ptr<FileLock>> TakePosixLock(const std::string& path);

}  // namespace cordwood

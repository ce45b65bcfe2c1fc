#pragma once

// Files over POSIX descriptors, where paths lead, and the words for errno. Only base/posix_*
// includes this.
//
// A PosixFile owns its descriptor and keeps its path for error messages. Threads: as File says.
// It never caches, buffers or retries a failed sync.

#include <cerrno>
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
  /// Somebody else closes it.
  void Release() { fd_ = -1; }

 private:
  int fd_;
};

/// Where a path leads, for the calls of the kind of openat(2): a name, and the directory that it
/// is relative to.
struct PosixPath {
  std::string path;                                           // as it was given, for messages
  std::string name;                                           // "." for the directory itself
  std::shared_ptr<const FileDescriptor> directory = nullptr;  // null: the working directory

  int at() const;
};

/// openat(2) with O_CLOEXEC, repeated on EINTR; mode 0600.
Result<FileDescriptor> OpenDescriptor(const PosixPath& path, int flags);

/// RLIMIT_FSIZE; UINT64_MAX: there is no limit.
uint64_t PosixFileBytesMax();

/// Waits for nobody: what is no regular file is not opened.
Result<std::unique_ptr<File>> OpenPosixFile(const PosixPath& path, OpenMode mode);

/// Repeats a call that a signal interrupted.
template <typename Call>
auto Uninterrupted(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

}  // namespace cordwood

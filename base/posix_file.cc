#include "base/posix_file.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/format.h"

namespace cordwood {
namespace {

/// The file system, or a filter in front of the kernel, does not know a call.
bool IsRefusal(int errno_value) {
  return errno_value == EOPNOTSUPP || errno_value == ENOSYS || errno_value == EINVAL;
}

class PosixFile : public File {
 public:
  PosixFile(std::string path, FileDescriptor fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  Result<size_t> ReadAt(uint64_t offset, std::span<char> out) override {
    size_t done = 0;
    while (done < out.size()) {
      const ssize_t count = Uninterrupted([&] {
        return ::pread(fd_.get(), out.data() + done, out.size() - done,
                       static_cast<off_t>(offset + done));
      });
      if (count < 0) return PosixFail("read", path_, errno);
      if (count == 0) break;
      done += static_cast<size_t>(count);
    }
    return done;
  }

  Status WriteAt(uint64_t offset, std::string_view data) override {
    const uint64_t end = offset + data.size();
    while (!data.empty()) {
      const ssize_t count = Uninterrupted([&] {
        return ::pwrite(fd_.get(), data.data(), data.size(), static_cast<off_t>(offset));
      });
      if (count < 0) return FailToGrow("write", end);
      if (count == 0) return PosixFail("write", path_, EIO);
      offset += static_cast<uint64_t>(count);
      data.remove_prefix(static_cast<size_t>(count));
    }
    return {};
  }

  Status Sync() override {
    // An interrupted call has reported nothing yet, so repeating it loses no error. Any other
    // failure may have dropped the dirty pages, and a second call would claim success.
    if (Uninterrupted([&] { return ::fdatasync(fd_.get()); }) != 0) {
      return PosixFail("sync", path_, errno);
    }
    return {};
  }

  Status Reserve(uint64_t size) override {
    const auto length = static_cast<off_t>(size);
    if (Uninterrupted([&] { return ::fallocate(fd_.get(), 0, 0, length); }) == 0) return {};
    if (IsRefusal(errno)) return Fail(ErrorCode::kUnsupported, path_ + ": space is not reserved");
    return FailToGrow("reserve space for", size);
  }

  Status WriteBack(uint64_t offset, uint64_t size) override {
    return SyncRange(offset, size, SYNC_FILE_RANGE_WRITE);
  }

  Status AwaitWriteBack(uint64_t offset, uint64_t size) override {
    return SyncRange(offset, size, SYNC_FILE_RANGE_WAIT_BEFORE);
  }

  void DropCache() override { ::posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_DONTNEED); }

  Status Truncate(uint64_t size) override {
    if (Uninterrupted([&] { return ::ftruncate(fd_.get(), static_cast<off_t>(size)); }) != 0) {
      return FailToGrow("truncate", size);
    }
    return {};
  }

  Result<uint64_t> Size() override {
    struct stat info = {};
    if (::fstat(fd_.get(), &info) != 0) return PosixFail("stat", path_, errno);
    return static_cast<uint64_t>(info.st_size);
  }

  Result<uint64_t> LinkCount() override {
    struct stat info = {};
    if (::fstat(fd_.get(), &info) != 0) return PosixFail("stat", path_, errno);
    return static_cast<uint64_t>(info.st_nlink);
  }

 private:
  Status SyncRange(uint64_t offset, uint64_t size, unsigned flags) {
    const auto from = static_cast<off_t>(offset);
    const auto length = static_cast<off_t>(size);
    if (Uninterrupted([&] { return ::sync_file_range(fd_.get(), from, length, flags); }) == 0) {
      return {};
    }
    if (IsRefusal(errno)) return Fail(ErrorCode::kUnsupported, path_ + ": no early write-back");
    return PosixFail("write back", path_, errno);
  }

  /// What errno says of a call that wanted the file to have `size` bytes, or those it has.
  std::unexpected<Error> FailToGrow(std::string_view action, uint64_t size) {
    const int reason = errno;
    const uint64_t limit = PosixFileBytesMax();
    if (reason != EFBIG || size <= limit) return PosixFail(action, path_, reason);
    const uint64_t needed = std::max(size, Size().value_or(0));
    return std::unexpected(
        FailForFileLimit(limit, needed).error().Prefixed(Format("cannot {} {}", action, path_)));
  }

  const std::string path_;
  const FileDescriptor fd_;
};

ErrorCode CodeOf(int errno_value) {
  switch (errno_value) {
    case ENOENT:
      return ErrorCode::kNotFound;
    case EEXIST:
      return ErrorCode::kAlreadyExists;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:  // a limit of the file system
      return ErrorCode::kNoSpace;
    case EMFILE:
    case ENFILE:
      return ErrorCode::kNoDescriptors;
    default:
      return ErrorCode::kIo;
  }
}

std::string_view KindOf(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

int FlagsOf(OpenMode mode) {
  switch (mode) {
    case OpenMode::kRead:
    case OpenMode::kReadOther:
      return O_RDONLY;
    case OpenMode::kReadWrite:
      return O_RDWR;
    case OpenMode::kCreate:
      return O_RDWR | O_CREAT | O_EXCL;
  }
  return O_RDONLY;
}

}  // namespace

std::unexpected<Error> PosixFail(std::string_view action, const std::string& path,
                                 int errno_value) {
  return Fail(CodeOf(errno_value), Format("cannot {} {}: {}", action, path,
                                          std::generic_category().message(errno_value)));
}

FileDescriptor::FileDescriptor(FileDescriptor&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)) {}

FileDescriptor::~FileDescriptor() {
  // Errors of close(2) say nothing about synced bytes, and the descriptor is gone either way.
  if (fd_ >= 0) ::close(fd_);
}

uint64_t PosixFileBytesMax() {
  rlimit limit = {};
  const bool is_limited = ::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
  return is_limited ? limit.rlim_cur : UINT64_MAX;
}

int PosixPath::at() const { return directory == nullptr ? AT_FDCWD : directory->get(); }

Result<FileDescriptor> OpenDescriptor(const PosixPath& path, int flags) {
  constexpr mode_t kOwnerOnly = 0600;
  const int fd = Uninterrupted(
      [&] { return ::openat(path.at(), path.name.c_str(), flags | O_CLOEXEC, kOwnerOnly); });
  if (fd < 0) return PosixFail((flags & O_CREAT) != 0 ? "create" : "open", path.path, errno);
  return FileDescriptor(fd);
}

Result<std::unique_ptr<File>> OpenPosixFile(const PosixPath& path, OpenMode mode) {
  // A FIFO, or a device, may keep whoever opens it waiting for ever.
  Result<FileDescriptor> fd = OpenDescriptor(path, FlagsOf(mode) | O_NONBLOCK | O_NOCTTY);
  struct stat info = {};
  const bool is_known =
      fd ? ::fstat(fd->get(), &info) == 0
         : mode != OpenMode::kCreate && ::fstatat(path.at(), path.name.c_str(), &info, 0) == 0;
  const bool is_device = S_ISCHR(info.st_mode) || S_ISBLK(info.st_mode);
  const bool may_be_device = mode == OpenMode::kReadOther && is_device;
  if (is_known && !S_ISREG(info.st_mode) && !may_be_device) {
    return Fail(ErrorCode::kCorruption, Format("cannot open {}: it is not a regular file but {}",
                                               path.path, KindOf(info.st_mode)));
  }
  if (!fd) return std::unexpected(std::move(fd).error());
  return std::make_unique<PosixFile>(path.path, *std::move(fd));
}

}  // namespace cordwood

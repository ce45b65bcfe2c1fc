#include "base/posix_directory.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "base/format.h"
#include "base/log.h"

namespace cordwood {
namespace {

constexpr const char* kLockFile = "LOCK";

/// What flock says of a directory where only files can be locked: NFS makes of it a lock that asks
/// for a descriptor to write with, which no directory has.
bool CannotLockDirectories(int errno_value) {
  return errno_value == EBADF || errno_value == EINVAL || errno_value == ENOLCK ||
         errno_value == EOPNOTSUPP || errno_value == ENOSYS;
}

std::unexpected<Error> IsLocked(const std::string& dir) {
  return Fail(ErrorCode::kLocked, Format("{} is locked by another process", dir));
}

std::string WithoutSlashesAtTheEnd(std::string dir) {
  dir.resize(dir.find_last_not_of('/') + 1);
  return dir;
}

/// The part of `path` below `dir`; "." for `dir` itself; nothing if it is not inside.
std::optional<std::string> NameInside(std::string_view dir, std::string_view path) {
  if (path.empty() || !path.starts_with(dir)) return std::nullopt;
  path.remove_prefix(dir.size());
  if (!path.empty() && path.front() != '/') return std::nullopt;
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  return path.empty() ? "." : std::string(path);
}

}  // namespace

class PosixDirectoryLock final : public DirectoryLock {
 public:
  PosixDirectoryLock(HeldDirectories& held, HeldDirectories::Descriptor directory,
                     std::optional<FileDescriptor> lock_file)
      : held_(held), directory_(std::move(directory)), lock_file_(std::move(lock_file)) {}
  ~PosixDirectoryLock() override { held_.Release(directory_); }

 private:
  HeldDirectories& held_;
  const HeldDirectories::Descriptor directory_;
  const std::optional<FileDescriptor> lock_file_;
};

HeldDirectories::HeldDirectories() : HeldDirectories(&::flock) {}

bool HeldDirectories::TryLock(int fd) const {
  return Uninterrupted([&] { return lock_call_(fd, LOCK_EX | LOCK_NB); }) == 0;
}

Result<FileDescriptor> HeldDirectories::LockFileIn(const std::string& dir,
                                                   const Descriptor& directory) const {
  CW_ASSIGN(FileDescriptor file, OpenDescriptor({.path = Format("{}/{}", dir, kLockFile),
                                                 .name = kLockFile,
                                                 .directory = directory},
                                                O_RDWR | O_CREAT));
  if (!TryLock(file.get())) {
    if (errno == EWOULDBLOCK) return IsLocked(dir);
    return PosixFail("lock", Format("{}/{}", dir, kLockFile), errno);
  }
  LogWarning(
      Format("the file system of {} cannot lock directories: {} in it is locked instead; "
             "while that file stays, no other server opens the directory",
             dir, kLockFile));
  return file;
}

Result<std::unique_ptr<DirectoryLock>> HeldDirectories::Hold(const std::string& dir) {
  const PosixPath where = Resolve(dir);
  CW_ASSIGN(FileDescriptor opened, OpenDescriptor(where, O_RDONLY | O_DIRECTORY));
  const auto directory = std::make_shared<const FileDescriptor>(std::move(opened));
  std::optional<FileDescriptor> lock_file;
  if (!TryLock(directory->get())) {
    if (errno == EWOULDBLOCK) return IsLocked(dir);
    if (!CannotLockDirectories(errno)) return PosixFail("lock", dir, errno);
    CW_ASSIGN(FileDescriptor file, LockFileIn(dir, directory));
    lock_file.emplace(std::move(file));
  }
  {
    const MutexLock lock(mutex_);
    held_.push_back({.dir = WithoutSlashesAtTheEnd(dir), .descriptor = directory});
    std::ranges::stable_sort(held_, std::ranges::greater(),
                             [](const Held& one) { return one.dir.size(); });
  }
  return std::make_unique<PosixDirectoryLock>(*this, directory, std::move(lock_file));
}

PosixPath HeldDirectories::Resolve(const std::string& path) const {
  const MutexLock lock(mutex_);
  for (const Held& held : held_) {
    std::optional<std::string> name = NameInside(held.dir, path);
    if (name) return {.path = path, .name = *std::move(name), .directory = held.descriptor};
  }
  return {.path = path, .name = path};
}

void HeldDirectories::Release(const Descriptor& directory) {
  const MutexLock lock(mutex_);
  std::erase_if(held_, [&](const Held& held) { return held.descriptor == directory; });
}

}  // namespace cordwood

#include "bench/log_probe/file.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/format.h"

namespace cordwood::bench {
namespace {

constexpr int kFileMode = 0600;

std::unexpected<Error> CallFailed(std::string_view call, int error) {
  const bool refused = error == EOPNOTSUPP || error == EINVAL || error == ENOSYS;
  return Fail(refused ? ErrorCode::kUnsupported : ErrorCode::kIo,
              Format("{}: {}", call, std::generic_category().message(error)));
}

Status Outcome(std::string_view call, int result) {
  if (result != 0) return CallFailed(call, errno);
  return {};
}

Status WriteOutcome(std::string_view call, ssize_t written, size_t wanted) {
  if (written < 0) return CallFailed(call, errno);
  if (static_cast<size_t>(written) == wanted) return {};
  return Fail(ErrorCode::kIo, Format("{}: {} of {} bytes", call, written, wanted));
}

}  // namespace

Result<ProbeFile> ProbeFile::Open(const std::string& path, int flags) {
  const int descriptor = open(path.c_str(), flags | O_RDWR | O_CLOEXEC, kFileMode);
  if (descriptor < 0) return CallFailed("open", errno);
  return ProbeFile(descriptor);
}

ProbeFile::~ProbeFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

Status ProbeFile::WriteAt(uint64_t offset, std::string_view bytes) const {
  const ssize_t written =
      pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
  return WriteOutcome("pwrite", written, bytes.size());
}

Status ProbeFile::WriteSyncedAt(uint64_t offset, std::string_view bytes) const {
  // writev's buffers are not const, though it does not write to them.
  const iovec buffer{.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
  const ssize_t written = pwritev2(descriptor_, &buffer, 1, static_cast<off_t>(offset), RWF_DSYNC);
  return WriteOutcome("pwritev2", written, bytes.size());
}

Status ProbeFile::SyncData() const { return Outcome("fdatasync", fdatasync(descriptor_)); }

Status ProbeFile::SyncAll() const { return Outcome("fsync", fsync(descriptor_)); }

Status ProbeFile::Allocate(uint64_t bytes) const {
  return Outcome("fallocate", fallocate(descriptor_, 0, 0, static_cast<off_t>(bytes)));
}

Status ProbeFile::DropCache() const {
  // It returns its error and leaves errno alone.
  const int error = posix_fadvise(descriptor_, 0, 0, POSIX_FADV_DONTNEED);
  if (error != 0) return CallFailed("posix_fadvise", error);
  return {};
}

Status ProbeFile::StartWriteback(uint64_t offset, uint64_t bytes) const {
  return Outcome("sync_file_range",
                 sync_file_range(descriptor_, static_cast<off_t>(offset), static_cast<off_t>(bytes),
                                 SYNC_FILE_RANGE_WRITE));
}

Status SyncDirectoryOf(const std::string& path) {
  const std::string directory = std::filesystem::path(path).parent_path();
  const int descriptor = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return CallFailed("open", errno);
  Status status = Outcome("fsync", fsync(descriptor));
  close(descriptor);
  return status;
}

}  // namespace cordwood::bench

#include "base/posix_env.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <thread>
#include <utility>

#include "base/check.h"
#include "base/mutex.h"
#include "base/posix_directory.h"
#include "base/posix_file.h"
#include "base/task_lane.h"

namespace cordwood {
namespace {

using std::chrono::duration_cast;

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

class PosixEnv : public Env {
 public:
  explicit PosixEnv(const PosixEnvOptions& options);
  ~PosixEnv() override;

  Result<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) override {
    return OpenPosixFile(held_.Resolve(path), mode);
  }
  Status Rename(const std::string& from, const std::string& to) override;
  Status Remove(const std::string& path) override;
  Status CreateDir(const std::string& path) override;
  Result<std::vector<std::string>> List(const std::string& dir) override;
  Status SyncDir(const std::string& dir) override;
  Result<bool> Exists(const std::string& path) override;
  Result<std::optional<DiskSpace>> SpaceOf(const std::string& path) override;
  uint64_t FileBytesMax() override { return PosixFileBytesMax(); }
  Result<std::unique_ptr<DirectoryLock>> Lock(const std::string& dir) override {
    return held_.Hold(dir);
  }

  int64_t WallMs() override;
  uint64_t MonotonicNs() override;
  uint64_t RandomU64() override;

  void Schedule(Lane lane, std::function<void()> task) override;
  void SleepForMs(uint64_t ms) override;
  void Await(const std::function<bool()>& done) override;

 private:
  void TaskEnded();

  HeldDirectories held_;

  Mutex mutex_;
  CondVar task_ended_;
  uint64_t scheduled_tasks_ GUARDED_BY(mutex_) = 0;
  uint64_t ended_tasks_ GUARDED_BY(mutex_) = 0;

  // Last, so that the threads end before what they notify.
  std::array<std::unique_ptr<TaskLane>, kLaneCount> lanes_;
};

TaskLane::Options LaneOptions(Lane lane, const PosixEnvOptions& options) {
  switch (lane) {
    case Lane::kLog:
      return {.thread_name = "cw-log"};
    case Lane::kFlush:
      return {.thread_name = "cw-flush", .priority = TaskLane::Priority::kLow};
    case Lane::kSegments:
      return {.thread_name = "cw-segments"};
    case Lane::kRemovals:
      return {.thread_name = "cw-removals", .priority = TaskLane::Priority::kLow};
    case Lane::kCompaction:
      return {.thread_name = "cw-compact",
              .threads = options.compaction_threads,
              .priority = TaskLane::Priority::kLow};
    case Lane::kFetch:
      return {.thread_name = "cw-fetch", .threads = options.fetch_threads};
    case Lane::kNote:
      return {.thread_name = "cw-note"};
    case Lane::kSort:
      return {.thread_name = "cw-sort", .priority = TaskLane::Priority::kLow};
  }
  CHECK(false);
}

PosixEnv::PosixEnv(const PosixEnvOptions& options) {
  for (size_t i = 0; i < lanes_.size(); ++i) {
    lanes_[i] = std::make_unique<TaskLane>(LaneOptions(static_cast<Lane>(i), options),
                                           [this] { TaskEnded(); });
  }
}

PosixEnv::~PosixEnv() {
  const MutexLock lock(mutex_);
  while (ended_tasks_ != scheduled_tasks_) task_ended_.Wait(mutex_);
}

Status PosixEnv::Rename(const std::string& from, const std::string& to) {
  const PosixPath source = held_.Resolve(from);
  const PosixPath target = held_.Resolve(to);
  if (::renameat(source.at(), source.name.c_str(), target.at(), target.name.c_str()) != 0) {
    return PosixFail("rename", from + " to " + to, errno);
  }
  return {};
}

Status PosixEnv::Remove(const std::string& path) {
  const PosixPath file = held_.Resolve(path);
  if (::unlinkat(file.at(), file.name.c_str(), 0) != 0) return PosixFail("remove", path, errno);
  return {};
}

Status PosixEnv::CreateDir(const std::string& path) {
  constexpr mode_t kOwnerOnly = 0700;
  const PosixPath dir = held_.Resolve(path);
  if (::mkdirat(dir.at(), dir.name.c_str(), kOwnerOnly) == 0) return {};
  const int reason = errno;
  struct stat info = {};
  const bool exists = reason == EEXIST && ::fstatat(dir.at(), dir.name.c_str(), &info, 0) == 0;
  if (exists && S_ISDIR(info.st_mode)) return {};
  return PosixFail("create directory", path, reason);
}

Result<std::vector<std::string>> PosixEnv::List(const std::string& dir) {
  // A descriptor of its own: the position in a directory belongs to the descriptor.
  Result<FileDescriptor> opened = OpenDescriptor(held_.Resolve(dir), O_RDONLY | O_DIRECTORY);
  if (!opened) return std::unexpected(std::move(opened).error());
  const std::unique_ptr<DIR, CloseDirectory> directory(::fdopendir(opened->get()));
  if (directory == nullptr) return PosixFail("list", dir, errno);
  opened->Release();
  std::vector<std::string> names;
  while (true) {
    errno = 0;
    const dirent* const entry = ::readdir(directory.get());
    if (entry == nullptr) break;
    std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(std::move(name));
  }
  if (errno != 0) return PosixFail("list", dir, errno);
  return names;
}

Status PosixEnv::SyncDir(const std::string& dir) {
  CW_ASSIGN(const FileDescriptor fd, OpenDescriptor(held_.Resolve(dir), O_RDONLY | O_DIRECTORY));
  if (::fsync(fd.get()) != 0) return PosixFail("sync directory", dir, errno);
  return {};
}

Result<bool> PosixEnv::Exists(const std::string& path) {
  struct stat info = {};
  const PosixPath file = held_.Resolve(path);
  if (::fstatat(file.at(), file.name.c_str(), &info, 0) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return PosixFail("stat", path, errno);
}

Result<std::optional<DiskSpace>> PosixEnv::SpaceOf(const std::string& path) {
  CW_ASSIGN(const FileDescriptor fd, OpenDescriptor(held_.Resolve(path), O_RDONLY));
  struct statvfs info = {};
  if (::fstatvfs(fd.get(), &info) != 0) return PosixFail("ask for the free space of", path, errno);
  if (info.f_blocks == 0) return std::nullopt;  // of some network and stacked file systems
  return DiskSpace{.total = uint64_t{info.f_blocks} * info.f_frsize,
                   .available = uint64_t{info.f_bavail} * info.f_frsize};
}

int64_t PosixEnv::WallMs() {
  return duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

uint64_t PosixEnv::MonotonicNs() {
  return static_cast<uint64_t>(
      duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
          .count());
}

uint64_t PosixEnv::RandomU64() {
  uint64_t value = 0;
  ssize_t count = 0;
  do {
    count = ::getrandom(&value, sizeof(value), 0);
  } while (count < 0 && errno == EINTR);
  // Up to 256 bytes come whole, and the kernels that we run on all have the call. Going on with
  // a guessable number instead would be worse than stopping.
  CHECK(count == sizeof(value));
  return value;
}

void PosixEnv::Schedule(Lane lane, std::function<void()> task) {
  {
    const MutexLock lock(mutex_);
    ++scheduled_tasks_;
  }
  lanes_[static_cast<size_t>(lane)]->Schedule(std::move(task));
}

void PosixEnv::TaskEnded() {
  // Notified under the lock: the destructor may go on as soon as it can take it.
  const MutexLock lock(mutex_);
  ++ended_tasks_;
  task_ended_.NotifyAll();
}

void PosixEnv::SleepForMs(uint64_t ms) {
  std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

void PosixEnv::Await(const std::function<bool()>& done) {
  MutexLock lock(mutex_);
  while (true) {
    // done() runs without our lock, so that it may take its own. A task that ends meanwhile
    // moves the count, and done() is asked again.
    const uint64_t seen = ended_tasks_;
    lock.Unlock();
    if (done()) return;
    lock.Lock();
    while (ended_tasks_ == seen) task_ended_.Wait(mutex_);
  }
}

}  // namespace

std::unique_ptr<Env> NewPosixEnv(const PosixEnvOptions& options) {
  return std::make_unique<PosixEnv>(options);
}

}  // namespace cordwood

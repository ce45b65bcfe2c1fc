#include "base/posix_env.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "base/format.h"
#include "base/posix_file.h"
#include "tests/support/temp_dir.h"

namespace cordwood {
namespace {

class PosixEnvFiles : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) const { return dir_ / name; }

  std::unique_ptr<File> MustOpen(const std::string& name, OpenMode mode) {
    auto file = env_->Open(Path(name), mode);
    EXPECT_TRUE(file) << file.error().message();
    return file ? *std::move(file) : nullptr;
  }

  std::string ReadAll(const std::string& name) {
    const auto file = MustOpen(name, OpenMode::kRead);
    std::string bytes(*file->Size() + 10, '?');
    bytes.resize(*file->ReadAt(0, bytes));
    return bytes;
  }

  const support::TempDir dir_;
  const std::unique_ptr<Env> env_ = NewPosixEnv();
};

template <typename T>
ErrorCode CodeOf(const Result<T>& result) {
  EXPECT_FALSE(result);
  return result ? ErrorCode::kInvalidArgument : result.error().code();
}

TEST_F(PosixEnvFiles, WhatIsWrittenIsRead) {
  const auto file = MustOpen("a", OpenMode::kCreate);
  ASSERT_TRUE(file->WriteAt(3, "def"));
  ASSERT_TRUE(file->WriteAt(0, "abc"));
  ASSERT_TRUE(file->Sync());
  EXPECT_EQ(file->Size(), 6u);
  EXPECT_EQ(ReadAll("a"), "abcdef");
}

TEST_F(PosixEnvFiles, AReadPastTheEndIsShort) {
  const auto file = MustOpen("a", OpenMode::kCreate);
  ASSERT_TRUE(file->WriteAt(0, "abc"));
  std::string bytes(10, '?');
  EXPECT_EQ(file->ReadAt(1, bytes), 2u);
  EXPECT_EQ(bytes.substr(0, 2), "bc");
  EXPECT_EQ(file->ReadAt(100, bytes), 0u);
}

TEST_F(PosixEnvFiles, AWriteBeyondTheEndLeavesZeros) {
  const auto file = MustOpen("a", OpenMode::kCreate);
  ASSERT_TRUE(file->WriteAt(4, "x"));
  EXPECT_EQ(ReadAll("a"), std::string("\0\0\0\0x", 5));
}

TEST_F(PosixEnvFiles, TruncateCutsAndExtends) {
  const auto file = MustOpen("a", OpenMode::kCreate);
  ASSERT_TRUE(file->WriteAt(0, "abcdef"));
  ASSERT_TRUE(file->Truncate(2));
  EXPECT_EQ(ReadAll("a"), "ab");
  ASSERT_TRUE(file->Truncate(4));
  EXPECT_EQ(ReadAll("a"), std::string("ab\0\0", 4));
}

TEST_F(PosixEnvFiles, OpenModesSayWhatMustExist) {
  EXPECT_EQ(CodeOf(env_->Open(Path("a"), OpenMode::kRead)), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(env_->Open(Path("a"), OpenMode::kReadWrite)), ErrorCode::kNotFound);
  ASSERT_TRUE(MustOpen("a", OpenMode::kCreate));
  EXPECT_EQ(CodeOf(env_->Open(Path("a"), OpenMode::kCreate)), ErrorCode::kAlreadyExists);
  EXPECT_TRUE(MustOpen("a", OpenMode::kReadWrite)->WriteAt(0, "x"));
  EXPECT_EQ(CodeOf(MustOpen("a", OpenMode::kRead)->WriteAt(0, "y")), ErrorCode::kIo);
  EXPECT_EQ(ReadAll("a"), "x");
}

TEST_F(PosixEnvFiles, ErrorsNameTheCallThePathAndTheReason) {
  const auto file = env_->Open(Path("missing"), OpenMode::kRead);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().message(),
            Format("cannot open {}: No such file or directory", Path("missing")));
}

TEST_F(PosixEnvFiles, AFullDiskIsNoSpace) {
  for (const int reason : {ENOSPC, EDQUOT}) {
    EXPECT_EQ(Error(PosixFail("write", "a", reason).error()).code(), ErrorCode::kNoSpace);
  }
}

// Whoever put it there: no start may wait for a FIFO, and no read of a directory may surprise.
TEST_F(PosixEnvFiles, WhatIsNotARegularFileIsRefusedAtOnce) {
  ASSERT_TRUE(env_->CreateDir(Path("a directory")));
  ASSERT_EQ(::mkfifo(Path("a FIFO").c_str(), 0600), 0);
  ASSERT_EQ(::mknod(Path("a socket").c_str(), S_IFSOCK | 0600, 0), 0);
  ASSERT_EQ(::symlink("/dev/null", Path("a device").c_str()), 0);
  for (const std::string kind : {"a directory", "a FIFO", "a socket", "a device"}) {
    for (const OpenMode mode : {OpenMode::kRead, OpenMode::kReadWrite}) {
      const auto file = env_->Open(Path(kind), mode);
      ASSERT_FALSE(file) << kind;
      EXPECT_EQ(file.error().code(), ErrorCode::kCorruption);
      EXPECT_EQ(file.error().message(),
                Format("cannot open {}: it is not a regular file but {}", Path(kind), kind));
    }
    EXPECT_EQ(CodeOf(env_->Open(Path(kind), OpenMode::kCreate)), ErrorCode::kAlreadyExists);
  }
}

TEST_F(PosixEnvFiles, FilesAreForTheirOwnerOnly) {
  MustOpen("a", OpenMode::kCreate);
  ASSERT_TRUE(env_->CreateDir(Path("d")));
  struct stat info = {};
  ASSERT_EQ(::stat(Path("a").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0077, 0u);
  ASSERT_EQ(::stat(Path("d").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0077, 0u);
}

TEST_F(PosixEnvFiles, RenameReplaces) {
  ASSERT_TRUE(MustOpen("a", OpenMode::kCreate)->WriteAt(0, "new"));
  ASSERT_TRUE(MustOpen("b", OpenMode::kCreate)->WriteAt(0, "old"));
  ASSERT_TRUE(env_->Rename(Path("a"), Path("b")));
  EXPECT_EQ(ReadAll("b"), "new");
  EXPECT_EQ(env_->Exists(Path("a")), false);
  EXPECT_EQ(CodeOf(env_->Rename(Path("a"), Path("b"))), ErrorCode::kNotFound);
}

TEST_F(PosixEnvFiles, RemoveTakesFilesOnly) {
  MustOpen("a", OpenMode::kCreate);
  EXPECT_TRUE(env_->Remove(Path("a")));
  EXPECT_EQ(env_->Exists(Path("a")), false);
  EXPECT_EQ(CodeOf(env_->Remove(Path("a"))), ErrorCode::kNotFound);
  ASSERT_TRUE(env_->CreateDir(Path("d")));
  EXPECT_FALSE(env_->Remove(Path("d")));
}

TEST_F(PosixEnvFiles, CreateDirAcceptsAnExistingDirectoryButNoFile) {
  EXPECT_TRUE(env_->CreateDir(Path("d")));
  EXPECT_TRUE(env_->CreateDir(Path("d")));
  EXPECT_EQ(CodeOf(env_->CreateDir(Path("x/y"))), ErrorCode::kNotFound);
  MustOpen("a", OpenMode::kCreate);
  EXPECT_EQ(CodeOf(env_->CreateDir(Path("a"))), ErrorCode::kAlreadyExists);
}

TEST_F(PosixEnvFiles, ListNamesTheEntries) {
  EXPECT_TRUE(env_->List(dir_.path())->empty());
  MustOpen("a", OpenMode::kCreate);
  MustOpen(".hidden", OpenMode::kCreate);
  ASSERT_TRUE(env_->CreateDir(Path("d")));
  std::vector<std::string> names = *env_->List(dir_.path());
  std::ranges::sort(names);
  EXPECT_EQ(names, (std::vector<std::string>{".hidden", "a", "d"}));
  EXPECT_EQ(CodeOf(env_->List(Path("missing"))), ErrorCode::kNotFound);
}

TEST_F(PosixEnvFiles, DirectoriesCanBeSynced) {
  EXPECT_TRUE(env_->SyncDir(dir_.path()));
  EXPECT_EQ(CodeOf(env_->SyncDir(Path("missing"))), ErrorCode::kNotFound);
  MustOpen("a", OpenMode::kCreate);
  EXPECT_EQ(CodeOf(env_->SyncDir(Path("a"))), ErrorCode::kIo);
}

TEST_F(PosixEnvFiles, ExistsLooksThroughMissingParents) {
  EXPECT_EQ(env_->Exists(dir_.path()), true);
  EXPECT_EQ(env_->Exists(Path("x/y")), false);
  MustOpen("a", OpenMode::kCreate);
  EXPECT_EQ(env_->Exists(Path("a/b")), false);
}

TEST_F(PosixEnvFiles, SpaceIsKnown) {
  const auto space = env_->SpaceOf(dir_.path());
  ASSERT_TRUE(space && *space);
  EXPECT_GT((*space)->available, 0u);
  EXPECT_GE((*space)->total, (*space)->available);
  EXPECT_EQ(CodeOf(env_->SpaceOf(Path("missing"))), ErrorCode::kNotFound);
}

TEST_F(PosixEnvFiles, AFileSystemWithoutBlocksHasUnknownSpaceNotNone) {
  struct statvfs info = {};
  if (::statvfs("/proc", &info) != 0 || info.f_blocks != 0) GTEST_SKIP() << "no such file system";
  const auto space = env_->SpaceOf("/proc");
  ASSERT_TRUE(space);
  EXPECT_FALSE(space->has_value());
}

TEST_F(PosixEnvFiles, RunningOutOfDescriptorsIsNotALackOfSpace) {
  rlimit limit = {};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit few = {.rlim_cur = 3, .rlim_max = limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  const auto file = env_->Open(Path("a"), OpenMode::kCreate);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code(), ErrorCode::kNoDescriptors);
  EXPECT_NE(file.error().message().find("Too many open files"), std::string::npos);
}

/// Files of this process may have so many bytes, for as long as this lives.
class FileLimit {
 public:
  explicit FileLimit(uint64_t bytes) {
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    EXPECT_EQ(::getrlimit(RLIMIT_FSIZE, &before_), 0);
    const rlimit lower = {.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &lower), 0);
  }
  ~FileLimit() {
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &before_), 0);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_ = {};
  void (*handler_)(int) = SIG_DFL;
};

TEST_F(PosixEnvFiles, ALimitOfFileSizeIsNamedWithWhatIsNeeded) {
  const auto file = MustOpen("a", OpenMode::kCreate);
  ASSERT_TRUE(file->Truncate(10'000));
  const FileLimit limit(4096);
  EXPECT_EQ(env_->FileBytesMax(), 4096u);
  EXPECT_TRUE(file->WriteAt(0, "x"));
  const Status written = file->WriteAt(4000, std::string(200, 'x'));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code(), ErrorCode::kFileLimit);
  EXPECT_EQ(written.error().message(),
            Format("cannot write {}: the limit of file size is too small: it is 4096 bytes and has "
                   "to be at least 10000; raise it (ulimit -f)",
                   Path("a")));
  EXPECT_EQ(CodeOf(file->Truncate(12'000)), ErrorCode::kFileLimit);
}

TEST_F(PosixEnvFiles, WithoutALimitFilesMayBeAsLargeAsTheyLike) {
  rlimit limit = {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  if (limit.rlim_cur != RLIM_INFINITY) GTEST_SKIP() << "there is one";
  EXPECT_EQ(env_->FileBytesMax(), UINT64_MAX);
}

TEST_F(PosixEnvFiles, ALockIsHeldOnceAndReleasedByItsDestructor) {
  auto first = env_->Lock(dir_.path());
  ASSERT_TRUE(first);
  const auto second = env_->Lock(dir_.path());
  EXPECT_EQ(CodeOf(second), ErrorCode::kLocked);
  EXPECT_EQ(second.error().message(), dir_.path() + " is locked by another process");
  first->reset();
  EXPECT_TRUE(env_->Lock(dir_.path()));
  EXPECT_EQ(CodeOf(env_->Lock(Path("missing"))), ErrorCode::kNotFound);
}

TEST_F(PosixEnvFiles, NoDescriptorIsLeftBehindOrInherited) {
  const auto open_descriptors = [] {
    std::vector<int> fds;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      fds.push_back(std::stoi(entry.path().filename()));
    }
    return fds;
  };
  const std::vector<int> before = open_descriptors();
  {
    const auto file = MustOpen("a", OpenMode::kCreate);
    const auto lock = env_->Lock(dir_.path());
    EXPECT_EQ(CodeOf(env_->Lock(dir_.path())), ErrorCode::kLocked);
    for (const int fd : open_descriptors()) {
      if (std::ranges::find(before, fd) != before.end()) continue;
      const int flags = ::fcntl(fd, F_GETFD);  // -1 for the descriptor of the listing itself
      EXPECT_TRUE(flags == -1 || (flags & FD_CLOEXEC) != 0) << fd;
    }
    ASSERT_TRUE(env_->List(dir_.path()));
    ASSERT_TRUE(env_->SyncDir(dir_.path()));
  }
  EXPECT_EQ(open_descriptors().size(), before.size());
}

}  // namespace
}  // namespace cordwood

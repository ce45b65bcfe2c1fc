#include "base/posix_directory.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "tests/support/temp_dir.h"

namespace cordwood {
namespace {

/// A file system as NFS is: files can be locked, directories cannot.
int LockFilesOnly(int fd, int operation) {
  struct stat info = {};
  if (::fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) {
    errno = EBADF;
    return -1;
  }
  return ::flock(fd, operation);
}

int LockNothing(int /*fd*/, int /*operation*/) {
  errno = EIO;
  return -1;
}

template <typename T>
ErrorCode ErrorCodeOf(const Result<T>& result) {
  return result ? ErrorCode::kInvalidArgument : result.error().code();
}

TEST(PosixDirectory, OfNestedOnesTheInnermostIsMeant) {
  const support::TempDir dir;
  std::filesystem::create_directory(dir / "in");
  HeldDirectories held;
  const auto outer = held.Hold(dir.path());
  const auto inner = held.Hold(dir / "in");
  ASSERT_TRUE(outer && inner);
  EXPECT_EQ(held.Resolve(dir / "a").name, "a");
  EXPECT_EQ(held.Resolve(dir / "in/a").name, "a");
  EXPECT_EQ(held.Resolve(dir / "in//b/c").name, "b/c");
  EXPECT_EQ(held.Resolve(dir / "in").name, ".");
  EXPECT_EQ(held.Resolve(dir / "inner").name, "inner");
  EXPECT_NE(held.Resolve(dir / "in/a").at(), held.Resolve(dir / "a").at());
  EXPECT_EQ(held.Resolve("elsewhere/a").at(), AT_FDCWD);
  EXPECT_EQ(held.Resolve("").name, "");
}

TEST(PosixDirectory, TheRootCanBeHeld) {
  HeldDirectories held([](int, int) { return 0; });
  const auto root = held.Hold("/");
  ASSERT_TRUE(root);
  EXPECT_EQ(held.Resolve("/etc/passwd").name, "etc/passwd");
  EXPECT_EQ(held.Resolve("etc/passwd").at(), AT_FDCWD);
}

TEST(PosixDirectory, WhereDirectoriesCannotBeLockedAFileInThemIs) {
  const support::TempDir dir;
  HeldDirectories held(&LockFilesOnly);
  HeldDirectories others(&LockFilesOnly);
  auto lock = held.Hold(dir.path());
  ASSERT_TRUE(lock) << lock.error().message();
  EXPECT_TRUE(std::filesystem::exists(dir / "LOCK"));
  EXPECT_EQ(ErrorCodeOf(others.Hold(dir.path())), ErrorCode::kLocked);
  lock->reset();
  EXPECT_TRUE(others.Hold(dir.path()));
}

TEST(PosixDirectory, AnyOtherFailureOfALockIsAnError) {
  const support::TempDir dir;
  HeldDirectories held(&LockNothing);
  const auto lock = held.Hold(dir.path());
  EXPECT_EQ(ErrorCodeOf(lock), ErrorCode::kIo);
  EXPECT_NE(lock.error().message().find("cannot lock " + dir.path()), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(dir / "LOCK"));
}

}  // namespace
}  // namespace cordwood

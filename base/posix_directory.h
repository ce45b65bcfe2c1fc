#pragma once

// The directories that this process holds, and which of them a path means (base/env.h says when).
// Only base/posix_* includes this.
//
// A directory is locked with flock(2) on its own descriptor: no file of it stands for the lock, so
// none can be removed or lie in another directory. Where the file system has no such locks for
// directories (NFS), a file LOCK in it is locked instead, and the log says so. Such a lock holds
// only as long as nobody removes that file.
//
// Threads: any. The locks that Hold gives out are destroyed before this.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "base/error.h"
#include "base/mutex.h"
#include "base/posix_file.h"

namespace cordwood {

/// flock(2), or what a test has for it.
using PosixLockCall = int (*)(int fd, int operation);

class HeldDirectories {
 public:
  HeldDirectories();
  explicit HeldDirectories(PosixLockCall lock_call) : lock_call_(lock_call) {}

  /// Locks `dir`; from now on paths inside of it lead to it.
  Result<std::unique_ptr<DirectoryLock>> Hold(const std::string& dir);
  PosixPath Resolve(const std::string& path) const;

 private:
  friend class PosixDirectoryLock;

  using Descriptor = std::shared_ptr<const FileDescriptor>;
  struct Held {
    std::string dir;  // without slashes at its end
    Descriptor descriptor;
  };

  bool TryLock(int fd) const;
  Result<FileDescriptor> LockFileIn(const std::string& dir, const Descriptor& directory) const;
  void Release(const Descriptor& directory);

  const PosixLockCall lock_call_;
  mutable Mutex mutex_;
  std::vector<Held> held_ GUARDED_BY(mutex_);  // the longest name first
};

}  // namespace cordwood

#pragma once

// The environment: every call of the operating system that storage and pipeline make. The real
// one is thin (base/posix_env.h). The simulated one (tests/support/sim_env.h) runs everything in
// one thread under a seed, fails any call, stalls, and loses power. Nothing else in the project
// opens files, reads clocks, draws entropy or starts background work.
//
// Paths are absolute or relative to the working directory, but for one thing. While a directory is
// locked (Env::Lock), every path inside of it that is spelled as it was for Lock, `dir` or
// `dir/name`, means the very directory that was locked: also after it was renamed, and whatever
// lies under its name by then. What a store does thus stays in the directory that it has locked.
//
// Two rules make the simulation possible:
//  - No mutex is held across a call of Env or File: in the simulation such a call may run other
//    tasks on the same thread.
//  - Work goes to the background through Schedule; nobody starts threads of their own.
//
// Threads: Env may be called from any thread. A File may be read from any thread at the same
// time; writing calls on one File come from one thread at a time.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace cordwood {

/// An open file. Closing is the destructor and loses nothing that was synced.
class File {
 public:
  virtual ~File() = default;

  /// Reads up to out.size() bytes at `offset`; fewer only at the end of the file. Retries short
  /// reads and EINTR itself.
  virtual Result<size_t> ReadAt(uint64_t offset, std::span<char> out) = 0;

  /// Writes all of `data` at `offset`, extending the file if needed. After an error the content
  /// of the range is unknown. Not durable before Sync.
  virtual Status WriteAt(uint64_t offset, std::string_view data) = 0;

  /// Makes all earlier writes and the size durable (fdatasync). An error is final: the caller
  /// must never sync this file again and believe the answer.
  virtual Status Sync() = 0;

  /// Gives the file `size` bytes, at least, that have their space: what was not written there reads
  /// as zeros. kUnsupported if the file system cannot; kNoSpace.
  virtual Status Reserve(uint64_t size) = 0;
  /// Has the system begin to write the range to the medium, so that a later Sync has less to do.
  /// Makes nothing durable. kUnsupported if the system cannot; any other error may be one that the
  /// next Sync would have reported, and is as final.
  virtual Status WriteBack(uint64_t offset, uint64_t size) = 0;
  /// Waits until what WriteBack began of the range is done. Makes nothing durable either. Errors as
  /// WriteBack's.
  virtual Status AwaitWriteBack(uint64_t offset, uint64_t size) = 0;
  /// What was synced need not be in memory any more. A hint.
  virtual void DropCache() = 0;

  virtual Status Truncate(uint64_t size) = 0;
  virtual Result<uint64_t> Size() = 0;
  /// How many names the file has: 0 once the last one was removed.
  virtual Result<uint64_t> LinkCount() = 0;
};

enum class OpenMode : uint8_t {
  kRead,       // must exist
  kReadOther,  // must exist; what is not ours may be a device, which has no size
  kReadWrite,  // must exist
  kCreate,     // must not exist; read and write
};

/// A directory that is this process's alone until this is destroyed, or the process dies.
class DirectoryLock {
 public:
  virtual ~DirectoryLock() = default;
};

/// The bytes of a file system.
struct DiskSpace {
  uint64_t total = 0;
  uint64_t available = 0;  // what an unprivileged process may still write
};

/// Where background work runs. Tasks of one lane start in the order they were scheduled.
enum class Lane : uint8_t {
  kLog,         // one thread: log writes and syncs, nothing else
  kFlush,       // one thread: memtable flushes
  kSegments,    // one thread: log segments made ahead, which writers wait for
  kRemovals,    // one thread: files removed, which nobody waits for
  kCompaction,  // merges
  kFetch,       // block reads that a parked command waits for
  kNote,        // one thread: how far the log is synced, noted once a second; behind nothing
  kSort,        // one thread: memtables are sorted, which scans wait for
};
inline constexpr int kLaneCount = 8;

class Env {
 public:
  virtual ~Env() = default;

  // --- files ---
  /// Waits for nobody. kCorruption if there is something else than a regular file: a directory, a
  /// FIFO, a socket, a device. With kCreate that is kAlreadyExists, as everything that is there.
  virtual Result<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) = 0;
  virtual Status Rename(const std::string& from, const std::string& to) = 0;
  virtual Status Remove(const std::string& path) = 0;
  /// Succeeds if the directory exists already. The parent must exist.
  virtual Status CreateDir(const std::string& path) = 0;
  /// Names (not paths) of the entries of a directory, in no particular order.
  virtual Result<std::vector<std::string>> List(const std::string& dir) = 0;
  /// Makes creations, renames and removals inside `dir` durable.
  virtual Status SyncDir(const std::string& dir) = 0;
  virtual Result<bool> Exists(const std::string& path) = 0;
  /// Of the file system of `path`; nothing if it does not say how large it is.
  virtual Result<std::optional<DiskSpace>> SpaceOf(const std::string& path) = 0;
  /// How many bytes the process may give a file at this moment; UINT64_MAX: there is no limit. A
  /// write beyond it is kFileLimit; a part of it may have been written.
  virtual uint64_t FileBytesMax() = 0;
  /// Takes an exclusive lock on the directory itself, which needs no right to write in it, and
  /// makes no file. kLocked if somebody holds it, under whatever name. Destroyed before the
  /// environment, and after everything that uses the directory.
  virtual Result<std::unique_ptr<DirectoryLock>> Lock(const std::string& dir) = 0;

  // --- clocks and randomness ---
  /// Milliseconds since 1970, by the wall clock; may jump.
  virtual int64_t WallMs() = 0;
  /// Nanoseconds on a clock that never goes back.
  virtual uint64_t MonotonicNs() = 0;
  virtual uint64_t RandomU64() = 0;

  // --- background work ---
  /// Runs `task` on a thread of `lane`, soon.
  virtual void Schedule(Lane lane, std::function<void()> task) = 0;
  /// Blocks a background task, never a loop.
  virtual void SleepForMs(uint64_t ms) = 0;
  /// Blocks the caller until done() is true. done() is evaluated at once and again after every
  /// background task that ends; it must be cheap and must not call Env.
  virtual void Await(const std::function<bool()>& done) = 0;
};

}  // namespace cordwood

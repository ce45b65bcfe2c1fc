#pragma once

// The simulated file system: a tree of directories and files that knows which of its entries and
// bytes would survive power loss (bytes: sim_content.h).
//
// Directory entries are strict: a creation, renaming or removal is durable only after SyncDir of
// its directory, and syncing a file makes no entry durable. Until then each such change survives
// on its own; a renaming is one change, so the target is the old file or the new one and never
// absent. Removed files may be back.
//
// A new directory is an entry of its parent: when the entry is lost, so is all below it.
//
// Paths: '/' separates, "/a", "a" and "a//." are the same entry; ".." is refused.
//
// Owned by SimEnv. Threads: one. Knows no clock, no fibers and no injected failures; its errors
// are those that a healthy file system gives.

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "base/error.h"
#include "tests/support/sim_content.h"
#include "tests/support/sim_random.h"

namespace cordwood::support {

/// A file or a directory, whatever names it has.
struct SimNode {
  bool is_dir = false;
  int names = 0;        // in the current tree
  bool locked = false;  // of a directory: a process holds it
  int opens = 0;        // handles
  SimContent content;   // of a file
  // Of a directory: what processes see, and what the medium holds.
  std::map<std::string, std::shared_ptr<SimNode>> entries;
  std::map<std::string, std::shared_ptr<SimNode>> durable_entries;
};

using SimNodePtr = std::shared_ptr<SimNode>;

class SimDisk {
 public:
  explicit SimDisk(SimRandom random);

  SimDisk(SimDisk&&) = default;
  SimDisk& operator=(SimDisk&&) = default;

  // --- the file system ---
  /// Counts as a handle until Close.
  Result<SimNodePtr> Open(const std::string& path, OpenMode mode);
  void Close(SimNode& file);
  /// On kNoSpace a part of the bytes may have been written.
  Status Write(SimNode& file, uint64_t offset, std::string_view data);
  Status Resize(SimNode& file, uint64_t size);
  Status Rename(const std::string& from, const std::string& to);
  Status Remove(const std::string& path);
  Status CreateDir(const std::string& path);
  Status SyncDir(const std::string& path);
  /// The pending changes of the directory are forgotten: visible now, gone after power loss, and
  /// a later SyncDir succeeds without them.
  Status FailSyncDir(const std::string& path);
  /// Names in a shuffled order: nobody may rely on one.
  Result<std::vector<std::string>> List(const std::string& path);
  Result<bool> Exists(const std::string& path) const;
  /// What a process finds at `path`.
  Result<SimNodePtr> Look(const std::string& path) const;
  /// Locks the directory until Release: for a process, paths inside of it, as spelled here, lead to
  /// it whatever becomes of its name.
  Result<SimNodePtr> Hold(const std::string& dir);
  void Release(const SimNodePtr& dir);

  // --- space ---
  /// UINT64_MAX (the start value): no limit.
  void SetLimit(uint64_t bytes) { limit_bytes_ = bytes; }
  /// The sizes of all files that have a name or a handle.
  uint64_t UsedBytes() const { return used_bytes_; }
  uint64_t FreeBytes() const;
  uint64_t limit() const { return limit_bytes_; }

  // --- what comes after ---
  /// The disk as another process finds it after this one was killed: same bytes, same pending
  /// changes, no handles and no locks.
  SimDisk CopyAfterKill() const;
  /// Decides the fate of everything unsynced. REQUIRES: no open handles (a fresh copy).
  void LosePower(PowerLoss kind, SimRandom& random);

  // --- for tests: the medium itself, past all rules ---
  Result<SimNodePtr> Find(const std::string& path) const;
  /// Replaces or creates a file, at once durable under a durable name.
  Status WriteRaw(const std::string& path, std::string bytes);
  Status RemoveRaw(const std::string& path);
  /// Renames a file or directory, durably. `to` must be free.
  Status RenameRaw(const std::string& from, const std::string& to);
  /// Durable, unless `path` itself is not.
  Status LinkRaw(const std::string& path, const std::string& name);
  /// All files at or below `dir`, as "/a/b", sorted.
  std::vector<std::string> Files(const std::string& dir) const;

 private:
  enum class ChangeKind : uint8_t { kAdd, kRemove, kRename };

  /// A change of entries that is not durable yet. kAdd uses `to`, kRemove `from`.
  struct Change {
    ChangeKind kind;
    SimNodePtr node;
    SimNodePtr from_dir;
    std::string from_name;
    SimNodePtr to_dir;
    std::string to_name;

    bool Touches(const SimNodePtr& dir) const { return from_dir == dir || to_dir == dir; }
  };

  struct Place {
    SimNodePtr dir;
    std::string name;
    SimNodePtr node;  // null: no such entry
  };

  struct Held {
    std::vector<std::string> names;  // of its path
    SimNodePtr node;
  };

  /// As a process finds it, and as the tree has it.
  Result<Place> Locate(const std::string& path) const;
  Result<Place> LocateRaw(const std::string& path) const;
  static Result<Place> LocateFrom(const SimNodePtr& start, std::span<const std::string> names,
                                  const std::string& path);
  Result<SimNodePtr> FindDir(const std::string& path) const;
  void MakeDurable(const Change& change);
  Status SettleDir(const std::string& path, bool durable);
  void Unlink(SimNode& node);
  void RecountUsedBytes();

  SimRandom random_;
  SimNodePtr root_;
  std::vector<Change> pending_;  // oldest first
  std::vector<Held> held_;
  uint64_t limit_bytes_ = UINT64_MAX;
  uint64_t used_bytes_ = 0;
};

}  // namespace cordwood::support

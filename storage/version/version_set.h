#pragma once

// The current Version and the manifest that makes it durable: every change of the set of
// memtables or table files goes through here.
//
// Install order, without exception: table files synced, directory synced, manifest synced,
// published; only then are the files that the edit dropped given up.
//
// Threads: any. Edits are installed one after the other, in the order in which Install was called.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/env.h"
#include "base/error.h"
#include "base/mutex.h"
#include "storage/file_names.h"
#include "storage/table/block_cache.h"
#include "storage/version/edit.h"
#include "storage/version/manifest.h"
#include "storage/version/table_cache.h"
#include "storage/version/version_cell.h"

namespace cordwood::storage {

class VersionSet {
 public:
  /// `blocks` may be null.
  VersionSet(Env& env, BlockCache* blocks, const TableCache::Options& options);

  /// Starts with the tables that `state` lists, of which none is opened, and `active` as the
  /// memtable. `next_file` is above every number in the directory.
  void Load(ManifestState state, uint64_t next_file, std::shared_ptr<Memtable> active);
  /// A manifest that grew by as much is begun anew. REQUIRES: none was started yet.
  void SetManifestGrowth(uint64_t bytes) { manifest_growth_bytes_ = bytes; }
  /// Starts a new manifest with what was loaded, in place of the one that was read. A shortage:
  /// that one goes on counting, and the first edit tries again. REQUIRES: Load succeeded; nothing
  /// is installed before.
  Status StartManifest();
  /// Marks a clean stop: the log is on stable storage up to `synced_seq` and ends there.
  /// REQUIRES: no Install under way or to come.
  Status Seal(Seq synced_seq);

  uint64_t NewFileNumber() { return next_file_.fetch_add(1); }
  uint64_t NewRunId() { return next_run_.fetch_add(1); }

  VersionCell& cell() { return cell_; }
  std::shared_ptr<const Tree> tree() const;
  Seq flushed_seq() const { return flushed_seq_.load(std::memory_order_acquire); }
  /// The number of the manifest that counts; 0: there is none yet. REQUIRES: nothing is being
  /// installed.
  uint64_t manifest() const { return state_.manifest; }
  /// The table file with this number, or null if no fragment of the current tree lies in it.
  std::shared_ptr<TableFile> FindTable(uint64_t number) const;
  TableCache& tables() { return table_cache_; }
  /// Memtables that wait to be flushed, oldest first.
  std::vector<std::shared_ptr<Memtable>> Immutables() const;
  /// All, newest first: the active one, and those that wait to be flushed.
  std::vector<SortedMemtable> Memtables() const;

  /// Makes the active memtable immutable and `fresh` the active one.
  void SwitchMemtable(std::shared_ptr<Memtable> fresh);
  /// Publishes how far a memtable is sorted; nothing if it was flushed meanwhile. REQUIRES: one
  /// caller at a time.
  void SetSorted(const SortedMemtable& sorted);

  struct Installation {
    Edit edit;
    std::vector<uint64_t> new_files;    // written and synced, not yet opened
    const Memtable* flushed = nullptr;  // leaves with this edit; the oldest immutable one
    std::function<void()> on_durable;   // called once the edit is durable, before it is visible
  };
  /// Makes an edit durable and visible. After an error nothing happened, unless failed() says that
  /// it is final: then the outcome of the edit is unknown, its files must stay, and no further edit
  /// can be installed.
  Status Install(Installation installation);

  /// True once the outcome of an edit is unknown: nothing can be installed any more.
  bool failed() const { return has_failed_.load(std::memory_order_acquire); }

  /// Tables that no version needs any more, and manifests that were replaced; the caller removes
  /// them.
  std::vector<FileName> TakeObsolete();
  /// Whether TakeObsolete may find something: a reader that let go of an old version tells nobody.
  bool MayHaveObsolete() const;

 private:
  using TableMap = std::unordered_map<uint64_t, std::shared_ptr<TableFile>>;

  /// What is there now.
  void Publish(ClosedTables closed = {}) REQUIRES(mutex_);
  /// Has tables that were closed kept for whoever may look at them.
  void KeepClosed(ClosedTables tables);
  /// The tree that state_ describes. Runs of `old` that are not in `changed` are taken over as they
  /// are. REQUIRES: tables_ has what state_ lists.
  std::shared_ptr<const Tree> BuildTree(const Tree& old, const std::set<uint64_t>& changed) const;
  Run BuildRun(uint64_t id, const ManifestState::RunRecord& record, const Run* old) const;
  /// The tables of an installation, opened; notes them in its edit.
  Result<TableMap> OpenTables(Installation& installation);
  /// Makes the edit durable. The tables that it has no more use for.
  Result<std::vector<uint64_t>> AppendEdit(const Edit& edit);
  /// Makes a manifest that begins with `state` the one that counts, and gives up the one before.
  Status ReplaceManifest(ManifestState& state);
  Status InstallInTurn(const Installation& installation, TableMap new_tables);
  void GiveUp(FileName file);

  Env& env_;
  const std::string dir_;
  // Before all that holds table files: the last owner of an obsolete one reports it here.
  mutable Mutex obsolete_mutex_;
  std::vector<FileName> obsolete_ GUARDED_BY(obsolete_mutex_);
  TableCache table_cache_;

  VersionCell cell_;
  std::atomic<uint64_t> next_file_{1};
  std::atomic<uint64_t> next_run_{1};
  std::atomic<Seq> flushed_seq_{0};

  std::atomic<bool> has_failed_{false};

  // Turns of Install.
  std::atomic<uint64_t> next_turn_{0};
  std::atomic<uint64_t> turn_{0};

  // Touched by the installer whose turn it is, and by Load and Seal.
  ManifestState state_;
  uint64_t manifest_growth_bytes_ = ManifestWriter::kGrowthBytes;
  std::unique_ptr<ManifestWriter> manifest_;
  Status health_;  // ok, or why nothing can be installed any more

  mutable Mutex mutex_;
  SortedMemtable active_ GUARDED_BY(mutex_);
  std::vector<SortedMemtable> immutables_ GUARDED_BY(mutex_);  // newest first
  std::shared_ptr<const Tree> tree_ GUARDED_BY(mutex_);
  /// Those that the tree uses, by number. Changed by whose turn it is; read under mutex_.
  TableMap tables_;
};

}  // namespace cordwood::storage

// Store::Open: from a directory to a serving store.
//
// Everything is read and verified before the first byte is written, so that a store that cannot
// be opened stays as it was.

#include <algorithm>
#include <unordered_set>

#include "base/format.h"
#include "base/log.h"
#include "storage/file_names.h"
#include "storage/log/recovery.h"
#include "storage/repair.h"
#include "storage/store.h"

namespace cordwood::storage {
namespace {

// With more old segments than this, what they hold is flushed right after the start.
constexpr size_t kSegmentsKept = 2;

Status MakeDirectory(Env& env, const std::string& dir) {
  CW_ASSIGN(const bool exists, env.Exists(dir));
  return exists ? Status() : env.CreateDir(dir);
}

// What there is for the store: the file system, or a limit of our own if that is less.
uint64_t DiskBytesFor(Env& env, const std::string& dir, uint64_t limit) {
  const Result<std::optional<DiskSpace>> space = env.SpaceOf(dir);
  const uint64_t total = space && *space ? (*space)->total : UINT64_MAX;
  return limit == 0 ? total : std::min(total, limit);
}

void NoteSmallerParts(const StoreOptions& wanted, const StoreOptions& fitted, uint64_t disk_bytes) {
  if (wanted.log_segment_bytes == fitted.log_segment_bytes &&
      wanted.memtable_bytes == fitted.memtable_bytes &&
      wanted.fragment_bytes == fitted.fragment_bytes) {
    return;
  }
  LogNotice(Format(
      "the disk has {} bytes for data: log segments are of {} bytes, memtables of {}, tables "
      "of {}, which is less than configured",
      disk_bytes, fitted.log_segment_bytes, fitted.memtable_bytes, fitted.fragment_bytes));
}

// A directory that is this process's, and options whose parts fit its disk.
struct StorePlace {
  std::unique_ptr<DirectoryLock> lock;
  StoreOptions options;
  uint64_t disk_bytes = 0;
};

Result<StorePlace> TakePlace(Env& env, const std::string& dir, const StoreOptions& options) {
  CW_TRY(MakeDirectory(env, dir));
  CW_ASSIGN(std::unique_ptr<DirectoryLock> lock, env.Lock(dir));
  const uint64_t disk_bytes = DiskBytesFor(env, dir, options.max_disk_bytes);
  const StoreOptions fitted = FitToDisk(options, disk_bytes);
  NoteSmallerParts(options, fitted, disk_bytes);
  const uint64_t limit = env.FileBytesMax();
  if (limit < LargestFileBytes(fitted)) return FailForFileLimit(limit, LargestFileBytes(fitted));
  return StorePlace{.lock = std::move(lock), .options = fitted, .disk_bytes = disk_bytes};
}

}  // namespace

class StoreOpener {
 public:
  StoreOpener(Env& env, const std::string& dir, StorePlace place)
      : env_(env),
        dir_(dir),
        store_(new Store(env, dir, place.options)),
        options_(store_->options_) {
    store_->disk_bytes_at_start_ = place.disk_bytes;
    store_->lock_ = std::move(place.lock);
  }

  /// Opens a store whose log is not whole, and fills in the report. It is repaired when the
  /// memtables are flushed.
  Result<std::unique_ptr<Store>> OpenAcceptingLoss(RepairReport& report) {
    report_ = &report;
    return Open();
  }

  Result<std::unique_ptr<Store>> Open() {
    CW_TRY(ListFiles());
    store_->cache_ = std::make_unique<BlockCache>(options_.block_cache_bytes);
    store_->versions_ = std::make_unique<VersionSet>(
        env_, store_->cache_.get(),
        TableCache::Options{.dir = dir_,
                            .open_files = options_.open_files,
                            .memory_bytes = options_.block_cache_bytes});
    store_->versions_->SetManifestGrowth(options_.manifest_growth_bytes);
    store_->active_ = store_->NewMemtable();
    CW_ASSIGN(ManifestState state, ReadState());
    CW_TRY(BlameManifest(FindTables(state), state));
    store_->versions_->Load(state, highest_ + 1, store_->active_);
    // A new store is one from its first CURRENT on; an old one is written to only once its log
    // proved whole.
    if (new_store_) {
      CW_TRY(SyncParent());
      CW_TRY(CreateNote(env_, dir_, state.store_id));
      CW_TRY(store_->versions_->StartManifest());
    }
    store_->StartSpace();
    store_->space_->Open();
    store_->StartBackground();
    CW_TRY(BlameManifest(ReplayLog(state), state));
    if (!new_store_) CW_TRY(RenewManifest());
    RemoveOrphans(state);
    // Starts that write little must not gather segments.
    const bool is_repair = report_ != nullptr;
    if (is_repair || (many_segments_ && !store_->active_->empty())) store_->SwitchMemtable();
    store_->UpdatePressure();
    store_->sorter_->Kick();
    store_->background_->Kick();
    return std::move(store_);
  }

 private:
  // The directory's own entry must survive what its files survive; who made it may have been a
  // start that was cut off.
  Status SyncParent() {
    const size_t name_end = dir_.find_last_not_of('/') + 1;
    if (name_end == 0) return {};  // the root, which has none
    const size_t slash = dir_.rfind('/', name_end - 1);
    if (slash == std::string::npos) return env_.SyncDir(".");
    return env_.SyncDir(slash == 0 ? "/" : dir_.substr(0, slash));
  }

  // On a full disk the manifest of the last life goes on counting, and the first edit tries again.
  Status RenewManifest() {
    const Status started = store_->versions_->StartManifest();
    return IsShortage(started) ? Status() : started;
  }

  Status ListFiles() {
    CW_ASSIGN(const std::vector<std::string> names, env_.List(dir_));
    for (const std::string& name : names) {
      const std::optional<FileName> file = ParseFileName(name);
      if (!file) continue;
      names_.emplace_back(name, *file);
      highest_ = std::max(highest_, file->number);
    }
    return {};
  }

  bool HasDataFiles() const {
    return std::any_of(names_.begin(), names_.end(), [](const auto& entry) {
      const FileKind kind = entry.second.kind;
      return kind == FileKind::kManifest || kind == FileKind::kLog || kind == FileKind::kTable;
    });
  }

  Result<ManifestState> ReadState() {
    CW_ASSIGN(const std::optional<Current> current, ReadCurrent(env_, dir_));
    if (current) {
      return ReadManifest(env_, dir_, *current);
    }
    if (HasDataFiles()) {
      // A start that was cut off before its first CURRENT leaves at most a manifest.
      const bool only_manifest = std::all_of(names_.begin(), names_.end(), [](const auto& entry) {
        return entry.second.kind != FileKind::kTable && entry.second.kind != FileKind::kLog;
      });
      if (!only_manifest) {
        return Fail(ErrorCode::kCorruption,
                    Format("{}: there are data files but no CURRENT; restore it from a backup, or "
                           "point at an empty directory",
                           dir_));
      }
    }
    new_store_ = true;
    return ManifestState{.store_id = env_.RandomU64()};
  }

  // What is in the tables is read when somebody asks for it.
  Status FindTables(const ManifestState& state) const {
    std::unordered_set<uint64_t> present;
    for (const auto& [name, file] : names_) {
      if (file.kind == FileKind::kTable) present.insert(file.number);
    }
    for (const auto& [number, table] : state.tables) {
      if (present.contains(number)) continue;
      return Fail(ErrorCode::kCorruption,
                  Format("{}: missing; restore it, or the whole store", TablePath(dir_, number)));
    }
    return {};
  }

  // Files that are not what the manifest says may mean that its last edit was not torn but damaged.
  Status BlameManifest(Status status, const ManifestState& state) const {
    const bool may_be = !status && status.error().code() == ErrorCode::kCorruption && state.torn_at;
    if (!may_be) return status;
    return std::unexpected(
        status.error().Prefixed(Format("{}: damaged at offset {}, or the files after it are",
                                       ManifestPath(dir_, state.manifest), *state.torn_at)));
  }

  // Opens the log and inserts what the tables lack.
  Status ReplayLog(const ManifestState& state) {
    Store& store = *store_;
    {
      const MutexLock lock(store.counts_mutex_);
      store.counts_.Correct(state.counts);
    }
    const NumberAllocator allocate = [versions = store.versions_.get()] {
      return versions->NewFileNumber();
    };
    const auto apply = [&](Seq first, uint32_t count, std::string_view ops) -> Status {
      CW_TRY(store.Insert(first, count, ops));
      ++store.recovered_groups_;
      if (store.active_->bytes() >= options_.memtable_bytes) {
        store.active_ = store.NewMemtable();
        store.versions_->SwitchMemtable(store.active_);
      }
      return {};
    };
    CW_ASSIGN(RecoveredLog log,
              RecoverLog(env_,
                         {.dir = dir_,
                          .store_id = state.store_id,
                          .segment_bytes = store.space_->FirstSegmentBytes(std::min(
                              options_.log_segment_bytes, options_.log_small_segment_bytes)),
                          .flushed_seq = state.flushed_seq,
                          .known_synced = std::max(state.flushed_seq, state.synced_seq),
                          .accept_loss = report_ != nullptr,
                          .allocate = allocate},
                         apply));
    store.last_seq_ = log.last_seq;
    if (report_ != nullptr) {
      // With it the tables answer for every seq that is given up.
      store.active_->NoteSeq(log.last_seq);
      *report_ = {.kept_seq = log.kept_seq,
                  .last_seq = log.last_seq,
                  .segments_removed = log.kept.size(),
                  .set_aside = std::move(log.set_aside)};
    }
    many_segments_ = log.kept.size() >= kSegmentsKept;
    if (log.torn_bytes > 0) {
      LogWarning(
          Format("{} bytes at the log's end were written but never acknowledged; they are "
                 "kept in a .torn file",
                 log.torn_bytes));
    }
    store.log_ = std::make_unique<CommitLog>(
        env_,
        LogOptions{
            .dir = dir_,
            .store_id = state.store_id,
            .segment_bytes = options_.log_segment_bytes,
            .small_segment_bytes = options_.log_small_segment_bytes,
            .durability = options_.durability,
            .group_bytes = options_.log_group_bytes,
            .allocate = allocate,
            .gate = [s = store_.get()](uint64_t bytes) { return s->space_->CheckSegment(bytes); },
            .make_space = [s = store_.get()] { return s->space_->GiveFirstHalf(); },
            .space_is_short =
                [s = store_.get()] { return s->full() || s->background_->merges_lack_space(); },
            .on_progress = [s = store_.get()] { s->OnLogProgress(); }},
        std::move(log));
    store.admission_ =
        std::make_unique<AdmissionControl>(*store.log_, *store.background_, *store.space_);
    return {};
  }

  // Files that no edit lists: the output of a job that was cut off, and what a stop did not wait
  // for. They go when the store serves. A temporary file goes at once: its name is used again.
  void RemoveOrphans(const ManifestState& state) {
    std::vector<FileName> orphans;
    for (const auto& [name, file] : names_) {
      const bool is_manifest = file.kind == FileKind::kManifest;
      if (file.kind == FileKind::kTemporary) {
        IgnoreError(env_.Remove(dir_ + "/" + name), "it is harmless, if it is there at all");
      } else if ((file.kind == FileKind::kTable && !state.tables.contains(file.number)) ||
                 (is_manifest && file.number != store_->versions_->manifest())) {
        orphans.push_back(file);
      }
    }
    if (!orphans.empty()) {
      LogNotice(Format("removing {} files that are no part of the store, {} first", orphans.size(),
                       PathOf(dir_, orphans.front())));
    }
    store_->background_->RemoveOrphans(orphans);
  }

  Env& env_;
  const std::string dir_;
  std::unique_ptr<Store> store_;
  const StoreOptions options_;
  std::vector<std::pair<std::string, FileName>> names_;
  uint64_t highest_ = 0;
  bool new_store_ = false;
  bool many_segments_ = false;
  RepairReport* report_ = nullptr;  // of a repair
};

Result<std::unique_ptr<Store>> Store::Open(Env& env, const std::string& dir,
                                           const StoreOptions& options) {
  CW_TRY(CheckOptions(options));
  CW_ASSIGN(StorePlace place, TakePlace(env, dir, options));
  return StoreOpener(env, dir, std::move(place)).Open();
}

Result<RepairReport> RepairLog(Env& env, const std::string& dir, const StoreOptions& options) {
  CW_ASSIGN(const std::optional<Current> current, ReadCurrent(env, dir));
  if (!current) return Fail(ErrorCode::kNotFound, Format("{}: there is no store", dir));
  RepairReport report;
  CW_ASSIGN(StorePlace place, TakePlace(env, dir, options));
  CW_ASSIGN(const std::unique_ptr<Store> store,
            StoreOpener(env, dir, std::move(place)).OpenAcceptingLoss(report));
  env.Await(
      [&] { return store->versions().Immutables().empty() || store->full() || !store->failure(); });
  CW_TRY(store->failure());
  const bool is_flushed = store->versions().Immutables().empty();
  CW_TRY(store->Close());  // waits for the segments that the flush lets go
  if (is_flushed) return report;
  return Fail(
      ErrorCode::kNoSpace,
      Format("{}: there is no space for what the log holds; free some and repair it again", dir));
}

}  // namespace cordwood::storage

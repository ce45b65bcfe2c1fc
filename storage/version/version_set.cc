#include "storage/version/version_set.h"

#include <algorithm>
#include <span>
#include <utility>

#include "base/check.h"
#include "base/format.h"
#include "storage/file_names.h"

namespace cordwood::storage {

VersionSet::VersionSet(Env& env, BlockCache* blocks, const TableCache::Options& options)
    : env_(env),
      dir_(options.dir),
      table_cache_(
          env, blocks, options,
          {.obsolete =
               [this](uint64_t number) { GiveUp({.kind = FileKind::kTable, .number = number}); },
           .closed = [this](ClosedTables tables) { KeepClosed(std::move(tables)); }}) {}

void VersionSet::GiveUp(FileName file) {
  const MutexLock lock(obsolete_mutex_);
  obsolete_.push_back(file);
}

void VersionSet::Publish(ClosedTables closed) {
  cell_.Publish(std::make_unique<Version>(Version{active_, immutables_, tree_}), std::move(closed));
}

void VersionSet::KeepClosed(ClosedTables tables) {
  {
    const MutexLock lock(mutex_);
    Publish(std::move(tables));
  }
  cell_.Sweep();
}

void VersionSet::Load(ManifestState state, uint64_t next_file, std::shared_ptr<Memtable> active) {
  state_ = std::move(state);
  for (const auto& [number, record] : state_.tables) {
    tables_.emplace(number, table_cache_.Make(number, record.summary));
  }
  std::set<uint64_t> all;
  for (const auto& [id, run] : state_.runs) all.insert(id);
  std::shared_ptr<const Tree> tree = BuildTree(Tree(), all);
  next_file_ = std::max(next_file, state_.next_file);
  next_run_ = state_.next_run;
  flushed_seq_ = state_.flushed_seq;
  const MutexLock lock(mutex_);
  active_ = {.memtable = std::move(active)};
  tree_ = std::move(tree);
  Publish();
}

Status VersionSet::StartManifest() { return ReplaceManifest(state_); }

Status VersionSet::ReplaceManifest(ManifestState& state) {
  const uint64_t number = NewFileNumber();
  state.next_file = next_file_;
  state.next_run = next_run_;
  CW_ASSIGN(manifest_, ManifestWriter::Create(env_, dir_, number, state, manifest_growth_bytes_));
  const uint64_t before = std::exchange(state.manifest, number);
  if (before != 0) GiveUp({.kind = FileKind::kManifest, .number = before});
  return {};
}

Status VersionSet::Seal(Seq synced_seq) {
  CW_TRY(health_);
  // Without a manifest of this life (the disk is full) the last one stays as it was left.
  if (manifest_ == nullptr) return {};
  Edit edit;
  edit.synced_seq = synced_seq;
  Status sealed = manifest_->Append(edit);
  if (sealed) sealed = manifest_->Seal();
  // Everything is on the disk; without a seal the next start has less to go by, and no more.
  return IsShortage(sealed) ? Status() : sealed;
}

std::shared_ptr<const Tree> VersionSet::tree() const {
  const MutexLock lock(mutex_);
  return tree_;
}

std::vector<std::shared_ptr<Memtable>> VersionSet::Immutables() const {
  const MutexLock lock(mutex_);
  std::vector<std::shared_ptr<Memtable>> oldest_first;
  for (const SortedMemtable& immutable : immutables_) oldest_first.push_back(immutable.memtable);
  std::ranges::reverse(oldest_first);
  return oldest_first;
}

std::vector<SortedMemtable> VersionSet::Memtables() const {
  const MutexLock lock(mutex_);
  std::vector<SortedMemtable> memtables{active_};
  memtables.insert(memtables.end(), immutables_.begin(), immutables_.end());
  return memtables;
}

void VersionSet::SwitchMemtable(std::shared_ptr<Memtable> fresh) {
  const MutexLock lock(mutex_);
  immutables_.insert(immutables_.begin(), std::move(active_));
  active_ = {.memtable = std::move(fresh)};
  Publish();
}

void VersionSet::SetSorted(const SortedMemtable& sorted) {
  {
    const MutexLock lock(mutex_);
    const auto is_same = [&](const SortedMemtable& m) { return m.memtable == sorted.memtable; };
    const auto immutable = std::ranges::find_if(immutables_, is_same);
    const bool is_active = is_same(active_);
    if (!is_active && immutable == immutables_.end()) return;
    (is_active ? active_ : *immutable) = sorted;
    Publish();
  }
  cell_.Sweep();
}

std::shared_ptr<TableFile> VersionSet::FindTable(uint64_t number) const {
  const MutexLock lock(mutex_);
  const auto table = tables_.find(number);
  return table == tables_.end() ? nullptr : table->second;
}

std::shared_ptr<const Tree> VersionSet::BuildTree(const Tree& old,
                                                  const std::set<uint64_t>& changed) const {
  std::vector<Run> runs;
  for (const Run& run : old.runs()) {
    if (!changed.contains(run.id)) runs.push_back(run);
  }
  for (const uint64_t id : changed) {
    const auto record = state_.runs.find(id);
    if (record != state_.runs.end()) runs.push_back(BuildRun(id, record->second, old.FindRun(id)));
  }
  for (Run& run : runs) run.level = state_.runs.at(run.id).level;
  return std::make_shared<const Tree>(std::move(runs));
}

Run VersionSet::BuildRun(uint64_t id, const ManifestState::RunRecord& record,
                         const Run* old) const {
  std::vector<Fragment> fragments;
  fragments.reserve(record.fragments.size());
  // Both in key order: what is in the old run is not looked up.
  std::span<const Fragment> known;
  if (old != nullptr) known = old->fragments;
  for (const auto& [begin, fragment] : record.fragments) {
    while (!known.empty() && known.front().range.begin < begin) known = known.subspan(1);
    const bool is_known = !known.empty() && known.front().range.begin == begin &&
                          known.front().file->number() == fragment.file;
    fragments.push_back(
        {.file = is_known ? known.front().file : tables_.find(fragment.file)->second,
         .range = fragment.range,
         .bytes = fragment.bytes});
  }
  return Run(id, record.level, std::move(fragments));
}

Result<std::vector<uint64_t>> VersionSet::AppendEdit(const Edit& edit) {
  // What does not fit must not get into the manifest.
  CW_TRY(state_.Fits(edit));
  if (manifest_ == nullptr || manifest_->outgrown()) {
    const Status replaced = ReplaceManifest(state_);
    // Where there is no space for a new one there may be some left in the old one.
    if (manifest_ == nullptr || !IsShortage(replaced)) CW_TRY(replaced);
  }
  CW_TRY(manifest_->Append(edit));
  return state_.Apply(edit);
}

Result<VersionSet::TableMap> VersionSet::OpenTables(Installation& installation) {
  TableMap tables;
  for (const uint64_t number : installation.new_files) {
    CW_ASSIGN(std::shared_ptr<TableFile> table, table_cache_.OpenNew(number));
    installation.edit.tables.push_back({.file = number, .summary = table->shared_summary()});
    tables.emplace(number, std::move(table));
  }
  return tables;
}

Status VersionSet::Install(Installation installation) {
  CW_ASSIGN(TableMap new_tables, OpenTables(installation));
  const uint64_t turn = next_turn_.fetch_add(1);
  env_.Await([this, turn] { return turn_.load() == turn; });
  Status installed = health_;
  if (installed) installed = InstallInTurn(installation, std::move(new_tables));
  if (!installed && health_ && !IsShortage(installed)) {
    health_ = installed;
    has_failed_ = true;
  }
  turn_.fetch_add(1);
  cell_.Sweep();
  return installed;
}

Status VersionSet::InstallInTurn(const Installation& installation, TableMap new_tables) {
  Edit edit = installation.edit;
  if (installation.flushed != nullptr) {
    const std::vector<std::shared_ptr<Memtable>> immutables = Immutables();
    CHECK(!immutables.empty() && immutables.front().get() == installation.flushed);
  }
  if (!new_tables.empty()) CW_TRY(env_.SyncDir(dir_));
  edit.next_file = next_file_;
  edit.next_run = next_run_;
  CW_ASSIGN(const std::vector<uint64_t> forgotten, AppendEdit(edit));
  {
    const MutexLock lock(mutex_);
    tables_.merge(new_tables);
  }
  std::set<uint64_t> changed;
  for (const FragmentName& name : edit.drops) changed.insert(name.run);
  for (const FragmentRecord& record : edit.adds) changed.insert(record.run);
  std::shared_ptr<const Tree> old = this->tree();  // let go of when the lock is gone
  std::shared_ptr<const Tree> tree = BuildTree(*old, changed);
  if (installation.on_durable) installation.on_durable();
  std::vector<std::shared_ptr<TableFile>> dropped;  // let go of like it
  const MutexLock lock(mutex_);
  for (const uint64_t number : forgotten) {
    dropped.push_back(std::move(tables_.extract(number).mapped()));
    dropped.back()->MarkObsolete();
  }
  tree_ = std::move(tree);
  std::erase_if(immutables_, [&](const SortedMemtable& immutable) {
    return immutable.memtable.get() == installation.flushed;
  });
  if (edit.flushed_seq) flushed_seq_ = *edit.flushed_seq;
  Publish();
  return {};
}

std::vector<FileName> VersionSet::TakeObsolete() {
  cell_.Sweep();
  const MutexLock lock(obsolete_mutex_);
  return std::exchange(obsolete_, {});
}

bool VersionSet::MayHaveObsolete() const {
  if (cell_.HasRetired()) return true;
  const MutexLock lock(obsolete_mutex_);
  return !obsolete_.empty();
}

}  // namespace cordwood::storage

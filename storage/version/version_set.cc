#include "storage/version/version_set.h"

#include <algorithm>
#include <set>

#include "base/check.h"
#include "base/format.h"
#include "storage/file_names.h"

namespace cordwood::storage {
namespace {

// A manifest whose edits have grown past this is replaced by a snapshot.
constexpr uint64_t kManifestGrowthMax = 16 << 20;

bool IsNoSpace(const Status& status) {
  return !status && status.error().code() == ErrorCode::kNoSpace;
}

}  // namespace

Result<std::shared_ptr<TableFile>> VersionSet::OpenTable(uint64_t number,
                                                         std::optional<uint64_t> expected_bytes) {
  CW_ASSIGN(std::unique_ptr<Table> table,
            Table::Open(env_, TablePath(dir_, number), number, cache_, expected_bytes));
  return std::make_shared<TableFile>(number, std::move(table), [this](uint64_t obsolete) {
    const std::scoped_lock lock(obsolete_mutex_);
    obsolete_.push_back(obsolete);
  });
}

Status VersionSet::Load(ManifestState state, uint64_t next_file, std::shared_ptr<Memtable> active) {
  TableMap tables;
  for (const auto& [number, size] : state.tables) {
    Result<std::shared_ptr<TableFile>> table = OpenTable(number, size);
    if (!table && table.error().code() == ErrorCode::kNotFound) {
      return Fail(ErrorCode::kCorruption,
                  Format("{}: missing; restore it, or the whole store", TablePath(dir_, number)));
    }
    if (!table) return std::unexpected(table.error());
    tables[number] = std::move(*table);
  }
  CW_ASSIGN(std::shared_ptr<const Tree> tree, BuildTree(state, tables));
  state_ = std::move(state);
  next_file_ = std::max(next_file, state_.next_file);
  next_run_ = state_.next_run;
  flushed_seq_ = state_.flushed_seq;
  const std::scoped_lock lock(mutex_);
  active_ = std::move(active);
  tree_ = std::move(tree);
  cell_.Publish(std::make_unique<Version>(Version{active_, immutables_, tree_}));
  return {};
}

Status VersionSet::StartManifest() { return ReplaceManifest(state_); }

Status VersionSet::ReplaceManifest(ManifestState& state) {
  const uint64_t number = NewFileNumber();
  state.next_file = next_file_;
  state.next_run = next_run_;
  CW_ASSIGN(manifest_, ManifestWriter::Create(env_, dir_, number, state));
  const uint64_t before = std::exchange(state.manifest, number);
  if (before != 0) {
    IgnoreError(env_.Remove(ManifestPath(dir_, before)),
                "what is left is removed at the next start");
  }
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
  return IsNoSpace(sealed) ? Status() : sealed;
}

std::shared_ptr<const Tree> VersionSet::tree() const {
  const std::scoped_lock lock(mutex_);
  return tree_;
}

std::vector<std::shared_ptr<Memtable>> VersionSet::Immutables() const {
  const std::scoped_lock lock(mutex_);
  return {immutables_.rbegin(), immutables_.rend()};
}

void VersionSet::SwitchMemtable(std::shared_ptr<Memtable> fresh) {
  const std::scoped_lock lock(mutex_);
  immutables_.insert(immutables_.begin(), std::move(active_));
  active_ = std::move(fresh);
  cell_.Publish(std::make_unique<Version>(Version{active_, immutables_, tree_}));
}

Result<std::shared_ptr<const Tree>> VersionSet::BuildTree(const ManifestState& state,
                                                          const TableMap& new_tables) const {
  TableMap tables = new_tables;
  if (const std::shared_ptr<const Tree> old = tree()) {
    for (const Run& run : old->runs()) {
      for (const Fragment& fragment : run.fragments) {
        tables.emplace(fragment.file->number(), fragment.file);
      }
    }
  }
  std::map<uint64_t, Run> runs;
  for (const FragmentRecord& record : state.fragments) {
    const auto table = tables.find(record.file);
    if (table == tables.end()) {
      return Fail(ErrorCode::kCorruption,
                  Format("run {} uses table {}, which the manifest does not list", record.run,
                         record.file));
    }
    Run& run = runs[record.run];
    run.id = record.run;
    run.level = record.level;
    run.fragments.push_back({.file = table->second, .range = record.range, .bytes = record.bytes});
  }
  std::vector<Run> list;
  for (auto& [id, run] : runs) {
    std::sort(run.fragments.begin(), run.fragments.end(),
              [](const Fragment& a, const Fragment& b) { return a.range.begin < b.range.begin; });
    list.push_back(std::move(run));
  }
  return std::make_shared<const Tree>(std::move(list));
}

Status VersionSet::AppendEdit(const Edit& edit) {
  // Applied first: what does not fit must not get into the manifest.
  ManifestState next = state_;
  CW_TRY(next.Apply(edit));
  const bool outgrown = manifest_ == nullptr || manifest_->grown() >= kManifestGrowthMax;
  Status done = outgrown ? ReplaceManifest(next) : manifest_->Append(edit);
  // Where there is no space for a new one there may be some left in the old one.
  if (outgrown && manifest_ != nullptr && IsNoSpace(done)) done = manifest_->Append(edit);
  CW_TRY(done);
  state_ = std::move(next);
  return {};
}

Result<VersionSet::TableMap> VersionSet::OpenTables(Installation& installation) {
  TableMap tables;
  for (const uint64_t number : installation.new_files) {
    CW_ASSIGN(tables[number], OpenTable(number, std::nullopt));
    installation.edit.tables.emplace_back(number, tables[number]->properties().file_bytes);
  }
  return tables;
}

Status VersionSet::Install(Installation installation) {
  CW_ASSIGN(const TableMap new_tables, OpenTables(installation));
  const uint64_t turn = next_turn_.fetch_add(1);
  env_.Await([this, turn] { return turn_.load() == turn; });
  Status installed = health_;
  if (installed) installed = InstallInTurn(installation, new_tables);
  if (!installed && health_ && !IsNoSpace(installed)) {
    health_ = installed;
    has_failed_ = true;
  }
  turn_.fetch_add(1);
  return installed;
}

Status VersionSet::InstallInTurn(const Installation& installation, const TableMap& new_tables) {
  Edit edit = installation.edit;
  if (installation.flushed != nullptr) {
    const std::vector<std::shared_ptr<Memtable>> immutables = Immutables();
    CHECK(!immutables.empty() && immutables.front().get() == installation.flushed);
  }
  if (!new_tables.empty()) CW_TRY(env_.SyncDir(dir_));
  edit.next_file = next_file_;
  edit.next_run = next_run_;
  CW_TRY(AppendEdit(edit));
  CW_ASSIGN(std::shared_ptr<const Tree> tree, BuildTree(state_, new_tables));

  std::set<uint64_t> used;
  for (const auto& [number, size] : state_.tables) used.insert(number);
  if (installation.on_durable) installation.on_durable();
  std::shared_ptr<const Tree> old;
  {
    const std::scoped_lock lock(mutex_);
    old = std::exchange(tree_, std::move(tree));
    std::erase_if(immutables_, [&](const std::shared_ptr<Memtable>& memtable) {
      return memtable.get() == installation.flushed;
    });
    if (edit.flushed_seq) flushed_seq_ = *edit.flushed_seq;
    cell_.Publish(std::make_unique<Version>(Version{active_, immutables_, tree_}));
  }
  for (const Run& run : old->runs()) {
    for (const Fragment& fragment : run.fragments) {
      if (!used.contains(fragment.file->number())) fragment.file->MarkObsolete();
    }
  }
  return {};
}

std::vector<uint64_t> VersionSet::TakeObsolete() {
  cell_.Sweep();
  const std::scoped_lock lock(obsolete_mutex_);
  return std::exchange(obsolete_, {});
}

bool VersionSet::MayHaveObsolete() const {
  if (cell_.HasRetired()) return true;
  const std::scoped_lock lock(obsolete_mutex_);
  return !obsolete_.empty();
}

}  // namespace cordwood::storage

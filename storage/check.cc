#include "storage/check.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "base/format.h"
#include "storage/file_names.h"
#include "storage/log/chain.h"
#include "storage/log/note_file.h"
#include "storage/log/segment_scan.h"
#include "storage/table/table.h"
#include "storage/version/manifest.h"

namespace cordwood::storage {
namespace {

class Checker {
 public:
  Checker(Env& env, const std::string& dir, const std::function<void(const std::string&)>& progress)
      : env_(env), dir_(dir), progress_(progress) {}

  Result<CheckReport> Run() {
    CW_ASSIGN(const bool exists, env_.Exists(dir_));
    if (!exists) return Fail(ErrorCode::kNotFound, Format("{}: no such directory", dir_));
    // Whoever serves a store holds its directory. This makes no file and needs no right to write.
    CW_ASSIGN(const std::unique_ptr<DirectoryLock> lock, env_.Lock(dir_));
    CW_ASSIGN(const std::optional<Current> current, ReadCurrentFile());
    if (!report_.sound()) return std::move(report_);
    if (!current) {
      return Fail(ErrorCode::kNotFound, Format("{}: there is no store (no CURRENT)", dir_));
    }
    const Result<ManifestState> state = ReadManifest(env_, dir_, *current);
    if (!state) {
      CW_TRY(Note(state.error()));
      return std::move(report_);
    }
    CW_TRY(CheckTables(*state));
    CheckShape(*state);
    CW_TRY(CheckLog(*state));
    if (state->torn_at && !report_.problems.empty()) {
      report_.problems.push_back(
          Format("{}: damaged at offset {}, unless the machine stopped while it was written",
                 ManifestPath(dir_, current->manifest), *state->torn_at));
    }
    CW_TRY(FindLeftovers(*state, *current));
    return std::move(report_);
  }

 private:
  // Damage and unknown formats go into the report; everything else ends the check.
  Status Note(const Error& error) {
    switch (error.code()) {
      case ErrorCode::kCorruption:
      case ErrorCode::kNotFound:
        report_.problems.push_back(error.message());
        return {};
      case ErrorCode::kUnsupported:
        report_.unsupported.push_back(error.message());
        return {};
      default:
        return std::unexpected(error);
    }
  }

  Result<std::optional<Current>> ReadCurrentFile() {
    Result<std::optional<Current>> current = ReadCurrent(env_, dir_);
    if (!current) {
      CW_TRY(Note(current.error()));
      return std::nullopt;
    }
    if (!*current) CW_TRY(LookForDataFiles());
    return current;
  }

  // Without CURRENT a log or a table is a store that lost it.
  Status LookForDataFiles() {
    CW_ASSIGN(const std::vector<std::string> names, env_.List(dir_));
    const bool found = std::any_of(names.begin(), names.end(), [](const std::string& name) {
      const std::optional<FileName> file = ParseFileName(name);
      return file && (file->kind == FileKind::kLog || file->kind == FileKind::kTable);
    });
    if (found) {
      report_.problems.push_back(
          Format("{}: missing, but there are data files", CurrentPath(dir_)));
    }
    return {};
  }

  Status CheckTables(const ManifestState& state) {
    size_t done = 0;
    for (const auto& [number, record] : state.tables) {
      const std::string path = TablePath(dir_, number);
      progress_(Format("checking {} ({} of {})", path, ++done, state.tables.size()));
      Result<std::unique_ptr<Table>> table =
          Table::Open(env_, path, number, nullptr, record.summary);
      Status sound = table ? (*table)->VerifyAll() : Status(std::unexpected(table.error()));
      if (!sound) {
        CW_TRY(Note(sound.error()));
        continue;
      }
      ++report_.tables;
      report_.table_bytes += (*table)->properties().file_bytes;
      report_.entries += (*table)->properties().entries;
      properties_[number] = (*table)->properties();
    }
    return {};
  }

  // Runs are disjoint and ordered, and their files hold what the ranges promise.
  void CheckShape(const ManifestState& state) {
    report_.runs = state.runs.size();
    for (const auto& [id, run] : state.runs) {
      const FragmentRecord* before = nullptr;
      for (const auto& [begin, fragment] : run.fragments) {
        if (before != nullptr && (!before->range.end || *before->range.end > begin)) {
          report_.problems.push_back(
              Format("run {}: tables {} and {} overlap", id, before->file, fragment.file));
        }
        before = &fragment;
      }
    }
    for (const auto& [number, properties] : properties_) {
      if (properties.max_seq > state.flushed_seq) {
        report_.problems.push_back(Format("{}: holds seq {}, but tables should end at {}",
                                          TablePath(dir_, number), properties.max_seq,
                                          state.flushed_seq));
      }
    }
  }

  Status CheckLog(const ManifestState& state) {
    CW_ASSIGN(const std::vector<std::string> names, env_.List(dir_));
    std::set<uint64_t> numbers;
    for (const std::string& name : names) {
      const std::optional<FileName> file = ParseFileName(name);
      if (file && file->kind == FileKind::kLog) numbers.insert(file->number);
    }
    std::vector<SegmentScan> scans;
    for (const uint64_t number : numbers) {
      progress_(Format("checking {}", LogPath(dir_, number)));
      Result<SegmentScan> scan = ScanSegment(env_, dir_, number);
      if (!scan) {
        CW_TRY(Note(scan.error()));
        return {};
      }
      scans.push_back(std::move(*scan));
    }
    report_.segments = scans.size();
    const Result<LogNote> note = ReadNote(env_, dir_, state.store_id);
    if (!note) return Note(note.error());
    const Result<LogPlan> plan =
        PlanRecovery({.dir = dir_,
                      .store_id = state.store_id,
                      .flushed_seq = state.flushed_seq,
                      .known_synced = std::max(state.flushed_seq, state.synced_seq),
                      .note = *note},
                     scans);
    if (!plan) return Note(plan.error());
    report_.newest_seq = plan->last_seq;
    report_.log_frames_to_replay = plan->replay.size();
    for (const TornBytes& torn : plan->torn) report_.torn_bytes += torn.bytes;
    return {};
  }

  Status FindLeftovers(const ManifestState& state, const Current& current) {
    CW_ASSIGN(const std::vector<std::string> names, env_.List(dir_));
    for (const std::string& name : names) {
      const std::optional<FileName> file = ParseFileName(name);
      if (!file) continue;
      const bool leftover =
          file->kind == FileKind::kTemporary ||
          (file->kind == FileKind::kManifest && file->number != current.manifest) ||
          (file->kind == FileKind::kTable && !state.tables.contains(file->number));
      if (leftover) report_.leftovers.push_back(name);
    }
    return {};
  }

  Env& env_;
  const std::string& dir_;
  const std::function<void(const std::string&)>& progress_;
  CheckReport report_;
  std::map<uint64_t, TableProperties> properties_;
};

}  // namespace

Result<CheckReport> CheckStore(Env& env, const std::string& dir,
                               const std::function<void(const std::string&)>& progress) {
  return Checker(env, dir, progress).Run();
}

}  // namespace cordwood::storage

#include "storage/version/edit.h"

#include <algorithm>
#include <set>

#include "base/coding.h"
#include "base/format.h"

namespace cordwood::storage {
namespace {

enum class Field : uint8_t {
  kStoreId = 1,
  kNextFile = 2,
  kFlushedSeq = 3,
  kNextRun = 4,
  kAddFragment = 5,
  kDropFragment = 6,
  kRunLevel = 7,
  kCount = 8,
  kTable = 9,
  kSyncedSeq = 10,
};

void AppendField(std::string& out, Field field) { out.push_back(static_cast<char>(field)); }

void AppendNumber(std::string& out, Field field, const std::optional<uint64_t>& number) {
  if (!number) return;
  AppendField(out, field);
  AppendVarint64(out, *number);
}

void AppendFragment(std::string& out, const FragmentRecord& record) {
  AppendField(out, Field::kAddFragment);
  AppendVarint64(out, record.run);
  AppendVarint32(out, record.level);
  AppendVarint64(out, record.file);
  AppendVarint64(out, record.bytes);
  AppendLengthPrefixed(out, record.range.begin);
  out.push_back(record.range.end ? 1 : 0);
  if (record.range.end) AppendLengthPrefixed(out, *record.range.end);
}

bool Read(ByteReader& in, uint64_t& number) {
  const std::optional<uint64_t> value = in.Varint64();
  if (value) number = *value;
  return value.has_value();
}

bool Read(ByteReader& in, uint32_t& number) {
  const std::optional<uint32_t> value = in.Varint32();
  if (value) number = *value;
  return value.has_value();
}

bool Read(ByteReader& in, std::string& bytes) {
  const std::optional<std::string_view> value = in.LengthPrefixed();
  if (value) bytes = *value;
  return value.has_value();
}

bool Read(ByteReader& in, std::optional<uint64_t>& number) { return Read(in, number.emplace()); }

bool Read(ByteReader& in, FragmentRecord& record) {
  if (!Read(in, record.run) || !Read(in, record.level) || !Read(in, record.file) ||
      !Read(in, record.bytes) || !Read(in, record.range.begin)) {
    return false;
  }
  const std::optional<uint8_t> has_end = in.Byte();
  if (!has_end || *has_end > 1) return false;
  return *has_end == 0 || Read(in, record.range.end.emplace());
}

bool Read(ByteReader& in, FragmentName& name) {
  return Read(in, name.run) && Read(in, name.file) && Read(in, name.begin);
}

bool Read(ByteReader& in, NewTable& table) {
  if (!Read(in, table.file)) return false;
  const std::optional<std::string_view> bytes = in.LengthPrefixed();
  if (!bytes) return false;
  Result<std::shared_ptr<const TableSummary>> summary = TableSummary::Decode(*bytes);
  if (summary) table.summary = std::move(*summary);
  return summary.has_value();
}

template <typename A, typename B>
bool Read(ByteReader& in, std::pair<A, B>& pair) {
  return Read(in, pair.first) && Read(in, pair.second);
}

bool ReadField(ByteReader& in, Field field, Edit& edit) {
  std::pair<uint64_t, uint64_t> count;
  switch (field) {
    case Field::kStoreId:
      return Read(in, edit.store_id);
    case Field::kNextFile:
      return Read(in, edit.next_file);
    case Field::kFlushedSeq:
      return Read(in, edit.flushed_seq);
    case Field::kNextRun:
      return Read(in, edit.next_run);
    case Field::kAddFragment:
      return Read(in, edit.adds.emplace_back());
    case Field::kDropFragment:
      return Read(in, edit.drops.emplace_back());
    case Field::kRunLevel:
      return Read(in, edit.run_levels.emplace_back());
    case Field::kTable:
      return Read(in, edit.tables.emplace_back());
    case Field::kSyncedSeq:
      return Read(in, edit.synced_seq);
    case Field::kCount:
      if (!Read(in, count)) return false;
      edit.counts.Add(count.first, UnZigZag(count.second));
      return true;
  }
  return false;
}

}  // namespace

std::string Edit::Encode() const {
  std::string out;
  AppendNumber(out, Field::kStoreId, store_id);
  AppendNumber(out, Field::kNextFile, next_file);
  AppendNumber(out, Field::kFlushedSeq, flushed_seq);
  AppendNumber(out, Field::kNextRun, next_run);
  AppendNumber(out, Field::kSyncedSeq, synced_seq);
  for (const FragmentName& name : drops) {
    AppendField(out, Field::kDropFragment);
    AppendVarint64(out, name.run);
    AppendVarint64(out, name.file);
    AppendLengthPrefixed(out, name.begin);
  }
  for (const FragmentRecord& record : adds) AppendFragment(out, record);
  for (const auto& [run, level] : run_levels) {
    AppendField(out, Field::kRunLevel);
    AppendVarint64(out, run);
    AppendVarint32(out, level);
  }
  for (const NewTable& table : tables) {
    AppendField(out, Field::kTable);
    AppendVarint64(out, table.file);
    AppendLengthPrefixed(out, table.summary->Encode());
  }
  for (const auto& [counter, delta] : counts.sums()) {
    AppendField(out, Field::kCount);
    AppendVarint64(out, counter);
    AppendVarint64(out, ZigZag(delta));
  }
  return out;
}

Result<Edit> Edit::Decode(std::string_view bytes) {
  Edit edit;
  ByteReader in(bytes);
  while (!in.empty()) {
    const uint8_t field = *in.Byte();
    if (field < static_cast<uint8_t>(Field::kStoreId) ||
        field > static_cast<uint8_t>(Field::kSyncedSeq)) {
      return Fail(ErrorCode::kUnsupported,
                  Format("edit field {} is unknown to this version", field));
    }
    if (!ReadField(in, static_cast<Field>(field), edit)) {
      return Fail(ErrorCode::kCorruption, Format("malformed edit field {}", field));
    }
  }
  return edit;
}

Status ManifestState::Fits(const Edit& edit) const {
  // Drops are applied first, then fragments are added: what one edit drops it may add again.
  std::set<std::pair<uint64_t, std::string_view>> dropped;
  for (const FragmentName& name : edit.drops) {
    const FragmentRecord* record = Find(name.run, name.begin);
    if (record == nullptr || record->file != name.file ||
        !dropped.emplace(name.run, name.begin).second) {
      return Fail(ErrorCode::kCorruption,
                  Format("an edit drops a fragment of table {} in run {} that is not there",
                         name.file, name.run));
    }
  }
  std::set<uint64_t> added_tables;
  for (const NewTable& table : edit.tables) {
    if (tables.contains(table.file) || !added_tables.insert(table.file).second) {
      return Fail(ErrorCode::kCorruption, Format("an edit adds table {} again", table.file));
    }
  }
  std::set<std::pair<uint64_t, std::string_view>> added;
  for (const FragmentRecord& record : edit.adds) {
    const std::pair<uint64_t, std::string_view> place(record.run, record.range.begin);
    const bool taken = Find(record.run, record.range.begin) != nullptr && !dropped.contains(place);
    if (taken || !added.insert(place).second) {
      return Fail(ErrorCode::kCorruption,
                  Format("an edit adds a fragment of table {} to run {} where there is one",
                         record.file, record.run));
    }
    if (!tables.contains(record.file) && !added_tables.contains(record.file)) {
      return Fail(ErrorCode::kCorruption,
                  Format("run {} uses table {}, which the manifest does not list", record.run,
                         record.file));
    }
  }
  return {};
}

const FragmentRecord* ManifestState::Find(uint64_t run, std::string_view begin) const {
  const auto record = runs.find(run);
  if (record == runs.end()) return nullptr;
  const auto fragment = record->second.fragments.find(begin);
  return fragment == record->second.fragments.end() ? nullptr : &fragment->second;
}

void ManifestState::Drop(const FragmentName& name) {
  const auto run = runs.find(name.run);
  run->second.fragments.erase(name.begin);
  if (run->second.fragments.empty()) runs.erase(run);
  --tables.find(name.file)->second.fragments;
}

void ManifestState::Add(const FragmentRecord& record) {
  RunRecord& run = runs[record.run];
  run.level = record.level;
  run.fragments.emplace(record.range.begin, record);
  ++tables.find(record.file)->second.fragments;
}

Result<std::vector<uint64_t>> ManifestState::Apply(const Edit& edit) {
  CW_TRY(Fits(edit));
  if (edit.store_id) store_id = *edit.store_id;
  if (edit.next_file) next_file = *edit.next_file;
  if (edit.next_run) next_run = *edit.next_run;
  if (edit.flushed_seq) flushed_seq = *edit.flushed_seq;
  if (edit.synced_seq) synced_seq = *edit.synced_seq;
  std::set<uint64_t> touched;
  for (const NewTable& table : edit.tables) {
    tables.emplace(table.file, TableRecord{.summary = table.summary});
    touched.insert(table.file);
  }
  for (const FragmentName& name : edit.drops) {
    Drop(name);
    touched.insert(name.file);
  }
  for (const FragmentRecord& record : edit.adds) Add(record);
  for (const auto& [run, level] : edit.run_levels) {
    if (const auto record = runs.find(run); record != runs.end()) record->second.level = level;
  }
  counts.Add(edit.counts);
  std::vector<uint64_t> forgotten;
  for (const uint64_t file : touched) {
    const auto table = tables.find(file);
    if (table->second.fragments > 0) continue;
    tables.erase(table);
    forgotten.push_back(file);
  }
  return forgotten;
}

Edit ManifestState::Snapshot() const {
  Edit edit;
  edit.store_id = store_id;
  edit.next_file = next_file;
  edit.next_run = next_run;
  edit.flushed_seq = flushed_seq;
  edit.synced_seq = synced_seq;
  for (const auto& [id, run] : runs) {
    for (const auto& [begin, fragment] : run.fragments) {
      edit.adds.push_back(fragment);
      edit.adds.back().level = run.level;
    }
  }
  for (const auto& [file, table] : tables) {
    edit.tables.push_back({.file = file, .summary = table.summary});
  }
  edit.counts = counts;
  return edit;
}

}  // namespace cordwood::storage

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
  kLogSegment = 10,
  kSyncedSeq = 11,
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

bool Read(ByteReader& in, SegmentMark& mark) {
  return Read(in, mark.number) && Read(in, mark.ordinal);
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
    case Field::kLogSegment:
      return Read(in, edit.log_segment.emplace());
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
  if (log_segment) {
    AppendField(out, Field::kLogSegment);
    AppendVarint64(out, log_segment->number);
    AppendVarint64(out, log_segment->ordinal);
  }
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
  for (const auto& [file, size] : tables) {
    AppendField(out, Field::kTable);
    AppendVarint64(out, file);
    AppendVarint64(out, size);
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

Status ManifestState::Apply(const Edit& edit) {
  if (edit.store_id) store_id = *edit.store_id;
  if (edit.next_file) next_file = *edit.next_file;
  if (edit.next_run) next_run = *edit.next_run;
  if (edit.flushed_seq) flushed_seq = *edit.flushed_seq;
  if (edit.log_segment) log_segment = *edit.log_segment;
  if (edit.synced_seq) synced_seq = *edit.synced_seq;
  for (const FragmentName& name : edit.drops) {
    const size_t dropped = std::erase_if(fragments, [&](const FragmentRecord& record) {
      return record.run == name.run && record.file == name.file && record.range.begin == name.begin;
    });
    if (dropped != 1) {
      return Fail(ErrorCode::kCorruption,
                  Format("an edit drops a fragment of table {} in run {} that is not there",
                         name.file, name.run));
    }
  }
  fragments.insert(fragments.end(), edit.adds.begin(), edit.adds.end());
  for (const auto& [run, level] : edit.run_levels) {
    for (FragmentRecord& record : fragments) {
      if (record.run == run) record.level = level;
    }
  }
  tables.insert(tables.end(), edit.tables.begin(), edit.tables.end());
  std::set<uint64_t> used;
  for (const FragmentRecord& record : fragments) used.insert(record.file);
  std::erase_if(tables, [&](const auto& table) { return !used.contains(table.first); });
  counts.Add(edit.counts);
  return {};
}

Edit ManifestState::Snapshot() const {
  Edit edit;
  edit.store_id = store_id;
  edit.next_file = next_file;
  edit.next_run = next_run;
  edit.flushed_seq = flushed_seq;
  edit.log_segment = log_segment;
  edit.synced_seq = synced_seq;
  edit.adds = fragments;
  edit.tables = tables;
  edit.counts = counts;
  return edit;
}

}  // namespace cordwood::storage

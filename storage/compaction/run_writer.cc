#include "storage/compaction/run_writer.h"

#include <algorithm>

#include "storage/file_names.h"

namespace cordwood::storage {

Status RunWriter::StartFile(std::string_view first_key) {
  const uint64_t number = options_.next_file_number();
  files_.push_back(number);
  CW_ASSIGN(std::unique_ptr<File> file,
            env_.Open(TablePath(options_.dir, number), OpenMode::kCreate));
  builder_ = std::make_unique<TableBuilder>(
      std::move(file), TableName{.number = number, .salt = env_.RandomU64()}, options_.table);
  begin_ = first_key;
  if (written_.empty()) {
    for (const DeadRange& dead : carried_) begin_ = std::min(begin_, dead.range.begin);
  }
  return {};
}

Status RunWriter::AddCarried(const KeyRange& range) {
  for (const DeadRange& dead : carried_) {
    const std::optional<DeadRange> part = Clip(dead, range);
    if (!part) continue;
    builder_->AddDeadRange({.begin = part->range.begin,
                            .end = part->range.end ? std::string_view(*part->range.end) : "",
                            .seq = part->seq});
  }
  return {};
}

Status RunWriter::FinishFile(const std::optional<std::string>& end) {
  const KeyRange range{.begin = begin_, .end = end};
  CW_TRY(AddCarried(range));
  CW_ASSIGN(TableProperties properties, builder_->Finish());
  builder_.reset();
  bytes_finished_ += properties.file_bytes;
  written_.push_back({.file = files_.back(), .range = range, .properties = std::move(properties)});
  return {};
}

Status RunWriter::Add(const RetainedEntry& entry) {
  const bool full = builder_ != nullptr && builder_->file_bytes() >= options_.fragment_bytes;
  if (full && entry.key != last_key_) CW_TRY(FinishFile(entry.key));
  if (builder_ == nullptr) CW_TRY(StartFile(entry.key));
  last_key_ = entry.key;
  return builder_->Add(entry.key, PackTrailer(entry.seq, entry.tag), entry.value);
}

Result<std::vector<WrittenFragment>> RunWriter::Finish() {
  if (builder_ == nullptr) {
    if (carried_.empty()) return std::move(written_);
    const auto first = std::min_element(
        carried_.begin(), carried_.end(),
        [](const DeadRange& a, const DeadRange& b) { return a.range.begin < b.range.begin; });
    last_key_ = first->range.begin;
    CW_TRY(StartFile(last_key_));
  }
  std::optional<std::string> end = Successor(last_key_);
  for (const DeadRange& dead : carried_) {
    if (!dead.range.end) end.reset();
    if (end) end = std::max(*end, *dead.range.end);
  }
  CW_TRY(FinishFile(end));
  return std::move(written_);
}

}  // namespace cordwood::storage

#include "storage/table/table_builder.h"

#include <utility>

#include "base/check.h"
#include "base/coding.h"
#include "base/hash.h"
#include "storage/limits.h"

namespace cordwood::storage {
namespace {

/// The file is written in pieces of at least this size. What is larger by itself is not copied, and
/// memory for more than this and a block is not kept.
constexpr size_t kWriteBytes = 256 << 10;
constexpr size_t kPendingKeepBytes = 2 * kWriteBytes;

}  // namespace

TableBuilder::TableBuilder(std::unique_ptr<File> file, TableName name,
                           const TableBuilderOptions& options)
    : file_(std::move(file)), name_(name), options_(options), bloom_(options.bloom_bits_per_key) {}

Status TableBuilder::Add(std::string_view key, uint64_t trailer, std::string_view value) {
  if (error_) return std::unexpected(*error_);
  const uint64_t entry_bytes = uint64_t{key.size()} + value.size();
  if (entry_bytes > kEntryBytesMax) {
    return Fail(ErrorCode::kTooLarge, "an entry is too large for a table");
  }
  const int order = properties_.entries > 0 ? block_.last_key().compare(key) : -1;
  const bool superseded = order == 0;
  if (order > 0 || (superseded && block_.last_trailer() <= trailer)) {
    return Fail(ErrorCode::kInvalidArgument, "entries of a table out of order");
  }
  if (!block_.empty() && entry_bytes > options_.block_bytes) CW_TRY(CloseBlock());
  if (unindexed_block_bytes_ > 0) {
    index_.Add(ShortSeparator(block_.last_key(), key, &separator_),
               std::exchange(unindexed_block_bytes_, 0));
  }
  properties_.Count(key, trailer, value, superseded);
  bloom_.Add(Hash64(key));
  const bool is_alone = block_.empty() && entry_bytes > options_.block_bytes;
  if (is_alone && value.size() >= kWriteBytes && !options_.compress) {
    return AddAlone(key, trailer, value);
  }
  block_.Add(key, trailer, value);
  if (block_.bytes() >= options_.block_bytes) CW_TRY(CloseBlock());
  return {};
}

Status TableBuilder::AddAlone(std::string_view key, uint64_t trailer, std::string_view value) {
  const uint64_t at = offset();
  const BlockBuilder::Around around = block_.AddAlone(key, trailer, value.size());
  pending_ += around.head;
  CW_TRY(WritePending());
  CW_TRY(Write(value));
  pending_ += around.tail;
  AppendSeal(pending_, around.head, value, around.tail, name_.salt, at);
  unindexed_block_bytes_ = static_cast<uint32_t>(offset() - at);
  block_.Clear();
  ++properties_.data_blocks;
  return {};
}

void TableBuilder::AddDeadRange(const DeadRangeView& range) {
  AppendDeadRange(dead_ranges_, range);
  ++properties_.dead_ranges;
}

Status TableBuilder::CloseBlock() {
  unindexed_block_bytes_ =
      AppendBlock(pending_, block_.Finish(), name_.salt, offset(), options_.compress);
  block_.Clear();
  ++properties_.data_blocks;
  return pending_.size() < kWriteBytes ? Status() : WritePending();
}

Status TableBuilder::WritePending() {
  CW_TRY(Write(pending_));
  pending_.clear();
  if (pending_.capacity() > kPendingKeepBytes) pending_.shrink_to_fit();
  return {};
}

Status TableBuilder::Write(std::string_view bytes) {
  if (Status status = file_->WriteAt(written_, bytes); !status) {
    error_ = status.error();
    return status;
  }
  written_ += bytes.size();
  return {};
}

Status TableBuilder::WriteEnd() {
  if (!block_.empty()) CW_TRY(CloseBlock());
  if (unindexed_block_bytes_ > 0) index_.Add(block_.last_key(), unindexed_block_bytes_);
  properties_.largest_key = block_.last_key();

  const auto append = [this](std::string_view contents) {
    const uint64_t at = offset();
    AppendBlock(pending_, contents, name_.salt, at, false);
    return at;
  };
  std::string dead_ranges;
  AppendVarint32(dead_ranges, static_cast<uint32_t>(properties_.dead_ranges));
  dead_ranges += dead_ranges_;
  Footer footer;
  footer.filter_offset = append(bloom_.Finish());
  footer.dead_ranges_offset = append(dead_ranges);
  footer.properties_offset = append(EncodeProperties(properties_));
  footer.index_offset = append(index_.Finish());
  footer.file_bytes = offset() + kFooterBytes;
  footer.name = name_;
  AppendFooter(pending_, footer);
  return WritePending();
}

Result<TableProperties> TableBuilder::Finish() {
  if (error_) return std::unexpected(*error_);
  CW_TRY(WriteEnd());
  if (Status status = file_->Sync(); !status) {
    error_ = status.error();
    return std::unexpected(*error_);
  }
  properties_.file_bytes = written_;
  error_.emplace(ErrorCode::kClosed, "the table is finished");
  return properties_;
}

uint64_t TableBuilder::file_bytes() const {
  return offset() + (block_.empty() ? 0 : block_.bytes()) + index_.bytes() + bloom_.bytes() +
         dead_ranges_.size() + kFooterBytes + 4 * kBlockSealBytes;
}

}  // namespace cordwood::storage

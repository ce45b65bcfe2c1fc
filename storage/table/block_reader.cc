#include "storage/table/block_reader.h"

#include <algorithm>

#include "storage/table/table.h"

namespace cordwood::storage {

Result<const Block*> BlockReader::Read(size_t block) {
  const BlockHandle handle = table_->index_.handle(block);
  const uint64_t end = handle.offset + handle.size;
  if (handle.size > kReadAheadBytes) {
    DropBlock();  // before there is another one
    CW_ASSIGN(block_, table_->LoadBlock(block));
    return &block_;
  }
  if (handle.offset < begin_ || end > end_) {
    if (Status status = Fill(handle.offset, end); !status) {
      return table_->Located(status.error(), "block", handle.offset);
    }
  }
  const std::string_view sealed(buffer_.get() + (handle.offset - begin_), handle.size);
  Result<Block> opened = OpenDataBlock(sealed, nullptr, table_->summary_->salt, handle.offset);
  if (!opened) return table_->Located(opened.error(), "block", handle.offset);
  block_ = std::move(*opened);
  return &block_;
}

/// Makes [offset, end) part of the buffer, and what lies ahead in the direction of travel.
Status BlockReader::Fill(uint64_t offset, uint64_t end) {
  const bool backwards = offset < begin_;
  const uint64_t data_end = table_->index_.data_end();
  uint64_t from = offset;
  uint64_t to = std::min(std::max(end, offset + kReadAheadBytes), data_end);
  if (backwards) {
    to = end;
    from = std::min(offset, end - std::min(end, kReadAheadBytes));
  }
  block_ = Block();
  begin_ = end_ = 0;
  if (to - from > buffer_bytes_) {
    buffer_bytes_ = to - from;
    buffer_ = std::make_unique_for_overwrite<char[]>(buffer_bytes_);
  }
  CW_TRY(table_->ReadExactly(from, {buffer_.get(), to - from}));
  begin_ = from;
  end_ = to;
  return {};
}

}  // namespace cordwood::storage

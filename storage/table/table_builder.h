#pragma once

// Writes a table file from entries in order. The bytes are drawn in docs/STORAGE_FORMAT.md,
// "Table files".
//
// Owned by a flush or a merge; owns the file. Removes nothing: whoever named the file removes it
// when the builder fails or is given up. After an error every call returns that error.
//
// Threads: one at a time.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/env.h"
#include "base/error.h"
#include "storage/entry.h"
#include "storage/table/block_builder.h"
#include "storage/table/bloom.h"
#include "storage/table/format.h"
#include "storage/table/index.h"
#include "storage/table/properties.h"

namespace cordwood::storage {

struct TableBuilderOptions {
  uint32_t block_bytes = 4 << 10;
  uint32_t bloom_bits_per_key = 10;  // 0: no filter
  bool compress = false;             // data blocks, with LZ4
};

class TableBuilder {
 public:
  /// `file` is empty. The salt of `name` is drawn for this table alone.
  TableBuilder(std::unique_ptr<File> file, TableName name, const TableBuilderOptions& options);

  /// kInvalidArgument if the entry does not sort after the last one, kTooLarge beyond
  /// kEntryBytesMax.
  Status Add(std::string_view key, uint64_t trailer, std::string_view value);
  void AddDeadRange(const DeadRangeView& range);

  /// Writes the rest and syncs the file; the directory is the caller's. Nothing may follow.
  Result<TableProperties> Finish();

  /// About the size that the file would have if finished now.
  uint64_t file_bytes() const;
  uint64_t entries() const { return properties_.entries; }

 private:
  uint64_t offset() const { return written_ + pending_.size(); }
  /// Adds an entry that is a block of its own, written from where its value lies.
  Status AddAlone(std::string_view key, uint64_t trailer, std::string_view value);
  Status CloseBlock();
  Status WritePending();
  Status Write(std::string_view bytes);
  Status WriteEnd();

  const std::unique_ptr<File> file_;
  const TableName name_;
  const TableBuilderOptions options_;
  BlockBuilder block_;
  IndexBuilder index_;
  BloomBuilder bloom_;
  std::string dead_ranges_;
  TableProperties properties_;
  /// Size of the last closed block: its separator is known when the next key is.
  uint32_t unindexed_block_bytes_ = 0;
  std::string separator_;
  std::string pending_;  // built, not yet written
  uint64_t written_ = 0;
  std::optional<Error> error_;
};

}  // namespace cordwood::storage

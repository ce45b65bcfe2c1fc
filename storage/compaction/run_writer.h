#pragma once

// Writes the entries of one new run (or of a piece of one) into table files, cutting a new file
// when one is full, never between two versions of a key.
//
// The ranges of the files follow one another without a gap from the first key, so that every dead
// range that the run carries lies in exactly one file per key.
//
// Files are synced when Finish returns; their directory is not. After an error, and when the
// writer is destroyed before Finish, the files stay behind: files() names them for removal.
// Threads: one at a time.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/error.h"
#include "storage/compaction/dead_ranges.h"
#include "storage/compaction/retention.h"
#include "storage/table/table_builder.h"

namespace cordwood::storage {

struct WrittenFragment {
  uint64_t file = 0;
  KeyRange range;
  TableProperties properties;
};

class RunWriter {
 public:
  struct Options {
    std::string dir;
    TableBuilderOptions table;
    uint64_t fragment_bytes = 0;
    std::function<uint64_t()> next_file_number;
  };

  /// `carried` are the dead ranges that the run takes along.
  RunWriter(Env& env, Options options, std::vector<DeadRange> carried)
      : env_(env), options_(std::move(options)), carried_(std::move(carried)) {}

  /// REQUIRES: entries in order.
  Status Add(const RetainedEntry& entry);
  Result<std::vector<WrittenFragment>> Finish();

  const std::vector<uint64_t>& files() const { return files_; }
  uint64_t bytes_written() const { return bytes_finished_; }

 private:
  Status StartFile(std::string_view first_key);
  /// Ends the current file; its range ends at `end`.
  Status FinishFile(const std::optional<std::string>& end);
  Status AddCarried(const KeyRange& range);

  Env& env_;
  const Options options_;
  const std::vector<DeadRange> carried_;
  std::unique_ptr<TableBuilder> builder_;
  std::string begin_;     // of the current file
  std::string last_key_;  // added
  std::vector<WrittenFragment> written_;
  std::vector<uint64_t> files_;
  uint64_t bytes_finished_ = 0;
};

}  // namespace cordwood::storage

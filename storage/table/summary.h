#pragma once

// What the manifest knows of a table, so that nobody has to open its file to place it in the tree,
// to judge what merging it would give, or to know it again: its salt, its properties, its dead
// ranges, and an outline of where its keys lie. The bytes are drawn in docs/STORAGE_FORMAT.md,
// "Manifest".
//
// Ownership: shared by the state of the manifest, the table file and the open table; that is real,
// as an old tree may outlive the others. Threads: any; immutable once made.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "storage/entry.h"
#include "storage/table/index.h"
#include "storage/table/properties.h"

namespace cordwood::storage {

struct TableSummary {
  TableSummary() = default;
  TableSummary(const TableSummary&) = delete;
  TableSummary& operator=(const TableSummary&) = delete;

  uint64_t salt = 0;
  TableProperties properties;                           // file_bytes included
  std::string dead_range_bytes = std::string(1, '\0');  // as in the dead range block
  std::vector<DeadRangeView> dead_ranges;               // into the bytes above
  /// Of the table's index: a few parts of about equally many blocks.
  TableIndex outline;

  /// About the bytes of data in [begin, end); no end: all from `begin` on. Ranges side by side add
  /// up.
  uint64_t BytesIn(std::string_view begin, std::optional<std::string_view> end) const;
  /// About what an open table keeps in memory: filter and index are as large there as on disk.
  uint64_t open_bytes() const { return properties.file_bytes - outline.data_end(); }
  /// What this takes itself.
  uint64_t bytes() const;

  std::string Encode() const;
  static Result<std::shared_ptr<const TableSummary>> Decode(std::string_view bytes);
};

}  // namespace cordwood::storage

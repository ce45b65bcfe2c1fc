#pragma once

// What a table says about itself, and the dead ranges that it carries. The bytes are drawn in
// docs/STORAGE_FORMAT.md, "Table files".
//
// Threads: any; values.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "storage/entry.h"

namespace cordwood::storage {

struct TableProperties {
  uint64_t entries = 0;
  uint64_t deletes = 0;     // entries that are tombstones
  uint64_t superseded = 0;  // entries that have a newer version of their key before them
  uint64_t unsettled = 0;   // entries whose assumption is not kSettled
  uint64_t dead_ranges = 0;
  uint64_t data_blocks = 0;
  uint64_t key_bytes = 0;      // before coding and compression
  uint64_t value_bytes = 0;    // before compression
  uint64_t largest_entry = 0;  // bytes of the key and the value of the one with most
  Seq min_seq = 0;             // of the entries; 0 without any
  Seq max_seq = 0;
  std::string smallest_key;  // empty without entries
  std::string largest_key;
  uint64_t file_bytes = 0;  // not in the properties block: the footer has it

  /// Counts an entry; they come in order. `superseded_entry`: the one before has the same key. The
  /// largest key is left to the caller, who knows the last one without copying each.
  void Count(std::string_view key, uint64_t trailer, std::string_view value, bool superseded_entry);

  friend bool operator==(const TableProperties&, const TableProperties&) = default;
};

std::string EncodeProperties(const TableProperties& properties);
/// Leaves file_bytes 0.
Result<TableProperties> DecodeProperties(std::string_view contents);

void AppendDeadRange(std::string& out, const DeadRangeView& range);
/// `contents` as in the dead range block; the views point into it.
Result<std::vector<DeadRangeView>> DecodeDeadRanges(std::string_view contents);

}  // namespace cordwood::storage

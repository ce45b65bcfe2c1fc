#pragma once

// A change of the tree, as the manifest records it. One edit is atomic: after a crash all of it
// happened or none.
//
//   edit   = field*
//   field  = tag u8, body
//     1 store id        varint64                  (snapshot only)
//     2 next file       varint64                  (numbers below are taken)
//     3 flushed seq     varint64                  (entries up to here are in table files)
//     4 next run        varint64
//     5 fragment        run varint64, level varint32, file varint64, bytes varint64,
//                       begin, end?               (keys: length-prefixed; end? = u8 0, or 1 and
//                       key) adds a fragment to a run, or makes the run
//     6 drop fragment   run varint64, file varint64, begin
//     7 run level       run varint64, level varint32
//     8 count           counter varint64, zigzag varint64     (added to what was there)
//     9 table           file varint64, summary                (storage/table/summary.h;
//                                                             length-prefixed)
//    10 log segment     varint64                  (the log has this segment, or later ones)
//    11 synced seq      varint64                  (the log was on stable storage up to here)
//
// Unknown tags are refused: kUnsupported.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "storage/counting.h"
#include "storage/entry.h"
#include "storage/table/summary.h"
#include "storage/version/key_range.h"

namespace cordwood::storage {

/// A fragment by the number of its file.
struct FragmentRecord {
  uint64_t run = 0;
  uint32_t level = 0;
  uint64_t file = 0;
  uint64_t bytes = 0;
  KeyRange range;
};

struct FragmentName {
  uint64_t run = 0;
  uint64_t file = 0;
  std::string begin;
};

/// A table file that `adds` introduce.
struct NewTable {
  uint64_t file = 0;
  std::shared_ptr<const TableSummary> summary;
};

struct Edit {
  std::optional<uint64_t> store_id;
  std::optional<uint64_t> next_file;
  std::optional<Seq> flushed_seq;
  std::optional<uint64_t> next_run;
  std::optional<Seq> synced_seq;
  std::vector<FragmentName> drops;  // applied first
  std::vector<FragmentRecord> adds;
  std::vector<std::pair<uint64_t, uint32_t>> run_levels;
  std::vector<NewTable> tables;
  Counters counts;

  std::string Encode() const;
  static Result<Edit> Decode(std::string_view bytes);
};

/// What all edits so far add up to. To apply one costs what the edit is large, not what the state
/// is.
struct ManifestState {
  struct RunRecord {
    uint32_t level = 0;
    std::map<std::string, FragmentRecord, std::less<>> fragments;  // by where they begin
  };
  struct TableRecord {
    std::shared_ptr<const TableSummary> summary;
    uint64_t fragments = 0;  // that lie in it
  };

  uint64_t manifest = 0;  // the number of the one that was read; 0: none
  uint64_t store_id = 0;
  uint64_t next_file = 1;
  uint64_t next_run = 1;
  Seq flushed_seq = 0;
  Seq synced_seq = 0;
  /// Where the manifest that was read ends in bytes that are no edit: one that was being written
  /// when the machine stopped, or a damaged one.
  std::optional<uint64_t> torn_at;
  std::map<uint64_t, RunRecord> runs;      // by id; none is empty
  std::map<uint64_t, TableRecord> tables;  // by the number of the file; those still in use
  Counters counts;

  /// kCorruption if the edit does not fit the state, which then is as it was. Otherwise the numbers
  /// of the tables that no fragment lies in any more.
  Result<std::vector<uint64_t>> Apply(const Edit& edit);
  /// The same answer, and nothing is changed.
  Status Fits(const Edit& edit) const;
  /// The edit that makes this state from an empty one.
  Edit Snapshot() const;

 private:
  const FragmentRecord* Find(uint64_t run, std::string_view begin) const;
  void Drop(const FragmentName& name);
  void Add(const FragmentRecord& record);
};

}  // namespace cordwood::storage

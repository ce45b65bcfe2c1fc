#pragma once

// Everything a reader looks at, at one moment: the memtable that takes writes, those waiting to
// be flushed, and the tree. Immutable but for the active memtable, whose readers filter by seq.
//
// Threads: any; published and pinned through storage/version/version_cell.h.

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "storage/entry_iterator.h"
#include "storage/memtable/sorted_memtable.h"
#include "storage/read_options.h"
#include "storage/table/block_cache.h"
#include "storage/version/tree.h"

namespace cordwood::storage {

/// One version of a key. A tombstone has an empty value. The value lives as long as the version,
/// and if it came from a table, only as long as the pin.
struct FoundEntry {
  Tag tag;
  Seq seq = 0;
  std::string_view value;
  BlockCache::Pin pin;
};

/// For a read that is cache-only: names the table as what it lacks. A read that names nothing
/// leaves a hint that the table should be open.
void NameClosedTable(TableFile& file, const ReadOptions& options);

struct Version {
  SortedMemtable active;
  std::vector<SortedMemtable> immutables;  // newest first
  std::shared_ptr<const Tree> tree;

  /// The newest entry of `key` with a seq of at most `at_most`, tombstones included.
  Result<std::optional<FoundEntry>> Get(std::string_view key, Seq at_most,
                                        const ReadOptions& options) const;

  /// Every entry in the bounds, and maybe others: what has none there is not opened. The version
  /// must outlive the iterator.
  std::unique_ptr<EntryIterator> NewIterator(const ReadOptions& options,
                                             const WalkBounds& bounds = {}) const;
};

}  // namespace cordwood::storage

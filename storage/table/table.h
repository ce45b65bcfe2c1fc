#pragma once

// An open table: reads its entries by way of the block cache. Footer, index, filter, properties and
// dead ranges are read, checked and kept in memory when it is opened; data blocks are checked on
// every read from disk. The file itself may be closed in between, by a cache of descriptors. The
// bytes are drawn in docs/STORAGE_FORMAT.md, "Table files".
//
// Owned by versions. Every error names the file and the offset, except kCold, which is no
// failure: a read with Tier::kCacheOnly never touches the file and names the blocks it lacks in
// ReadOptions::missing; Fetch gets them.
//
// Threads: any; immutable once open.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "base/error.h"
#include "base/hash.h"
#include "storage/entry.h"
#include "storage/entry_iterator.h"
#include "storage/read_options.h"
#include "storage/table/block_cache.h"
#include "storage/table/bloom.h"
#include "storage/table/descriptor_cache.h"
#include "storage/table/format.h"
#include "storage/table/index.h"
#include "storage/table/properties.h"
#include "storage/table/summary.h"

namespace cordwood::storage {

/// The value lives as long as the pin.
struct TableFound {
  Tag tag;
  Seq seq = 0;
  std::string_view value;
  BlockCache::Pin pin;
};

class Table {
 public:
  /// `cache` may be null, for tools that read with Tier::kMayBlock only; it outlives the table.
  /// `expected` is what the manifest says of the table, if it does: kCorruption if the file is not
  /// that table. The file stays open with the table.
  static Result<std::unique_ptr<Table>> Open(
      Env& env, const std::string& path, uint64_t file_number, BlockCache* cache,
      std::shared_ptr<const TableSummary> expected = nullptr);
  /// The same for a table whose file is opened when it is read, by `files`, which outlives it.
  static Result<std::unique_ptr<Table>> Open(
      DescriptorCache& files, uint64_t file_number, BlockCache* cache,
      std::shared_ptr<const TableSummary> expected = nullptr);

  /// The newest version of `key` with a seq of at most `at_most`; it may be a tombstone.
  /// `hash` is Hash64(key).
  Result<std::optional<TableFound>> Get(std::string_view key, uint64_t hash, Seq at_most,
                                        const ReadOptions& options) const;
  Result<std::optional<TableFound>> Get(std::string_view key, Seq at_most,
                                        const ReadOptions& options) const {
    return Get(key, Hash64(key), at_most, options);
  }

  /// False only if the table has no entry of the key with this hash.
  bool MayContain(uint64_t hash) const { return filter_.MayContain(hash); }
  bool MayContain(std::string_view key) const { return MayContain(Hash64(key)); }
  /// Brings what MayContain will look at closer.
  void PrefetchFilter(uint64_t hash) const { filter_.Prefetch(hash); }

  /// The table and options.missing outlive the iterator. With Tier::kMayBlock and without
  /// fill_cache it passes the cache by and reads far ahead: for merges.
  std::unique_ptr<EntryIterator> NewIterator(const ReadOptions& options) const;

  /// Gets a block that a cache-only read lacked: into the cache, pinned.
  Result<BlockCache::Pin> Fetch(const BlockRef& ref) const;

  /// Reads the whole file and checks that it is sound in itself: checksums, order, separators,
  /// filter, properties.
  Status VerifyAll() const;

  /// About the bytes of data in [begin, end); no end: all from `begin` on. A block that the range
  /// ends in counts as beyond it, so that ranges side by side add up.
  uint64_t BytesIn(std::string_view begin, std::optional<std::string_view> end) const;

  /// Data blocks by number, as the index knows them: how many; the one that may hold `key`, or
  /// block_count(); and a key that is not smaller than any key of a block.
  size_t block_count() const { return index_.count(); }
  size_t BlockOf(std::string_view key) const { return index_.Find(key); }
  std::string_view LargestOf(size_t block) const { return index_.separator(block); }

  uint64_t file_number() const { return file_number_; }
  const std::shared_ptr<const TableSummary>& summary() const { return summary_; }
  const TableProperties& properties() const { return summary_->properties; }
  std::span<const DeadRangeView> dead_ranges() const { return summary_->dead_ranges; }
  /// What stays in memory while the table is open, but for the summary.
  size_t memory_bytes() const;

 private:
  friend class BlockReader;
  friend class TableIterator;

  /// The checked contents of the sections behind the data.
  struct Sections {
    std::unique_ptr<char[]> bytes;
    std::string_view filter;
    std::string_view dead_ranges;
    std::string_view properties;
    std::string_view index;
  };

  Table(uint64_t file_number, BlockCache* cache) : file_number_(file_number), cache_(cache) {}

  Status Load(std::shared_ptr<const TableSummary> expected);
  Result<std::shared_ptr<File>> OpenFile() const;
  /// Sound, and of `expected`, if that is not null.
  Result<Footer> ReadFooter(const TableSummary* expected) const;
  /// REQUIRES: the footer is this table's.
  Result<Sections> ReadSections(const Footer& footer) const;
  Status ParseSections(const Footer& footer, const Sections& sections,
                       std::shared_ptr<const TableSummary> expected);
  Status ReadExactly(uint64_t offset, std::span<char> out) const;
  /// `error`, with the name of the file and the place in front.
  std::unexpected<Error> Located(const Error& error, std::string_view what, uint64_t offset) const;
  std::unexpected<Error> CorruptBlock(size_t block) const;
  BlockRef RefOf(size_t block) const;
  Result<BlockCache::Pin> ReadBlock(size_t block, const ReadOptions& options) const;
  Result<Block> LoadBlock(size_t block) const;
  Status VerifyEntries(TableProperties* counted) const;
  /// `*last_key` is the last key of the block before, and becomes that of this one.
  Status VerifyBlock(size_t block, const Block& contents, TableProperties* counted,
                     std::string* last_key) const;

  const uint64_t file_number_;
  BlockCache* const cache_;
  DescriptorCache* files_ = nullptr;
  std::shared_ptr<File> file_;  // null: files_ opens it
  TableIndex index_;
  BloomFilter filter_;
  std::shared_ptr<const TableSummary> summary_;
};

}  // namespace cordwood::storage

#pragma once

// Walks the entries of a table: an index entry tells the block, the block its entries.
//
// A cache-only walk that steps into a cold block, in either direction, names those that follow too:
// it will want them next, and one fetch brings them all. A search names the one block it needs.
//
// Made by Table::NewIterator; the table outlives it.
//
// Threads: one at a time.

#include <cstdint>
#include <optional>
#include <string_view>

#include "storage/entry_iterator.h"
#include "storage/read_options.h"
#include "storage/table/block.h"
#include "storage/table/block_cache.h"
#include "storage/table/block_reader.h"

namespace cordwood::storage {

class TableIterator final : public EntryIterator {
 public:
  TableIterator(const Table* table, const ReadOptions& options);

  bool Valid() const override { return entry_.Valid(); }
  Status status() const override;
  void SeekToFirst() override;
  void SeekToLast() override;
  void Seek(std::string_view key, uint64_t trailer) override;
  void SeekBefore(std::string_view key, uint64_t trailer) override;
  void Next() override;
  void Prev() override;
  void Rest() override;
  void Wake() override;
  std::string_view key() const override { return entry_.key(); }
  uint64_t trailer() const override { return entry_.trailer(); }
  std::string_view value() const override { return entry_.value(); }

 private:
  static constexpr size_t kNoBlock = SIZE_MAX;

  /// Makes `block` the current one, without a place in it. False: error_ says why not.
  bool Enter(size_t block);
  /// Goes on into the block behind the current one. REQUIRES: there is one.
  bool EnterNext();
  /// The same with the block in front of it.
  bool EnterPrevious();
  void NameBlocksFrom(size_t block);
  void NameBlocksBefore(size_t block);
  void NameBlocks(size_t block, size_t count, ptrdiff_t step);
  Result<const Block*> Read(size_t block);
  /// Goes on into the next blocks, or the ones before, until there is an entry or an end.
  void SettleForwards();
  void SettleBackwards();
  void Stop(std::optional<Error> error);

  const Table* const table_;
  const ReadOptions options_;
  const bool past_cache_;
  BlockReader reader_;
  BlockCache::Pin pin_;
  size_t block_ = kNoBlock;
  BlockIterator entry_;
  bool resting_ = false;  // the current block was dropped: entry_ has its key and trailer
  std::optional<Error> error_;
};

}  // namespace cordwood::storage

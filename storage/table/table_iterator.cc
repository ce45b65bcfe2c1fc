#include "storage/table/table_iterator.h"

#include <algorithm>
#include <utility>

#include "storage/table/table.h"

namespace cordwood::storage {
namespace {

/// What a step into a cold block names at most, that block included.
constexpr size_t kNamedBlocks = 16;
constexpr uint64_t kNamedBytes = 128 << 10;

}  // namespace

TableIterator::TableIterator(const Table* table, const ReadOptions& options)
    : table_(table),
      options_(options),
      past_cache_(options.tier == Tier::kMayBlock && !options.fill_cache),
      reader_(table) {}

Status TableIterator::status() const {
  if (error_) return std::unexpected(*error_);
  return {};
}

void TableIterator::SeekToFirst() {
  Stop(std::nullopt);
  if (table_->index_.count() == 0 || !Enter(0)) return;
  entry_.SeekToFirst();
  SettleForwards();
}

void TableIterator::SeekToLast() {
  Stop(std::nullopt);
  if (table_->index_.count() == 0 || !Enter(table_->index_.count() - 1)) return;
  entry_.SeekToLast();
  SettleBackwards();
}

void TableIterator::Seek(std::string_view key, uint64_t trailer) {
  const size_t block = table_->index_.Find(key);
  // The block that is here already, if it is the one, stays.
  if (block != block_) Stop(std::nullopt);
  if (block == table_->index_.count() || !Enter(block)) return;
  entry_.Seek(key, trailer);
  // Mostly that is it. The versions of a key may fill many blocks, though, and the index does not
  // know versions.
  while (!entry_.Valid()) {
    if (entry_.corrupt()) return Stop(table_->CorruptBlock(block_).error());
    if (block_ + 1 == table_->index_.count() || !EnterNext()) return;
    entry_.Seek(key, trailer);
  }
}

void TableIterator::SeekBefore(std::string_view key, uint64_t trailer) {
  Seek(key, trailer);
  if (entry_.Valid()) {
    Prev();
  } else if (!error_) {
    SeekToLast();
  }
}

void TableIterator::Next() {
  entry_.Next();
  SettleForwards();
}

void TableIterator::Prev() {
  entry_.Prev();
  SettleBackwards();
}

void TableIterator::Rest() {
  if (!past_cache_ || !reader_.holds_large()) return;
  reader_.DropBlock();
  resting_ = entry_.Valid();
  if (resting_) return;
  entry_.SetBlock(nullptr);  // the end was reached
  block_ = kNoBlock;
}

void TableIterator::Wake() {
  if (!resting_) return;
  resting_ = false;
  const size_t block = std::exchange(block_, kNoBlock);
  const std::string key(entry_.key());
  const uint64_t trailer = entry_.trailer();
  if (!Enter(block)) return;
  entry_.Seek(key, trailer);
  const bool same = entry_.Valid() && entry_.trailer() == trailer && entry_.key() == key;
  if (!same) Stop(table_->CorruptBlock(block).error());
}

bool TableIterator::Enter(size_t block) {
  error_.reset();
  if (block == block_ && !resting_) return true;
  resting_ = false;
  entry_.SetBlock(nullptr);
  Result<const Block*> contents = Read(block);
  if (!contents) {
    Stop(std::move(contents).error());
    return false;
  }
  block_ = block;
  entry_.SetBlock(*contents);
  return true;
}

bool TableIterator::EnterNext() {
  const size_t next = block_ + 1;
  if (Enter(next)) return true;
  if (error_->code() == ErrorCode::kCold) NameBlocksFrom(next + 1);
  return false;
}

bool TableIterator::EnterPrevious() {
  const size_t previous = block_ - 1;
  if (Enter(previous)) return true;
  if (error_->code() == ErrorCode::kCold) NameBlocksBefore(previous);
  return false;
}

void TableIterator::NameBlocksFrom(size_t block) {
  const size_t end = table_->index_.count();
  NameBlocks(block, std::min(kNamedBlocks * options_.ahead - 1, end - block), /*step=*/1);
}

void TableIterator::NameBlocksBefore(size_t block) {
  NameBlocks(block - 1, std::min<size_t>(kNamedBlocks * options_.ahead - 1, block), /*step=*/-1);
}

void TableIterator::NameBlocks(size_t block, size_t count, ptrdiff_t step) {
  if (options_.missing == nullptr) return;
  uint64_t bytes = options_.missing->back().size;
  for (; count > 0; --count, block += static_cast<size_t>(step)) {
    const BlockRef ref = table_->RefOf(block);
    bytes += ref.size;
    if (bytes > kNamedBytes * options_.ahead) return;
    options_.missing->push_back(ref);
  }
}

Result<const Block*> TableIterator::Read(size_t block) {
  if (past_cache_) return reader_.Read(block);
  CW_ASSIGN(pin_, table_->ReadBlock(block, options_));
  return &*pin_;
}

void TableIterator::SettleForwards() {
  while (!entry_.Valid()) {
    if (entry_.corrupt()) return Stop(table_->CorruptBlock(block_).error());
    if (block_ + 1 == table_->index_.count()) return;
    if (!EnterNext()) return;
    entry_.SeekToFirst();
  }
}

void TableIterator::SettleBackwards() {
  while (!entry_.Valid()) {
    if (entry_.corrupt()) return Stop(table_->CorruptBlock(block_).error());
    if (block_ == 0) return;
    if (!EnterPrevious()) return;
    entry_.SeekToLast();
  }
}

void TableIterator::Stop(std::optional<Error> error) {
  entry_.SetBlock(nullptr);
  block_ = kNoBlock;
  resting_ = false;
  error_ = std::move(error);
}

}  // namespace cordwood::storage

#include "storage/version/table_cache.h"

#include <algorithm>
#include <utility>

#include "base/format.h"
#include "storage/file_names.h"

namespace cordwood::storage {
namespace {

/// Closing makes room for a few more to come: readers are told of each time.
constexpr uint64_t kRoomShare = 16;
/// The block cache is told of changes that matter.
constexpr uint64_t kNoticedShare = 64;

}  // namespace

TableFile::TableFile(uint64_t number, std::shared_ptr<const TableSummary> summary,
                     TableCache* cache)
    : number_(number), summary_(std::move(summary)), cache_(cache) {}

TableFile::~TableFile() {
  if (cache_ != nullptr) cache_->Leave(*this);
}

Result<std::shared_ptr<const Table>> TableFile::Open() { return cache_->Open(*this); }

Result<std::shared_ptr<const Table>> TableFile::OpenAside() {
  if (std::shared_ptr<const Table> table = IfOpen()) return table;
  return cache_->Load(*this);
}

std::shared_ptr<const Table> TableFile::IfOpen() const { return cache_->IfOpen(*this); }

void TableFile::Want() { cache_->Want(*this); }

TableCache::TableCache(Env& env, BlockCache* blocks, const Options& options, Hooks hooks)
    : env_(env),
      blocks_(blocks),
      hooks_(std::move(hooks)),
      files_(env, options.dir, options.open_files),
      bytes_max_(options.memory_bytes / 2),
      memory_bytes_(options.memory_bytes),
      block_bytes_(options.memory_bytes) {}

std::shared_ptr<TableFile> TableCache::Make(uint64_t number,
                                            std::shared_ptr<const TableSummary> summary) {
  summary_bytes_ += summary->bytes();
  return std::make_shared<TableFile>(number, std::move(summary), this);
}

Result<std::shared_ptr<TableFile>> TableCache::OpenNew(uint64_t number) {
  CW_ASSIGN(std::shared_ptr<const Table> table, Table::Open(files_, number, blocks_));
  std::shared_ptr<TableFile> file = Make(number, table->summary());
  Install(*file, std::move(table));
  return file;
}

Result<std::shared_ptr<const Table>> TableCache::Load(const TableFile& file) {
  Result<std::unique_ptr<Table>> table = Table::Open(files_, file.number(), blocks_, file.summary_);
  if (!table && table.error().code() == ErrorCode::kNotFound) {
    return Fail(ErrorCode::kCorruption,
                Format("table {}: missing at 0; restore it, or the whole store",
                       TableFileName(file.number())));
  }
  if (!table) return std::unexpected(table.error());
  return std::shared_ptr<const Table>(std::move(*table));
}

std::shared_ptr<const Table> TableCache::IfOpen(const TableFile& file) const {
  const MutexLock lock(mutex_);
  return file.table_;
}

Result<std::shared_ptr<const Table>> TableCache::Open(TableFile& file) {
  if (std::shared_ptr<const Table> table = IfOpen(file)) {
    file.used_.store(true, std::memory_order_relaxed);
    return table;
  }
  CW_ASSIGN(std::shared_ptr<const Table> table, Load(file));
  return Install(file, std::move(table));
}

std::shared_ptr<const Table> TableCache::Install(TableFile& file,
                                                 std::shared_ptr<const Table> table) {
  ClosedTables closed;
  {
    const MutexLock lock(mutex_);
    ++opens_;
    if (file.table_ != nullptr) return file.table_;
    file.table_ = table;
    file.place_ = ring_.size();
    ring_.push_back(&file);
    bytes_ += table->memory_bytes();
    file.open_.store(table.get(), std::memory_order_release);
    closed = Shrink(&file);
  }
  if (!closed.empty()) hooks_.closed(std::move(closed));
  ShareMemory();
  return table;
}

std::shared_ptr<const Table> TableCache::Close(TableFile& file) {
  std::swap(ring_[file.place_], ring_.back());
  ring_[file.place_]->place_ = file.place_;
  ring_.pop_back();
  bytes_ -= file.table_->memory_bytes();
  file.open_.store(nullptr);
  file.wanted_.store(false, std::memory_order_relaxed);
  return std::exchange(file.table_, nullptr);
}

ClosedTables TableCache::Shrink(const TableFile* opened) {
  ClosedTables closed;
  if (bytes_ <= bytes_max_) return closed;
  const uint64_t target = bytes_max_ - bytes_max_ / kRoomShare;
  // Twice around: the first time may only take away the marks of use.
  for (size_t steps = 2 * ring_.size(); steps > 0 && bytes_ > target; --steps) {
    if (hand_ >= ring_.size()) hand_ = 0;
    TableFile& file = *ring_[hand_];
    const bool held = &file == opened || file.table_.use_count() > 1;
    if (held || file.used_.exchange(false, std::memory_order_relaxed)) {
      ++hand_;
      continue;
    }
    closed.push_back(Close(file));  // another one stands here now
    ++closes_;
  }
  return closed;
}

void TableCache::Leave(TableFile& file) {
  std::shared_ptr<const Table> table;  // destroyed when the lock is gone
  {
    const MutexLock lock(mutex_);
    if (file.table_ != nullptr) table = Close(file);
  }
  summary_bytes_ -= file.summary().bytes();
  if (!file.obsolete()) return;
  files_.Forget(file.number());
  hooks_.obsolete(file.number());
}

void TableCache::Want(TableFile& file) {
  if (bytes_ + file.summary().open_bytes() > bytes_max_ || file.wanted_.exchange(true)) return;
  {
    const MutexLock lock(mutex_);
    wanted_.push_back(file.shared_from_this());
    if (opening_wanted_) return;
    opening_wanted_ = true;
    ++tasks_;
  }
  env_.Schedule(Lane::kFetch, [this] {
    OpenWanted();
    --tasks_;  // whoever waits for it may destroy this now
  });
}

void TableCache::OpenWanted() {
  while (true) {
    std::shared_ptr<TableFile> file;
    {
      const MutexLock lock(mutex_);
      if (wanted_.empty()) {
        opening_wanted_ = false;
        return;
      }
      file = std::move(wanted_.front());
      wanted_.pop_front();
    }
    // There may be less room by now, and a hint is no reason to close what is used.
    if (bytes_ + file->summary().open_bytes() <= bytes_max_) {
      IgnoreError(Open(*file), "whoever reads it is told");
    }
  }
}

void TableCache::AwaitIdle() {
  env_.Await([this] { return tasks_.load() == 0; });
}

void TableCache::SetMemory(uint64_t bytes) {
  ClosedTables closed;
  {
    const MutexLock lock(mutex_);
    memory_bytes_ = bytes;
    bytes_max_ = bytes / 2;
    closed = Shrink(nullptr);
  }
  if (!closed.empty()) hooks_.closed(std::move(closed));
  ShareMemory();
}

void TableCache::ShareMemory() {
  uint64_t bytes = 0;
  {
    const MutexLock lock(mutex_);
    bytes = memory_bytes_ - std::min<uint64_t>(bytes_, memory_bytes_ / 2);
    const uint64_t change = bytes > block_bytes_ ? bytes - block_bytes_ : block_bytes_ - bytes;
    if (change <= memory_bytes_ / kNoticedShare) return;
    block_bytes_ = bytes;
  }
  if (blocks_ != nullptr) blocks_->SetCapacity(bytes);
}

TableCache::Stats TableCache::stats() const {
  const DescriptorCache::Stats files = files_.stats();
  const MutexLock lock(mutex_);
  return {.open = ring_.size(),
          .bytes = bytes_,
          .summary_bytes = summary_bytes_,
          .opens = opens_,
          .closes = closes_,
          .files = files};
}

}  // namespace cordwood::storage

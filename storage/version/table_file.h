#pragma once

// A table file that the tree uses: what is known of it, the table while that is open, and the duty
// to remove the file once the tree has let go of it.
//
// A table is opened when it is first read and may be closed again (storage/version/table_cache.h).
// Who must not wait for a file asks open(), and where that is null names the table as what it
// lacks; everybody else asks Open.
//
// Ownership: shared by every Tree that lists it; this sharing is real, since old versions of the
// tree live as long as a reader needs them. The file is given up by the last owner, and only after
// MarkObsolete, which is called once the edit that dropped the file is durable. The cache outlives
// it. Threads: any.

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>

#include "base/error.h"
#include "storage/table/summary.h"
#include "storage/table/table.h"

namespace cordwood::storage {

class TableCache;

class TableFile : public std::enable_shared_from_this<TableFile> {
 public:
  /// `cache` may be null, for tests of what needs summaries alone.
  TableFile(uint64_t number, std::shared_ptr<const TableSummary> summary, TableCache* cache);
  ~TableFile();
  TableFile(const TableFile&) = delete;
  TableFile& operator=(const TableFile&) = delete;

  uint64_t number() const { return number_; }
  const TableSummary& summary() const { return *summary_; }
  const std::shared_ptr<const TableSummary>& shared_summary() const { return summary_; }
  const TableProperties& properties() const { return summary_->properties; }
  std::span<const DeadRangeView> dead_ranges() const { return summary_->dead_ranges; }

  /// The table, or null while it is closed. REQUIRES: the caller has pinned a version that lists
  /// the file; the table lives until it lets go of that.
  const Table* open() const {
    const Table* table = open_.load(std::memory_order_acquire);
    // Not stored again and again: other threads read the same line.
    if (table != nullptr && !used_.load(std::memory_order_relaxed)) {
      used_.store(true, std::memory_order_relaxed);
    }
    return table;
  }
  /// The table, opened if need be: reads files. It lives as long as the pointer.
  Result<std::shared_ptr<const Table>> Open();
  /// The same for somebody who reads all of it once: what is closed stays so for others.
  Result<std::shared_ptr<const Table>> OpenAside();
  /// The table if it is open, without a claim to keep it so.
  std::shared_ptr<const Table> IfOpen() const;
  /// A hint that it would be of use to have the table open. Never waits.
  void Want();

  void MarkObsolete() { obsolete_.store(true, std::memory_order_release); }
  bool obsolete() const { return obsolete_.load(std::memory_order_acquire); }

 private:
  friend class TableCache;

  const uint64_t number_;
  const std::shared_ptr<const TableSummary> summary_;
  TableCache* const cache_;
  std::atomic<const Table*> open_{nullptr};
  mutable std::atomic<bool> used_{false};  // since the cache last looked
  std::atomic<bool> wanted_{false};        // it has been asked for, or cannot be opened
  std::atomic<bool> obsolete_{false};
  // The cache's, under its lock.
  std::shared_ptr<const Table> table_;
  size_t place_ = 0;
};

}  // namespace cordwood::storage

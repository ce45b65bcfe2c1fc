#pragma once

// A table file that the tree uses: the open Table, and the duty to remove the file once the tree
// has let go of it.
//
// Ownership: shared by every Tree that lists it; this sharing is real, since old versions of the
// tree live as long as a reader needs them. The file is removed by the last owner, and only after
// MarkObsolete, which is called once the edit that dropped the file is durable.
// Threads: any.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "storage/table/table.h"

namespace cordwood::storage {

class TableFile {
 public:
  /// `remove` is called at most once, with the file's number, when the last owner of an obsolete
  /// file goes. It must not block.
  TableFile(uint64_t number, std::unique_ptr<Table> table, std::function<void(uint64_t)> remove)
      : number_(number), table_(std::move(table)), remove_(std::move(remove)) {}
  ~TableFile() {
    if (obsolete_.load(std::memory_order_acquire)) remove_(number_);
  }
  TableFile(const TableFile&) = delete;
  TableFile& operator=(const TableFile&) = delete;

  uint64_t number() const { return number_; }
  const Table& table() const { return *table_; }
  const TableSummary& summary() const { return *table_->summary(); }
  const TableProperties& properties() const { return summary().properties; }
  std::span<const DeadRangeView> dead_ranges() const { return summary().dead_ranges; }

  void MarkObsolete() { obsolete_.store(true, std::memory_order_release); }

 private:
  const uint64_t number_;
  const std::unique_ptr<Table> table_;
  const std::function<void(uint64_t)> remove_;
  std::atomic<bool> obsolete_{false};
};

}  // namespace cordwood::storage

#pragma once

// Walks the fragments of one run in key order, inside their ranges. Opens the iterator of one
// fragment at a time. A cache-only walk ends at a table that is closed as at a cold block, with
// kCold; one that passes the cache by leaves tables closed for others.
//
// Ownership: refers to the fragments, which must outlive it. Threads: one at a time.

#include <memory>
#include <span>

#include "storage/entry_iterator.h"
#include "storage/read_options.h"
#include "storage/version/tree.h"

namespace cordwood::storage {

class RunIterator final : public EntryIterator {
 public:
  RunIterator(std::span<const Fragment> fragments, const ReadOptions& options)
      : fragments_(fragments), options_(options) {}

  bool Valid() const override { return valid_; }
  Status status() const override { return status_; }
  void SeekToFirst() override;
  void SeekToLast() override;
  void Seek(std::string_view key, uint64_t trailer) override;
  void SeekBefore(std::string_view key, uint64_t trailer) override;
  void Next() override;
  void Prev() override;
  void Rest() override;
  void Wake() override;
  std::string_view key() const override { return table_->key(); }
  uint64_t trailer() const override { return table_->trailer(); }
  std::string_view value() const override { return table_->value(); }

 private:
  /// False, with the status, if the table is closed and must stay so, or cannot be opened.
  bool Open(size_t index);
  Result<const Table*> OpenTable(TableFile& file);
  /// From a position in the current fragment that may be past its range, to the next entry.
  void SettleForward();
  /// The same towards the front.
  void SettleBackward();
  void SeekToLastOfFragment();
  /// The first fragment whose range ends after `key`.
  size_t FragmentOf(std::string_view key) const;
  /// False, with the status taken over, if the table iterator failed.
  bool TableOk();
  /// Takes the status over. False, with the table noted, if it is an error.
  bool EndAt(Status status);

  const std::span<const Fragment> fragments_;
  const ReadOptions options_;
  size_t index_ = 0;
  std::shared_ptr<const Table> held_;     // what table_ walks, unless a pinned version holds it
  std::unique_ptr<EntryIterator> table_;  // of fragments_[index_], if open
  bool ends_early_ = false;               // that table may go on behind the fragment's range
  bool valid_ = false;
  Status status_;
};

}  // namespace cordwood::storage

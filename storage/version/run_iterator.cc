#include "storage/version/run_iterator.h"

#include <algorithm>

#include "storage/version/version.h"

namespace cordwood::storage {

bool RunIterator::Open(size_t index) {
  if (table_ != nullptr && index == index_) return true;
  table_.reset();
  index_ = index;
  const Fragment& fragment = fragments_[index];
  const Result<const Table*> table = OpenTable(*fragment.file);
  if (!table) return EndAt(std::unexpected(table.error()));
  table_ = (*table)->NewIterator(options_);
  ends_early_ =
      fragment.range.end && fragment.file->properties().largest_key >= *fragment.range.end;
  return true;
}

Result<const Table*> RunIterator::OpenTable(TableFile& file) {
  if (options_.tier == Tier::kCacheOnly) {
    if (const Table* table = file.open()) return table;
    NameClosedTable(file, options_);
    return Fail(ErrorCode::kCold, "cold");
  }
  CW_ASSIGN(held_, options_.fill_cache ? file.Open() : file.OpenAside());
  return held_.get();
}

bool RunIterator::TableOk() { return table_->Valid() || EndAt(table_->status()); }

bool RunIterator::EndAt(Status status) {
  status_ = std::move(status);
  if (status_) return true;
  const bool is_cold = status_.error().code() == ErrorCode::kCold;
  if (options_.unreadable != nullptr && !is_cold) {
    *options_.unreadable = fragments_[index_].file->number();
  }
  valid_ = false;
  return false;
}

size_t RunIterator::FragmentOf(std::string_view key) const {
  const auto it = std::partition_point(
      fragments_.begin(), fragments_.end(),
      [&](const Fragment& fragment) { return fragment.range.end && *fragment.range.end <= key; });
  return static_cast<size_t>(it - fragments_.begin());
}

void RunIterator::SettleForward() {
  while (true) {
    const bool at_entry = table_->Valid();
    if (at_entry && (!ends_early_ || table_->key() < *fragments_[index_].range.end)) {
      valid_ = true;
      return;
    }
    if (!at_entry && !TableOk()) return;
    if (index_ + 1 == fragments_.size()) {
      valid_ = false;
      return;
    }
    if (!Open(index_ + 1)) return;
    table_->Seek(fragments_[index_].range.begin, SeekTrailer(kMaxSeq));
  }
}

void RunIterator::SettleBackward() {
  while (TableOk()) {
    if (table_->Valid() && table_->key() >= fragments_[index_].range.begin) {
      valid_ = true;
      return;
    }
    if (index_ == 0) {
      valid_ = false;
      return;
    }
    if (!Open(index_ - 1)) return;
    SeekToLastOfFragment();
  }
}

void RunIterator::SeekToLastOfFragment() {
  const std::optional<std::string>& end = fragments_[index_].range.end;
  if (end) {
    table_->SeekBefore(*end, SeekTrailer(kMaxSeq));
  } else {
    table_->SeekToLast();
  }
}

void RunIterator::SeekToFirst() {
  status_ = {};
  valid_ = false;
  if (fragments_.empty()) return;
  if (!Open(0)) return;
  table_->Seek(fragments_[0].range.begin, SeekTrailer(kMaxSeq));
  SettleForward();
}

void RunIterator::SeekToLast() {
  status_ = {};
  valid_ = false;
  if (fragments_.empty()) return;
  if (!Open(fragments_.size() - 1)) return;
  SeekToLastOfFragment();
  SettleBackward();
}

void RunIterator::Seek(std::string_view key, uint64_t trailer) {
  status_ = {};
  valid_ = false;
  const size_t index = FragmentOf(key);
  if (index == fragments_.size()) return;
  if (!Open(index)) return;
  const std::string& begin = fragments_[index].range.begin;
  if (key < begin) {
    table_->Seek(begin, SeekTrailer(kMaxSeq));
  } else {
    table_->Seek(key, trailer);
  }
  SettleForward();
}

void RunIterator::SeekBefore(std::string_view key, uint64_t trailer) {
  const size_t index = FragmentOf(key);
  if (index == fragments_.size()) return SeekToLast();
  status_ = {};
  valid_ = false;
  if (!Open(index)) return;
  table_->SeekBefore(key, trailer);
  SettleBackward();
}

void RunIterator::Next() {
  table_->Next();
  SettleForward();
}

void RunIterator::Prev() {
  table_->Prev();
  SettleBackward();
}

void RunIterator::Rest() {
  if (table_ != nullptr) table_->Rest();
}

void RunIterator::Wake() {
  table_->Wake();
  valid_ = TableOk();
}

}  // namespace cordwood::storage

#include "storage/visible_iterator.h"

namespace cordwood::storage {
namespace {

/// Hidden versions of one key that are stepped over; then the way on is searched for, so that a
/// key with any number of versions costs the same.
constexpr int kVersionsWalked = 8;

}  // namespace

void VisibleIterator::SeekToFirst() {
  saved_key_.clear();
  entries_->SeekToFirst();
  FindForward(false);
}

void VisibleIterator::SeekToLast() {
  entries_->SeekToLast();
  FindBackward();
}

void VisibleIterator::Seek(std::string_view key) {
  saved_key_.assign(key);
  entries_->Seek(saved_key_, SeekTrailer(seq_));
  FindForward(false);
}

void VisibleIterator::SeekBefore(std::string_view key) {
  entries_->SeekBefore(key, SeekTrailer(kMaxSeq));
  FindBackward();
}

void VisibleIterator::Next() {
  if (backward_) {
    // The entries stand before the current key, or ran off the front.
    entries_->Seek(saved_key_, 0);
  } else {
    saved_key_.assign(entries_->key());
    entries_->Next();
  }
  FindForward(true);
}

void VisibleIterator::Prev() {
  if (!backward_) {
    saved_key_.assign(entries_->key());
    entries_->SeekBefore(saved_key_, SeekTrailer(kMaxSeq));
  }
  FindBackward();
}

void VisibleIterator::FindForward(bool is_settled) {
  backward_ = false;
  valid_ = false;
  int walked = 0;  // hidden versions of saved_key_
  while (entries_->Valid()) {
    const std::string_view key = entries_->key();
    const uint64_t trailer = entries_->trailer();
    const bool is_seen = TrailerSeq(trailer) <= seq_;
    if (key != saved_key_) {
      is_settled = false;
      walked = 0;
    }
    if (is_seen && !is_settled) {
      if (TrailerTag(trailer).is_put) {
        valid_ = true;
        return;
      }
      is_settled = true;
      walked = 0;
    }
    if (walked == 0) saved_key_.assign(key);
    if (++walked == kVersionsWalked) {
      entries_->Seek(saved_key_, is_settled ? 0 : SeekTrailer(seq_));
    } else {
      entries_->Next();
    }
  }
}

void VisibleIterator::FindBackward() {
  backward_ = true;
  valid_ = false;
  while (!valid_ && entries_->Valid()) {
    saved_key_.assign(entries_->key());
    valid_ = LeaveBackward();
  }
  valid_ = valid_ && entries_->status().has_value();
}

bool VisibleIterator::LeaveBackward() {
  bool exists = false;
  for (int walked = 0; entries_->Valid() && entries_->key() == saved_key_; ++walked) {
    if (walked == kVersionsWalked) {
      entries_->Seek(saved_key_, SeekTrailer(seq_));
      const bool is_here = entries_->Valid() && entries_->key() == saved_key_;
      if (!entries_->status()) return false;
      exists = is_here && Take(false);
      entries_->SeekBefore(saved_key_, SeekTrailer(kMaxSeq));
      return exists;
    }
    exists = Take(exists);
    entries_->Prev();
  }
  return exists;
}

bool VisibleIterator::Take(bool before) {
  const uint64_t trailer = entries_->trailer();
  if (TrailerSeq(trailer) > seq_) return before;
  saved_value_.assign(entries_->value());
  saved_seq_ = TrailerSeq(trailer);
  return TrailerTag(trailer).is_put;
}

}  // namespace cordwood::storage

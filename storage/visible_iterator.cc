#include "storage/visible_iterator.h"

#include <algorithm>

namespace cordwood::storage {
namespace {

/// Hidden versions of one key that are stepped over; then the way on is searched for, so that a
/// key with any number of versions costs the same.
constexpr int kVersionsWalked = 8;
/// What a search takes off the budget.
constexpr uint64_t kSearchSteps = 8;

}  // namespace

Status VisibleIterator::status() const {
  if (paused_) return Fail(ErrorCode::kPaused, "paused");
  return entries_->status();
}

bool VisibleIterator::stopped() const {
  if (paused_) return true;
  const Status status = entries_->status();
  return !backward_ && !status && status.error().code() == ErrorCode::kCold;
}

std::string VisibleIterator::passed() const {
  std::string key = saved_key_;
  if (settled_) key.push_back('\0');
  return key;
}

void VisibleIterator::SeekToFirst() {
  saved_key_.clear();
  settled_ = false;
  sought_ = true;
  if (gaps_) gaps_->Forget();
  entries_->SeekToFirst();
  FindForward();
}

void VisibleIterator::SeekToLast() {
  entries_->SeekToLast();
  FindBackward();
}

void VisibleIterator::Seek(std::string_view key) {
  saved_key_.assign(key);
  settled_ = false;
  sought_ = true;
  if (gaps_) {
    gaps_->Forget();
    if (const auto end = gaps_->EndOfGap(key)) saved_key_.assign(*end);
  }
  entries_->Seek(saved_key_, SeekTrailer(seq_));
  FindForward();
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
  settled_ = true;
  FindForward();
}

void VisibleIterator::Prev() {
  if (!backward_) {
    saved_key_.assign(entries_->key());
    entries_->SeekBefore(saved_key_, SeekTrailer(kMaxSeq));
  }
  FindBackward();
}

void VisibleIterator::FindForward() {
  backward_ = false;
  valid_ = false;
  paused_ = false;
  int version = 0;  // of saved_key_, of those that are hidden
  while (entries_->Valid()) {
    const std::string_view key = entries_->key();
    const uint64_t trailer = entries_->trailer();
    if (!end_.empty() && key >= end_) break;
    if (key != saved_key_) {
      settled_ = false;
      version = 0;
      if (gaps_ && JumpOrLearn()) continue;
    }
    sought_ = false;
    if (!settled_ && TrailerSeq(trailer) <= seq_) {
      if (TrailerTag(trailer).is_put) {
        valid_ = true;
        return;
      }
      settled_ = true;
      version = 0;
    }
    if (version == 0) saved_key_.assign(key);
    if (!StepOver(++version)) break;
  }
  if (gaps_) LearnTheLast();
}

bool VisibleIterator::JumpOrLearn() {
  const std::string_view key = entries_->key();
  const uint64_t trailer = entries_->trailer();
  if (TrailerTag(trailer).is_put) {
    gaps_->EndBefore(key);
    return false;
  }
  const std::optional<std::string_view> end = gaps_->EndOfGap(key);
  if (!end) {
    const auto what = sought_ ? GapWatch::Before::kSought : GapWatch::Before::kMet;
    gaps_->MeetDeleted(saved_key_, what, key, TrailerSeq(trailer));
    return false;
  }
  std::string place(*end);
  gaps_->EndBefore(key);
  saved_key_ = std::move(place);
  sought_ = true;
  budget_ -= std::min(budget_, kSearchSteps);
  entries_->Seek(saved_key_, SeekTrailer(kMaxSeq));
  return true;
}

void VisibleIterator::LearnTheLast() {
  const bool whole = !paused_ && entries_->status().has_value() && !end_.empty();
  if (whole) {
    gaps_->EndBefore(end_);
  } else {
    gaps_->EndBehindLast();
  }
}

bool VisibleIterator::StepOver(int version) {
  if (budget_ == 0) {
    paused_ = true;
    return false;
  }
  if (version == kVersionsWalked) {
    budget_ -= std::min(budget_, kSearchSteps);
    entries_->Seek(saved_key_, settled_ ? 0 : SeekTrailer(seq_));
  } else {
    --budget_;
    entries_->Next();
  }
  return true;
}

void VisibleIterator::FindBackward() {
  if (gaps_) gaps_->Forget();
  backward_ = true;
  valid_ = false;
  paused_ = false;
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

#include "storage/visible_iterator.h"

#include <utility>

namespace cordwood::storage {
namespace {

/// Hidden versions of one key that are stepped over; then the way on is searched for, so that a
/// key with any number of versions costs the same.
constexpr uint64_t kVersionsWalked = 8;
/// What a search takes off the budget.
constexpr uint64_t kSearchSteps = 8;

}  // namespace

Status VisibleIterator::status() const {
  if (ended_) return {};
  if (paused_) return Fail(ErrorCode::kPaused, "paused");
  return entries_->status();
}

bool VisibleIterator::stopped() const {
  const Status status = this->status();
  return !status &&
         (status.error().code() == ErrorCode::kPaused || status.error().code() == ErrorCode::kCold);
}

std::string VisibleIterator::passed() const {
  if (backward_) return settled_ ? saved_key_ : behind_;
  std::string key = saved_key_;
  if (settled_) key.push_back('\0');
  return key;
}

// --- forwards ---

void VisibleIterator::SeekToFirst() {
  saved_key_.clear();
  settled_ = false;
  sought_ = true;
  ended_ = false;
  if (gaps_) gaps_->Begin(GapWatch::Way::kForwards);
  entries_->SeekToFirst();
  FindForward();
}

void VisibleIterator::Seek(std::string_view key) {
  saved_key_.assign(key);
  settled_ = false;
  sought_ = true;
  ended_ = false;
  if (gaps_) {
    gaps_->Begin(GapWatch::Way::kForwards);
    if (const auto end = gaps_->Beyond(key)) {
      if (!end_.empty() && *end >= end_) {
        valid_ = false;
        return EndInGap();
      }
      saved_key_.assign(*end);
    }
  }
  // Its newest entry of all, to know whether it may lie in a gap.
  entries_->Seek(saved_key_, SeekTrailer(gaps_ ? kMaxSeq : seq_));
  FindForward();
}

void VisibleIterator::Next() {
  if (backward_) {
    // The entries stand before the current key, or ran off the front.
    if (gaps_) gaps_->Begin(GapWatch::Way::kForwards);
    entries_->Seek(saved_key_, 0);
  } else {
    saved_key_.assign(entries_->key());
    entries_->Next();
  }
  settled_ = true;
  sought_ = false;
  at_sought_ = false;
  ended_ = false;
  FindForward();
}

void VisibleIterator::FindForward() {
  backward_ = false;
  valid_ = false;
  paused_ = false;
  uint64_t version = 0;  // of saved_key_, of those that are hidden
  while (!ended_ && entries_->Valid()) {
    const std::string_view key = entries_->key();
    const uint64_t trailer = entries_->trailer();
    if (!end_.empty() && key >= end_) break;
    if (key != saved_key_ || sought_) {
      at_sought_ = key == saved_key_;
      settled_ = false;
      version = 0;
      if (gaps_ && JumpOrLearn()) continue;
    }
    sought_ = false;
    if (!settled_ && TrailerSeq(trailer) <= seq_) {
      if (TrailerTag(trailer).is_put) {
        valid_ = true;
        ++met_;
        return;
      }
      settled_ = true;
      at_sought_ = false;
      version = 0;
    }
    if (version == 0) saved_key_.assign(key);
    if (!StepOver(++version)) break;
  }
  LearnTheLast(end_);
}

bool VisibleIterator::JumpOrLearn() {
  const std::string_view key = entries_->key();
  const uint64_t trailer = entries_->trailer();
  if (TrailerTag(trailer).is_put) {
    gaps_->EndBefore(key);
    return false;
  }
  const std::optional<std::string_view> end = gaps_->Beyond(key);
  if (!end) {
    const auto what = sought_ ? GapWatch::Before::kSought : GapWatch::Before::kMet;
    gaps_->MeetDeleted(saved_key_, what, key, TrailerSeq(trailer));
    return false;
  }
  std::string place(*end);
  gaps_->EndAt(key);
  if (!end_.empty() && place >= end_) {
    EndInGap();
    return true;
  }
  saved_key_ = std::move(place);
  sought_ = true;
  Charge(kSearchSteps);
  entries_->Seek(saved_key_, SeekTrailer(kMaxSeq));
  return true;
}

bool VisibleIterator::StepOver(uint64_t version) {
  if (budget_ == 0 && !at_sought_) {
    paused_ = true;
    return false;
  }
  const bool searches = version == kVersionsWalked;
  const uint64_t steps = searches ? kSearchSteps : 1;
  Charge(steps);
  if (gaps_) gaps_->Step(steps);
  if (searches) {
    entries_->Seek(saved_key_, settled_ ? 0 : SeekTrailer(seq_));
  } else {
    entries_->Next();
  }
  return true;
}

void VisibleIterator::LearnTheLast(const std::string& bound) {
  if (!gaps_) return;
  const bool whole = !paused_ && status().has_value() && !bound.empty();
  if (whole) {
    gaps_->EndAt(bound);
  } else {
    gaps_->EndBehindLast();
  }
}

// --- backwards ---

void VisibleIterator::SeekToLast() {
  saved_key_.clear();
  settled_ = true;
  sought_ = true;
  ended_ = false;
  if (gaps_) gaps_->Begin(GapWatch::Way::kBackwards);
  entries_->SeekToLast();
  FindBackward();
}

void VisibleIterator::SeekBefore(std::string_view key) {
  saved_key_.assign(key);
  settled_ = true;
  sought_ = true;
  ended_ = false;
  if (gaps_) {
    gaps_->Begin(GapWatch::Way::kBackwards);
    if (const auto begin = gaps_->Beyond(key)) {
      if (*begin <= begin_) {
        valid_ = false;
        backward_ = true;
        return EndInGap();
      }
      saved_key_.assign(*begin);
    }
  }
  entries_->SeekBefore(saved_key_, SeekTrailer(kMaxSeq));
  FindBackward();
}

void VisibleIterator::Prev() {
  if (!backward_) {
    saved_key_.assign(entries_->key());
    if (gaps_) gaps_->Begin(GapWatch::Way::kBackwards);
    entries_->SeekBefore(saved_key_, SeekTrailer(kMaxSeq));
  }
  settled_ = true;
  sought_ = false;
  ended_ = false;
  FindBackward();
}

void VisibleIterator::FindBackward() {
  backward_ = true;
  valid_ = false;
  paused_ = false;
  bool hidden = false;
  while (!ended_ && entries_->Valid() && entries_->key() >= begin_) {
    if (hidden && budget_ == 0) {
      paused_ = true;
      break;
    }
    behind_.swap(saved_key_);
    saved_key_.assign(entries_->key());
    settled_ = false;
    const uint64_t stepped = stepped_;
    const bool exists = LeaveBackward();
    if (!entries_->status()) break;  // a newer version may be where it could not look
    settled_ = true;
    if (gaps_) JumpOrLearnBackward(exists, stepped_ - stepped);
    if (exists) {
      sought_ = false;
      valid_ = true;
      ++met_;
      return;
    }
    hidden = true;
  }
  LearnTheLast(begin_);
}

bool VisibleIterator::LeaveBackward() {
  bool exists = false;
  uint64_t walked = 0;
  for (; entries_->Valid() && entries_->key() == saved_key_; ++walked) {
    if (walked == kVersionsWalked) return SearchBackward();
    exists = Take(exists);
    entries_->Prev();
  }
  Charge(exists ? walked - 1 : walked);
  return exists;
}

bool VisibleIterator::SearchBackward() {
  const auto search = [this](Seq newest) {
    entries_->Seek(saved_key_, SeekTrailer(newest));
    return entries_->Valid() && entries_->key() == saved_key_;
  };
  Charge(kVersionsWalked + 2 * kSearchSteps);
  // The newest one of all tells whether the key may lie in a gap.
  bool is_here = search(kMaxSeq);
  bool exists = is_here && Take(false);
  if (is_here && TrailerSeq(entries_->trailer()) > seq_) {
    const uint64_t newest = newest_;
    is_here = search(seq_);
    exists = is_here && Take(false);
    newest_ = newest;
  }
  if (entries_->status()) entries_->SeekBefore(saved_key_, SeekTrailer(kMaxSeq));
  return exists;
}

bool VisibleIterator::Take(bool before) {
  const uint64_t trailer = entries_->trailer();
  newest_ = trailer;
  if (TrailerSeq(trailer) > seq_) return before;
  saved_value_.assign(entries_->value());
  saved_seq_ = TrailerSeq(trailer);
  return TrailerTag(trailer).is_put;
}

void VisibleIterator::JumpOrLearnBackward(bool exists, uint64_t steps) {
  if (TrailerTag(newest_).is_put) {
    gaps_->EndBefore(saved_key_);
    sought_ = false;
    return;
  }
  const auto what = sought_ ? GapWatch::Before::kSought : GapWatch::Before::kMet;
  gaps_->MeetDeleted(behind_, what, saved_key_, TrailerSeq(newest_));
  gaps_->Step(steps);
  sought_ = false;
  if (exists) return;
  const std::optional<std::string_view> begin = gaps_->Beyond(saved_key_);
  if (!begin) return;
  std::string place(*begin);
  gaps_->EndBehindLast();
  if (place <= begin_) return EndInGap();
  saved_key_ = std::move(place);
  sought_ = true;
  Charge(kSearchSteps);
  entries_->SeekBefore(saved_key_, SeekTrailer(kMaxSeq));
}

}  // namespace cordwood::storage

#include "storage/visible_iterator.h"

namespace cordwood::storage {

void VisibleIterator::SeekToFirst() {
  entries_->SeekToFirst();
  FindForward(false);
}

void VisibleIterator::SeekToLast() {
  entries_->SeekToLast();
  FindBackward();
}

void VisibleIterator::Seek(std::string_view key) {
  entries_->Seek(key, SeekTrailer(seq_));
  FindForward(false);
}

void VisibleIterator::SeekBefore(std::string_view key) {
  entries_->SeekBefore(key, SeekTrailer(kMaxSeq));
  FindBackward();
}

void VisibleIterator::Next() {
  if (backward_) {
    // The entries stand before the current key, or ran off the front.
    if (entries_->Valid()) {
      entries_->Next();
    } else {
      entries_->SeekToFirst();
    }
  } else {
    saved_key_ = entries_->key();
  }
  FindForward(true);
}

void VisibleIterator::Prev() {
  if (!backward_) {
    saved_key_ = entries_->key();
    entries_->SeekBefore(saved_key_, SeekTrailer(kMaxSeq));
  }
  FindBackward();
}

void VisibleIterator::FindForward(bool skip_saved) {
  backward_ = false;
  valid_ = false;
  bool skipping = skip_saved;
  for (; entries_->Valid(); entries_->Next()) {
    if (TrailerSeq(entries_->trailer()) > seq_) continue;
    if (skipping && entries_->key() <= saved_key_) continue;
    if (TrailerTag(entries_->trailer()).is_put) {
      valid_ = true;
      return;
    }
    saved_key_ = entries_->key();
    skipping = true;
  }
}

void VisibleIterator::FindBackward() {
  backward_ = true;
  valid_ = false;
  bool live = false;  // the newest visible entry of saved_key_ so far is a put
  saved_key_.clear();
  bool any = false;
  for (; entries_->Valid(); entries_->Prev()) {
    if (any && entries_->key() != saved_key_) {
      if (live) break;
      any = false;
    }
    if (TrailerSeq(entries_->trailer()) > seq_) continue;
    any = true;
    live = TrailerTag(entries_->trailer()).is_put;
    saved_key_ = entries_->key();
    saved_value_ = entries_->value();
    saved_seq_ = TrailerSeq(entries_->trailer());
  }
  valid_ = live && any && static_cast<bool>(entries_->status());
}

}  // namespace cordwood::storage

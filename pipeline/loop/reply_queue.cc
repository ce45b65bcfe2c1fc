#include "pipeline/loop/reply_queue.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace cordwood::pipeline {
namespace {

// An empty buffer larger than this gives its memory back.
constexpr size_t kKeptCapacity = 64 << 10;
// A buffer larger than this becomes a piece.
constexpr size_t kPieceBytes = 256 << 10;

}  // namespace

void ReplyQueue::Append(std::string&& replies) {
  if (buffer_.empty()) {
    buffer_.swap(replies);
  } else {
    buffer_ += replies;
  }
}

void ReplyQueue::AppendPiece(std::string&& piece) {
  if (!buffer_.empty()) Seal();
  buffer_ = std::move(piece);
  if (!buffer_.empty()) Seal();
}

void ReplyQueue::Seal() {
  begin_ = appended();
  piece_bytes_ += buffer_.capacity();
  pieces_.push_back(std::exchange(buffer_, {}));
}

void ReplyQueue::Drop() {
  while (begin_ > committed_) {
    buffer_ = std::move(pieces_.back());
    pieces_.pop_back();
    piece_bytes_ -= buffer_.capacity();
    begin_ -= buffer_.size();
  }
  buffer_.resize(committed_ - begin_);
}

void ReplyQueue::Commit(storage::Seq dep, storage::Seq visible) {
  const uint64_t end = appended();
  committed_ = end;
  peak_ = std::max(peak_, buffer_.size());
  if (waits_.empty() && dep <= visible) {
    ready_ = end;
  } else if (!waits_.empty() && waits_.back().dep >= dep) {
    waits_.back().end = end;
  } else {
    waits_.push_back({.end = end, .dep = dep});
  }
  if (buffer_.size() >= kPieceBytes) Seal();
}

bool ReplyQueue::Release(storage::Seq visible) {
  const uint64_t before = ready_;
  while (!waits_.empty() && waits_.front().dep <= visible) {
    ready_ = waits_.front().end;
    waits_.pop_front();
  }
  return ready_ != before;
}

void ReplyQueue::ReleaseSpare() {
  const bool wasteful = buffer_.size() < buffer_.capacity() / 4;
  if (wasteful && buffer_.capacity() > kKeptCapacity) buffer_.shrink_to_fit();
}

std::string_view ReplyQueue::ready() const {
  const std::string& first = pieces_.empty() ? buffer_ : pieces_.front();
  const uint64_t bytes = std::min(ready_ - sent_, first.size() - sent_of_first_);
  return std::string_view(first).substr(sent_of_first_, bytes);
}

void ReplyQueue::Consume(size_t size) {
  CHECK(size <= ready().size());
  sent_ += size;
  sent_of_first_ += size;
  if (!pieces_.empty()) {
    if (sent_of_first_ < pieces_.front().size()) return;
    piece_bytes_ -= pieces_.front().capacity();
    pieces_.pop_front();
    sent_of_first_ = 0;
  } else if (sent_of_first_ == buffer_.size()) {
    begin_ = sent_;
    sent_of_first_ = 0;
    buffer_.clear();
    if (buffer_.capacity() > kKeptCapacity) buffer_.shrink_to_fit();
  }
}

}  // namespace cordwood::pipeline

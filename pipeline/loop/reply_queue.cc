#include "pipeline/loop/reply_queue.h"

#include "base/check.h"

namespace cordwood::pipeline {
namespace {

// An empty buffer larger than this gives its memory back.
constexpr size_t kKeptCapacity = 64 << 10;
// Sent bytes are cut off the front when there are this many of them, and more than the rest.
constexpr size_t kCutBytes = 256 << 10;

}  // namespace

void ReplyQueue::Append(std::string&& replies) {
  if (buffer_.empty()) {
    buffer_.swap(replies);
  } else {
    buffer_ += replies;
  }
}

void ReplyQueue::Commit(storage::Seq dep, storage::Seq visible) {
  if (waits_.empty() && dep <= visible) {
    ready_ = buffer_.size();
    return;
  }
  if (!waits_.empty() && waits_.back().dep >= dep) {
    waits_.back().end = buffer_.size();
  } else {
    waits_.push_back({.end = buffer_.size(), .dep = dep});
  }
}

bool ReplyQueue::Release(storage::Seq visible) {
  const size_t before = ready_;
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

void ReplyQueue::Consume(size_t size) {
  CHECK(size <= ready_ - sent_);
  sent_ += size;
  if (sent_ == buffer_.size()) {
    buffer_.clear();
    if (buffer_.capacity() > kKeptCapacity) buffer_.shrink_to_fit();
  } else if (sent_ >= kCutBytes && sent_ > buffer_.size() / 2) {
    buffer_.erase(0, sent_);
    for (Wait& wait : waits_) wait.end -= sent_;
    ready_ -= sent_;
    sent_ = 0;
    return;
  } else {
    return;
  }
  sent_ = 0;
  ready_ = 0;
}

}  // namespace cordwood::pipeline

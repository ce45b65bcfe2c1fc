#pragma once

// The bytes that a connection is still to receive, in order, and what each part waits for: a part
// may leave once everything up to its seq is visible (rule W1 of the commit contract).
//
//   sent | ready to send | waiting for a seq ... | being appended
//
// Threads: one at a time.

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

#include "storage/entry.h"

namespace cordwood::pipeline {

class ReplyQueue {
 public:
  /// Where a reply writer appends. Nothing but appending, and cutting back what was appended since
  /// the last Commit, is allowed.
  std::string& buffer() { return buffer_; }

  /// Appends what was made elsewhere, without a copy if nothing else is there.
  void Append(std::string&& replies);

  /// Ends a reply: it waits for `dep`, or for nothing that `visible` has not passed.
  void Commit(storage::Seq dep, storage::Seq visible);

  /// Frees what `visible` has passed. True if anything became ready.
  bool Release(storage::Seq visible);

  /// Gives back what a large reply leaves behind that was cut back.
  void ReleaseSpare();

  std::string_view ready() const { return std::string_view(buffer_).substr(sent_, ready_ - sent_); }
  /// The first `size` ready bytes were sent.
  void Consume(size_t size);

  /// Some reply waits for a seq.
  bool waiting() const { return !waits_.empty(); }
  /// Everything not sent yet.
  size_t unsent_bytes() const { return buffer_.size() - sent_; }
  size_t memory_bytes() const { return buffer_.capacity(); }
  size_t parts() const { return waits_.size() + (ready_ > sent_ ? 1 : 0); }

 private:
  struct Wait {
    size_t end = 0;  // in buffer_
    storage::Seq dep = 0;
  };

  std::string buffer_;
  size_t sent_ = 0;
  size_t ready_ = 0;
  std::deque<Wait> waits_;  // dep never descends
};

}  // namespace cordwood::pipeline

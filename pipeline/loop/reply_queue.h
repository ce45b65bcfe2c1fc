#pragma once

// The bytes that a connection is still to receive, in order, and what each part waits for: a part
// may leave once everything up to its seq is visible (rule W1 of the commit contract).
//
//   sent | ready to send | waiting for a seq ... | being appended
//
// They lie in pieces, so that no long reply is ever moved, and what was sent of it goes.
//
// Threads: one at a time.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "storage/entry.h"

namespace cordwood::pipeline {

class ReplyQueue {
 public:
  /// Where a reply writer appends. Nothing but appending, and cutting back what was appended since
  /// the last Commit or AppendPiece, is allowed.
  std::string& buffer() { return buffer_; }
  /// How much was ever appended.
  uint64_t appended() const { return begin_ + buffer_.size(); }

  /// Appends what was made elsewhere, without a copy if nothing else is there.
  void Append(std::string&& replies);
  /// The same for a part of a long reply, always without a copy. The buffer is empty afterwards.
  void AppendPiece(std::string&& piece);

  /// Ends a reply: it waits for `dep`, or for nothing that `visible` has not passed. The buffer may
  /// be empty afterwards.
  void Commit(storage::Seq dep, storage::Seq visible);

  /// Cuts back everything that was appended since the last Commit, pieces included.
  void Drop();

  /// Frees what `visible` has passed. True if anything became ready.
  bool Release(storage::Seq visible);

  /// Gives back what a large reply leaves behind that was cut back.
  void ReleaseSpare();

  /// What is ready, or the first of it.
  std::string_view ready() const;
  /// The first `size` ready bytes were sent. REQUIRES: size <= ready().size().
  void Consume(size_t size);

  /// Some reply waits for a seq.
  bool waiting() const { return !waits_.empty(); }
  /// Everything not sent yet.
  size_t unsent_bytes() const { return appended() - sent_; }
  size_t memory_bytes() const { return piece_bytes_ + buffer_.capacity(); }
  // What CLIENT LIST tells.
  size_t buffer_capacity() const { return buffer_.capacity(); }
  size_t buffer_peak() const { return peak_; }
  size_t buffered_bytes() const { return buffer_.size() - (pieces_.empty() ? sent_of_first_ : 0); }
  size_t pieces() const { return pieces_.size(); }
  uint64_t piece_bytes() const { return piece_bytes_; }

 private:
  struct Wait {
    uint64_t end = 0;
    storage::Seq dep = 0;
  };

  /// Makes the buffer a piece.
  void Seal();

  // Places are counted from the first byte that was ever appended.
  std::deque<std::string> pieces_;  // none is empty
  uint64_t piece_bytes_ = 0;        // of memory
  std::string buffer_;              // behind the pieces
  uint64_t begin_ = 0;              // of the buffer
  uint64_t committed_ = 0;          // the end of the last reply
  size_t peak_ = 0;                 // of the buffer
  uint64_t sent_ = 0;               // in the first piece, or the buffer
  uint64_t sent_of_first_ = 0;      // of the first piece, or the buffer
  uint64_t ready_ = 0;
  std::deque<Wait> waits_;  // dep never descends
};

}  // namespace cordwood::pipeline

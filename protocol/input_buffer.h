#pragma once

// The bytes that arrived from one connection and are not yet consumed, contiguous in memory.
//
//     block_            begin_              end_              capacity_
//       |   consumed      |    unconsumed     |    writable      |
//
// It grows with what has arrived, never with what a client announces, and only MakeRoom moves
// bytes: whoever holds views into it keeps them until then. Owned by a parser.
//
// Threads: one at a time. It never reads from a socket and never looks at the bytes.

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace cordwood::protocol {

class InputBuffer {
 public:
  char* data() { return block_.get() + begin_; }
  size_t size() const { return end_ - begin_; }
  size_t capacity() const { return capacity_; }
  std::string_view unconsumed() const { return {block_.get() + begin_, size()}; }

  /// Makes at least `min` bytes writable. When the request at the front is known to end after
  /// `known_size` bytes, growth stops there (0: unknown). Returns the block that the bytes were
  /// in, if they changed blocks, so that the caller can carry its views over before it goes.
  [[nodiscard]] std::unique_ptr<char[]> MakeRoom(size_t min, size_t known_size);

  std::span<char> writable() { return {block_.get() + end_, capacity_ - end_}; }
  void Commit(size_t size);
  void Consume(size_t size);

  /// Frees the block if nothing in it is unconsumed.
  void ReleaseIfEmpty();

 private:
  std::unique_ptr<char[]> MoveTo(size_t new_capacity);

  std::unique_ptr<char[]> block_;
  size_t capacity_ = 0;
  size_t begin_ = 0;
  size_t end_ = 0;
};

}  // namespace cordwood::protocol

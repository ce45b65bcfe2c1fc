#pragma once

// One command with its arguments, owning their bytes: what waits in a queue when it cannot run
// from the connection's input buffer. Its views stay valid when it is moved.
//
// Threads: one at a time; may be handed from one thread to another.

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace cordwood::protocol {

class Request {
 public:
  Request() = default;

  /// Copies all arguments into one block.
  static Request Copy(std::span<const std::string_view> argv);

  /// Takes over `block`, of `block_bytes`, into which `argv` points.
  Request(std::unique_ptr<char[]> block, size_t block_bytes, std::vector<std::string_view> argv)
      : block_(std::move(block)), block_bytes_(block_bytes), argv_(std::move(argv)) {}

  std::span<const std::string_view> argv() const { return argv_; }

  /// What it holds on the heap, for the accounting of a client's memory.
  size_t memory_bytes() const { return block_bytes_ + argv_.capacity() * sizeof(std::string_view); }

 private:
  std::unique_ptr<char[]> block_;
  size_t block_bytes_ = 0;
  std::vector<std::string_view> argv_;
};

}  // namespace cordwood::protocol

#pragma once

// What a client has queued since MULTI.
//
// Owned by the client. Threads: the loop's.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "commands/core/row.h"

namespace cordwood::commands {

class CommandQueue {
 public:
  struct Queued {
    const Command* command = nullptr;
    std::vector<std::string> argv;
    uint64_t request_bytes = 0;  // as it was sent
    // Of its runs:
    bool ran = false;
    uint64_t took_ns = 0;    // the loop's work
    std::string error_code;  // of its reply; empty: that is no error
    uint64_t reply_bytes = 0;
  };

  void Add(const Command& command, std::span<const std::string_view> argv, uint64_t request_bytes);

  std::vector<Queued>& commands() { return commands_; }
  size_t size() const { return commands_.size(); }
  /// Of all arguments.
  uint64_t argument_bytes() const { return argument_bytes_; }
  /// What all of them take on the heap.
  uint64_t memory_bytes() const { return memory_bytes_; }
  /// What EXEC may do: it writes, or runs on the executor, if one command does; and only takes away
  /// if all that write do.
  uint32_t flags() const { return flags_; }

  /// A command was refused: EXEC will run none of them.
  void Spoil() { spoiled_ = true; }
  bool spoiled() const { return spoiled_; }
  /// EXEC has begun: when it has ended, the queue goes.
  void BeginExec() { executing_ = true; }
  bool executing() const { return executing_; }

 private:
  std::vector<Queued> commands_;
  uint64_t argument_bytes_ = 0;
  uint64_t memory_bytes_ = 0;
  uint32_t flags_ = 0;
  bool spoiled_ = false;
  bool executing_ = false;
};

}  // namespace cordwood::commands

#pragma once

// A command that waits (rule B1), and what stays with it over its runs.
//
// Owned by its session. Threads: the loop's.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "commands/core/blocked.h"
#include "commands/core/wait.h"

namespace cordwood::pipeline {

struct Waiting {
  Waiting(std::span<const std::string_view> arguments, const commands::Wait& wait)
      : copies(arguments.begin(), arguments.end()),
        argv(copies.begin(), copies.end()),
        type(wait.type),
        at_timeout(wait.at_timeout) {}
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  /// What it holds on the heap.
  uint64_t memory_bytes() const;

  // Its own, for the connection's input is read on: else nobody would notice that the peer is gone.
  const std::vector<std::string> copies;
  const std::vector<std::string_view> argv;
  const std::optional<keyspace::Type> type;  // nothing: any, or none
  const commands::TimeoutReply at_timeout;

  std::optional<std::string> woken_by;  // the key that it runs for; nothing: it runs for none
  bool key_is_gone = false;             // so its last run found
  bool lacks_room = false;              // its last run may not write: the disk is full
  /// It is to wait no more, which was said while it ran or was held in the middle of that.
  std::optional<commands::Blocked::Ending> ending;
};

}  // namespace cordwood::pipeline

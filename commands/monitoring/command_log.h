#pragma once

// The last commands that took long, or were large, or had large replies: what SLOWLOG and
// COMMANDLOG show.
//
// Threads: one at a time.

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "commands/core/row.h"

namespace cordwood::commands {

enum class CommandLogKind : uint8_t { kSlow, kLargeRequest, kLargeReply };
inline constexpr size_t kCommandLogKinds = 3;

struct CommandLogEntry {
  uint64_t id = 0;
  int64_t unix_seconds = 0;
  uint64_t amount = 0;  // microseconds, or bytes
  std::vector<std::string> argv;
  std::string address;  // of the client
  std::string name;     // the same
};

class CommandLog {
 public:
  /// The newest in front. The id is given here.
  void Add(CommandLogEntry entry, size_t max_entries);
  /// Without those that are the oldest.
  void Trim(size_t max_entries);
  void Clear() { entries_.clear(); }
  const std::deque<CommandLogEntry>& entries() const { return entries_; }

 private:
  std::deque<CommandLogEntry> entries_;
  uint64_t next_id_ = 0;
};

/// One for each kind.
using CommandLogs = std::array<CommandLog, kCommandLogKinds>;

/// As a log keeps them: at most 32, each of at most 128 bytes, with a word on what was left out,
/// and without what is secret.
std::vector<std::string> LoggedArguments(const Command& command,
                                         std::span<const std::string_view> argv);

}  // namespace cordwood::commands

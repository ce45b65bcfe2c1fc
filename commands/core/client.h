#pragma once

// What commands know of a connection. Owned by the connection's session; every field is read and
// written on the loop that owns it.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "commands/core/client_tracking.h"
#include "commands/core/command_queue.h"
#include "commands/core/subscriptions.h"

namespace cordwood::commands {

/// Whether replies are sent: CLIENT REPLY.
enum class Replies : uint8_t {
  kSent,
  kDropped,
  kSkipNext,  // neither that of the running command nor that of the next one
  kSkip,      // not that of the running command
};

/// What commands change of it. EXEC, which may be run again, puts it back as it was.
struct ClientState {
  int db = 0;
  int protocol = 2;  // RESP version
  bool authenticated = false;
  uint64_t failed_logins = 0;      // since the last that did not fail
  bool close_after_reply = false;  // QUIT, CLIENT KILL of itself, errors that end a connection
  bool no_evict = false;
  bool no_touch = false;
  bool monitors = false;
  Replies replies = Replies::kSent;
  std::string name;
  std::string library_name;
  std::string library_version;
  Subscriptions subscriptions;
  ClientTracking tracking;
};

struct Client : ClientState {
  uint64_t id = 0;
  std::string address;        // ip:port
  std::string local_address;  // ip:port
  bool is_local = false;      // on this machine
  int64_t created_ms = 0;     // monotonic clock
  /// Since MULTI; null: commands run at once.
  std::unique_ptr<CommandQueue> queue;
  /// Of the running command; drawn when it first asks, and the same when it runs again, so that it
  /// then wants the blocks that were fetched for it.
  std::optional<uint64_t> seed;
  std::string last_command;    // lower case, "get" or "client|list"
  int64_t last_active_ms = 0;  // monotonic clock

  /// In RESP2 nothing tells a message from a reply, so a subscriber may ask for little.
  bool is_restricted() const { return protocol == 2 && !subscriptions.empty(); }
  /// Of what the peer chose.
  uint64_t memory_bytes() const {
    return name.capacity() + library_name.capacity() + library_version.capacity() +
           subscriptions.memory_bytes() + tracking.prefix_bytes +
           (queue != nullptr ? queue->memory_bytes() : 0);
  }
};

}  // namespace cordwood::commands

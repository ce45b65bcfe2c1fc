#pragma once

// The connections of the server, as commands see them.
//
// Threads: called on the thread that runs the command.

#include <cstdint>
#include <string_view>
#include <vector>

#include "commands/core/client.h"

namespace cordwood::commands {

struct ClientView {
  const Client* client = nullptr;
  int socket = -1;                  // its descriptor; -1: there is none
  bool awaits_input = false;        // it would be read
  bool awaits_room = false;         // for more to be sent
  uint64_t query_buffer_bytes = 0;  // received, with the running command
  uint64_t query_buffer_free_bytes = 0;
  uint64_t argument_bytes = 0;      // of the running command
  uint64_t reply_buffer_bytes = 0;  // room in what replies are appended to
  uint64_t reply_buffer_peak = 0;   // the most that was in it
  uint64_t reply_bytes = 0;         // in it, to be sent or waiting for the log
  uint64_t output_list_length = 0;  // long parts of replies in front of it
  uint64_t output_list_bytes = 0;   // their memory
  uint64_t total_memory_bytes = 0;
  uint64_t watched_keys = 0;
  uint64_t received_bytes = 0;
  uint64_t sent_bytes = 0;
  uint64_t commands = 0;  // that were run
  bool blocked = false;
  bool closing = false;  // it was killed already

  // --- filled in by subscriptions, MONITOR and tracking ---
  uint64_t channels = 0;
  uint64_t patterns = 0;
  uint64_t shard_channels = 0;
  bool monitors = false;
  int64_t redirect = -1;    // who is told of invalidations: 0 itself, -1: it does not track
  std::string tracks = {};  // more flags of CLIENT LIST: t, R, B
};

/// Whose commands CLIENT PAUSE holds.
enum class PauseMode : uint8_t { kWrites, kAll };

class Clients {
 public:
  virtual ~Clients() = default;

  /// Every connection, in the order of their ids.
  virtual std::vector<ClientView> All() = 0;
  /// Closes a connection, if it is there; `self`'s own is closed after its reply.
  virtual void Kill(uint64_t id, const Client& self) = 0;
  /// For so long no command runs, or none that writes; on top of a pause that goes on.
  virtual void PauseClients(uint64_t ms, PauseMode mode) = 0;
  virtual void UnpauseClients() = 0;
  /// The client gave a wrong password or an unknown user.
  virtual void NoteFailedLogin(const Client& client) = 0;
};

}  // namespace cordwood::commands

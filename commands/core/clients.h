#pragma once

// The connections of the server, as commands see them.
//
// Threads: called on the thread that runs the command.

#include <cstdint>
#include <vector>

#include "commands/core/client.h"

namespace cordwood::commands {

struct ClientView {
  const Client* client = nullptr;
  uint64_t query_buffer_bytes = 0;
  uint64_t query_buffer_free_bytes = 0;
  uint64_t output_bytes = 0;        // waiting to be sent, or for the log
  uint64_t output_list_length = 0;  // pieces of it
  uint64_t total_memory_bytes = 0;
  bool blocked = false;
  bool closing = false;  // it was killed already
};

class Clients {
 public:
  virtual ~Clients() = default;

  /// Every connection, in the order of their ids.
  virtual std::vector<ClientView> All() = 0;
  /// Closes a connection, if it is there; `self`'s own is closed after its reply.
  virtual void Kill(uint64_t id, const Client& self) = 0;
  /// The client gave a wrong password or an unknown user.
  virtual void NoteFailedLogin(const Client& client) = 0;
};

}  // namespace cordwood::commands

#pragma once

// What the pipeline asks of the loop that carries it.

#include <cstdint>
#include <functional>

namespace cordwood::pipeline {

/// What is known of a connection's socket.
struct SocketState {
  int descriptor = -1;       // -1: it has none
  bool awaits_room = false;  // the system takes no more for the peer at the moment
};

class Transport {
 public:
  virtual ~Transport() = default;

  /// Runs `task` on the loop, soon. The one call that any thread may make.
  virtual void Post(std::function<void()> task) = 0;
  /// Of a session's connection.
  virtual SocketState SocketOf(uint64_t session_id) const = 0;
};

}  // namespace cordwood::pipeline

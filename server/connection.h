#pragma once

// One socket: moves bytes between it and its session. Reads when the session wants input, writes
// what is ready, closes when told.
//
// A close while the peer is still sending resets the connection, and the peer loses the error that
// says why. So after a protocol error a connection lingers: its sending side is shut, and what
// comes is thrown away until the peer is done, for some seconds at most.
//
// A peer may shut its own sending side and go on reading: it gets the replies to all that it sent.
//
// Ownership: the server owns it, and may drop it at any time; pending operations keep it alive
// until they are cancelled. Threads: the loop's.

#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <span>

#include "pipeline/pipeline.h"

namespace cordwood::server {

class Server;

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Server& server, asio::ip::tcp::socket socket, pipeline::SessionId session)
      : server_(server), socket_(std::move(socket)), session_(session) {}

  /// Sends what is ready and starts to wait for whatever the session needs next. False: the
  /// connection is over.
  bool Service();
  void Shut();
  /// Shut, so that what was sent arrives: what came and was not read would reset the connection.
  void ShutGently();
  pipeline::SocketState state();
  /// What the kernel has for the peer, and the peer has not acknowledged.
  size_t UntakenBytes();

 private:
  bool Flush();
  void WaitToRead();
  void WaitToWrite();
  void OnReadable();
  struct Received {
    enum class Kind : uint8_t {
      kBytes,
      kNoneNow,
      kEnd,   // the peer sends nothing more
      kGone,  // the connection is broken
    };
    Kind kind = Kind::kBytes;
    size_t size = 0;
  };
  Received Receive(std::span<char> room);
  void Linger();
  void Discard();

  Server& server_;
  asio::ip::tcp::socket socket_;
  const pipeline::SessionId session_;
  bool waiting_to_read_ = false;
  bool waiting_to_write_ = false;
  bool open_ = true;
  std::optional<asio::steady_timer> linger_end_;  // set while it lingers
};

}  // namespace cordwood::server

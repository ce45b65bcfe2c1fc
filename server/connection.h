#pragma once

// One socket: moves bytes between it and its session. Reads when the session wants input, writes
// what is ready, closes when told.
//
// Ownership: the server owns it, and may drop it at any time; pending operations keep it alive
// until they are cancelled. Threads: the loop's.

#include <asio/ip/tcp.hpp>
#include <memory>

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

 private:
  bool Flush();
  void WaitToRead();
  void WaitToWrite();
  void OnReadable();

  Server& server_;
  asio::ip::tcp::socket socket_;
  const pipeline::SessionId session_;
  bool waiting_to_read_ = false;
  bool waiting_to_write_ = false;
  bool open_ = true;
};

}  // namespace cordwood::server

#pragma once

// The packaged redis-server, for comparisons: started on a unix socket in a directory of its own,
// without persistence, and gone with its object.
//
// Threads: one.

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/reply_reader.h"
#include "tests/support/temp_dir.h"

namespace cordwood::commands {

class RedisConnection {
 public:
  explicit RedisConnection(const std::string& path);
  ~RedisConnection();
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;

  /// Sends the commands at once and returns the bytes of each reply. Fewer than asked for: the
  /// server went away.
  std::vector<std::string> Run(const std::vector<std::vector<std::string>>& commands);
  std::string Run(const std::vector<std::string>& command);
  /// What it is sent without having asked; waits for it. Empty: the server went away.
  std::string Next();

 private:
  /// The first value of what has arrived, if it is complete.
  std::optional<std::string> Take();

  int socket_ = -1;
  std::string bytes_;  // from the first value on that is not taken yet
  protocol::ReplyReader reader_;
};

class RedisServer {
 public:
  static bool Installed();

  /// REQUIRES: Installed(). Aborts when the server does not start.
  RedisServer();
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  /// On a connection that is always there.
  std::vector<std::string> Run(const std::vector<std::vector<std::string>>& commands) {
    return connection_->Run(commands);
  }
  std::string Run(const std::vector<std::string>& command) { return connection_->Run(command); }
  /// Another one.
  std::unique_ptr<RedisConnection> Connect() const;

 private:
  void Start();
  void AwaitReady(int output);

  support::TempDir dir_;
  pid_t pid_ = 0;
  int output_ = -1;  // what it writes to its standard output
  std::unique_ptr<RedisConnection> connection_;
};

}  // namespace cordwood::commands

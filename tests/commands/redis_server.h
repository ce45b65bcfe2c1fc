#pragma once

// The packaged redis-server, for comparisons: started on a unix socket in a directory of its own,
// without persistence, and gone with its object.
//
// Threads: one.

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "protocol/reply_reader.h"
#include "tests/support/temp_dir.h"

namespace cordwood::commands {

class RedisServer {
 public:
  static bool Installed();

  /// REQUIRES: Installed(). Aborts when the server does not start.
  RedisServer();
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  /// Sends the commands at once and returns the bytes of each reply. Fewer than asked for: the
  /// server went away.
  std::vector<std::string> Run(const std::vector<std::vector<std::string>>& commands);
  std::string Run(const std::vector<std::string>& command);

 private:
  void Start();
  void AwaitReady(int output);
  void Connect();

  support::TempDir dir_;
  pid_t pid_ = 0;
  int output_ = -1;  // what it writes to its standard output
  int socket_ = -1;
  protocol::ReplyReader reader_;
};

}  // namespace cordwood::commands

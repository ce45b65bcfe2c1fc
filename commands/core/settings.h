#pragma once

// The options of the running server, and what of them commands go by.
//
// Threads: called on the thread that runs the command.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace cordwood::commands {

struct Client;

class Settings {
 public:
  virtual ~Settings() = default;

  /// Pairs of name and value whose name matches one of the glob patterns, each once.
  virtual std::vector<std::pair<std::string, std::string>> Get(
      std::span<const std::string_view> patterns) = 0;
  /// Sets all or nothing. The error message is ready for "-ERR ...".
  virtual Status Set(const std::vector<std::pair<std::string_view, std::string_view>>& values) = 0;
  /// The longest string that a command may make, in bytes.
  virtual uint64_t MaxStringBytes() = 0;
  /// Empty: no password is needed.
  virtual const std::string& RequiredPassword() = 0;
  /// What `enable-debug-command` says of the client.
  virtual bool AllowsDebug(const Client& client) = 0;
};

}  // namespace cordwood::commands

#pragma once

// The keys that clients watch between WATCH and EXEC.
//
// Threads: called on the thread that runs the command, while it executes.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commands/core/client.h"

namespace cordwood::commands {

class Watches {
 public:
  virtual ~Watches() = default;

  /// What WATCH met.
  struct KeyState {
    bool exists = false;  // and has not expired
    std::optional<int64_t> expiry_ms;
  };
  /// From now on a change of the key spoils the client's next EXEC. Watching it again does nothing.
  virtual void Watch(const Client& client, int db, std::string_view key, const KeyState& state) = 0;
  /// The client watches nothing any more.
  virtual void Unwatch(const Client& client) = 0;
  /// A watched key was changed, or has expired by `now_ms`.
  virtual bool IsSpoiled(const Client& client, int64_t now_ms) const = 0;

  struct Watched {
    std::string key;
    bool exists = false;
  };
  /// What is watched in a database; of keys that were changed since, `exists` may be wrong.
  virtual std::vector<Watched> In(int db) const = 0;
};

}  // namespace cordwood::commands

#pragma once

// The clients whose commands wait, as commands see them.
//
// Threads: called on the thread that runs the command.

#include <cstdint>
#include <string>
#include <vector>

#include "commands/core/client.h"

namespace cordwood::commands {

class Blocked {
 public:
  virtual ~Blocked() = default;

  virtual bool IsWaiting(uint64_t client_id) const = 0;

  enum class Ending : uint8_t {
    kTimeout,  // as if its time were over
    kError,    // "-UNBLOCKED ..."
  };
  /// The client's command waits no more, unless it gets what it waits for just now.
  virtual void Unblock(uint64_t client_id, Ending ending) = 0;

  /// The keys of a database that somebody waits for.
  virtual std::vector<std::string> AwaitedIn(int db) const = 0;

  /// Everything that the client was told of is on stable storage, which may be later than that it
  /// is shown.
  virtual bool IsSynced(const Client& client) const = 0;
};

}  // namespace cordwood::commands

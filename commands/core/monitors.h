#pragma once

// Clients that are shown the commands of all.
//
// Threads: called on the thread that runs the command.

#include <span>
#include <string_view>

#include "commands/core/client.h"
#include "commands/core/row.h"

namespace cordwood::commands {

class Monitors {
 public:
  virtual ~Monitors() = default;

  virtual void Start(const Client& client) = 0;
  virtual void Stop(const Client& client) = 0;
  /// Else nobody is shown anything.
  virtual bool any() const = 0;
  /// The client has run the command, and is in database `db` now. It is shown once everything is
  /// visible that the client has written.
  virtual void Show(const Client& client, int db, const Command& command,
                    std::span<const std::string_view> argv) = 0;
};

}  // namespace cordwood::commands

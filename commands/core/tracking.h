#pragma once

// Clients that keep what they read, and are told when it no longer holds.
//
// Threads: called on the thread that runs the command.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "commands/core/client.h"
#include "commands/core/row.h"

namespace cordwood::commands {

class Tracking {
 public:
  virtual ~Tracking() = default;

  /// There is such a client: it may be told in the place of another.
  virtual bool IsConnected(uint64_t client_id) const = 0;
  /// What the client's state says of tracking holds from now on. REQUIRES, of one that did not
  /// track: no write is under way, and its reads will see all that were committed before.
  virtual void Update(const Client& client) = 0;
  /// The client has read the keys that the command names. `own_changes`: at the newest state, and
  /// so many changes of the transaction that was just committed showed; nothing: at the visible
  /// state.
  virtual void RememberReads(const Client& client, const Command& command,
                             std::span<const std::string_view> argv,
                             std::optional<size_t> own_changes) = 0;
  /// There were none in the transaction.
  static constexpr size_t kAllChanges = SIZE_MAX;
  /// Whatever anybody has read may have changed. They are told so once everything is visible that
  /// was written so far.
  virtual void InvalidateAll() = 0;
};

}  // namespace cordwood::commands

#pragma once

// CLIENT PAUSE: for a while no command runs, or none that may write. Whose command is held goes on
// when that is over, in the order in which they came to be held; what had begun before goes on.
//
// Ownership: refers to the sessions. Threads: the loop's.

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/env.h"
#include "commands/core/clients.h"
#include "pipeline/loop/sessions.h"

namespace cordwood::pipeline {

class PausedClients {
 public:
  PausedClients(Env& env, Sessions& sessions) : env_(env), sessions_(sessions) {}
  PausedClients(const PausedClients&) = delete;
  PausedClients& operator=(const PausedClients&) = delete;

  /// From now on, for so long. A pause that goes on becomes no shorter, and holds no less.
  void Begin(uint64_t ms, commands::PauseMode mode);
  /// It ends with the next EndIfOver.
  void End();
  /// Whether keys may be changed at all, by whomever.
  bool is_on() const { return is_on_; }
  /// Whether a command of these flags has to wait.
  bool Holds(uint32_t flags) const { return is_on_ && HoldsNow(flags); }
  void Hold(Session& session);
  /// How many are held.
  size_t size() const { return held_.size(); }
  /// The session will be gone.
  void Forget(const Session& session);

  /// If the pause is over, calls `go_on` for those that it held.
  void EndIfOver(const std::function<void(Session&)>& go_on);
  /// When that is, on the monotonic clock; nothing if there is no pause.
  std::optional<uint64_t> WakeNs() const { return is_on_ ? std::optional(end_ns_) : std::nullopt; }

 private:
  bool HoldsNow(uint32_t flags) const;

  Env& env_;
  Sessions& sessions_;
  bool is_on_ = false;
  commands::PauseMode mode_ = commands::PauseMode::kWrites;
  uint64_t end_ns_ = 0;
  std::vector<SessionId> held_;
};

}  // namespace cordwood::pipeline

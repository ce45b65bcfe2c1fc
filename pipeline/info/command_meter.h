#pragma once

// Counts commands and what they took, and lists those that stand out.
//
// What a command took is the work of the loop for it, over all its turns, from the parsing of its
// request to its reply; not what it waited for. The clock is read once when it ends, and when it is
// held; what was done before began with a look at the clock (pipeline/info/turn_clock.h).
//
// Ownership: refers to what it is given. Threads: the loop's.

#include <cstdint>
#include <span>
#include <string_view>

#include "base/env.h"
#include "commands/core/command_queue.h"
#include "commands/monitoring/monitoring.h"
#include "config/config.h"
#include "pipeline/info/latency_events.h"
#include "pipeline/info/turn_clock.h"
#include "pipeline/loop/session.h"

namespace cordwood::pipeline {

class CommandMeter {
 public:
  CommandMeter(Env& env, const config::Config& config, TurnClock& clock,
               commands::Monitoring& monitoring, LatencyEvents& events)
      : env_(env), config_(config), clock_(clock), monitoring_(monitoring), events_(events) {}

  /// The session's command is held: what follows is the work of others.
  void NoteHeld(Session& session) { session.took_ns += clock_.Lap(env_.MonotonicNs()); }
  /// The session's command is finished. `reply`: the last part of it.
  void NoteFinished(Session& session, std::string_view reply);
  /// EXEC has run it.
  void NoteQueued(const Session& session, const commands::CommandQueue::Queued& queued);
  /// An error was replied in the place of a command; null: of none.
  void NoteRejected(const commands::Command* command, std::string_view error);

 private:
  struct Sizes {
    uint64_t request_bytes = 0;
    uint64_t reply_bytes = 0;
  };
  void Count(const commands::Command& command, uint64_t took_ns, commands::CommandStats& stats);
  void CountError(std::string_view code);
  bool StandsOut(uint64_t took_ns, const Sizes& sizes) const;
  void List(const Session& session, const commands::Command& command,
            std::span<const std::string_view> argv, uint64_t took_ns, const Sizes& sizes);

  Env& env_;
  const config::Config& config_;
  TurnClock& clock_;
  commands::Monitoring& monitoring_;
  LatencyEvents& events_;
};

}  // namespace cordwood::pipeline

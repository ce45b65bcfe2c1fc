#pragma once

// What the server does about those who have not said who they are: at maxclients they make way, and
// whoever guesses passwords has to wait.
//
// Ownership: refers to what it is given. Threads: the loop's.

#include <functional>
#include <vector>

#include "base/env.h"
#include "config/config.h"
#include "pipeline/info/stats.h"
#include "pipeline/loop/log_throttle.h"
#include "pipeline/loop/sessions.h"

namespace cordwood::pipeline {

class Strangers {
 public:
  Strangers(Env& env, const config::Config& config, Sessions& sessions, PipelineStats& stats)
      : env_(env), config_(config), sessions_(sessions), stats_(stats) {}

  /// At maxclients: false if all others have authenticated.
  bool MakeRoomFor(const Session& newcomer);
  /// A command is finished: the session has to wait if it has given wrong passwords too often.
  void NoteLogins(Session& session);
  /// Calls `go_on` for those who have waited long enough.
  void Retry(const std::function<void(Session&)>& go_on);

 private:
  Env& env_;
  const config::Config& config_;
  Sessions& sessions_;
  PipelineStats& stats_;
  std::vector<SessionId> guessing_;
  LogThrottle log_;
};

}  // namespace cordwood::pipeline

#pragma once

// What the executor asks of the loop about a session that may go on.
//
// Threads: the loop's.

#include "pipeline/loop/session.h"

namespace cordwood::pipeline {

class SessionRunner {
 public:
  virtual ~SessionRunner() = default;

  /// The session's command is finished, or is held anew: runs what stands behind it, as far as it
  /// may, and looks at what the session holds.
  virtual void GoOn(Session& session) = 0;
  /// The session goes on in a turn, when other connections had theirs.
  virtual void QueueTurn(Session& session) = 0;
};

}  // namespace cordwood::pipeline

#pragma once

// Acts on what pipeline/loop/client_memory.h decides: closes connections, wakes those that waited.
//
// Ownership: refers to the sessions and the statistics. Threads: the loop's.

#include <vector>

#include "base/env.h"
#include "pipeline/info/stats.h"
#include "pipeline/loop/client_memory.h"
#include "pipeline/loop/log_throttle.h"
#include "pipeline/loop/sessions.h"

namespace cordwood::pipeline {

class MemoryPressure {
 public:
  MemoryPressure(Env& env, Sessions& sessions, PipelineStats& stats)
      : env_(env), sessions_(sessions), stats_(stats), memory_(env, sessions.all()) {}

  ClientMemory& memory() { return memory_; }
  const ClientMemory& memory() const { return memory_; }

  /// What the session holds may have changed.
  void Account(Session& session);
  /// The limit may have changed. It holds from the next Account on: a command of one whom it closes
  /// may be running.
  void SetLimit(std::optional<uint64_t> bytes) { memory_.SetLimit(bytes); }
  /// The session is gone.
  void Forget(const Session& session);
  /// At the end of a pass.
  void Relieve();

 private:
  void Close(const std::vector<Session*>& sessions);
  void Evict(const std::vector<Session*>& sessions);
  void Drop(Session& session);

  Env& env_;
  Sessions& sessions_;
  PipelineStats& stats_;
  ClientMemory memory_;
  LogThrottle log_;
};

}  // namespace cordwood::pipeline

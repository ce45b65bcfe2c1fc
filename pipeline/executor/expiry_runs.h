#pragma once

// Removes keys that have expired and that nobody asks for, a millisecond at a time; not while
// clients are paused.
//
// Ownership: refers to what it is given. Threads: the loop's.

#include "base/env.h"
#include "config/config.h"
#include "keyspace/core/expiry_cycle.h"
#include "keyspace/core/keyspace.h"
#include "pipeline/executor/commits.h"
#include "pipeline/executor/expiry_clock.h"
#include "pipeline/executor/loop_fetch.h"
#include "pipeline/info/latency_events.h"
#include "pipeline/loop/paused_clients.h"
#include "pipeline/loop/transport.h"
#include "storage/reader.h"

namespace cordwood::pipeline {

class ExpiryRuns {
 public:
  ExpiryRuns(Env& env, keyspace::Keyspace& keyspace, const config::Config& config,
             storage::Reader& reader, ExpiryClock& clock, Commits& commits,
             const PausedClients& pauses, LatencyEvents& events, Transport& transport);
  ExpiryRuns(const ExpiryRuns&) = delete;
  ExpiryRuns& operator=(const ExpiryRuns&) = delete;

  /// One run. REQUIRES: nobody has a view of the reader.
  void Run();
  /// There is more to do: another run, when others had their turn.
  bool goes_on() const { return goes_on_; }
  /// Nothing is fetched, and what was is let go.
  bool LetGo() { return fetches_.LetGo(); }
  /// Whether keys are removed at all.
  void SetActive(bool active) { active_ = active; }

 private:
  /// For those that are due.
  void RunDue(uint64_t start_ns);

  Env& env_;
  keyspace::Keyspace& keyspace_;
  const config::Config& config_;
  storage::Reader& reader_;
  ExpiryClock& clock_;
  Commits& commits_;
  const PausedClients& pauses_;
  LatencyEvents& events_;
  KeptFetches fetches_;
  keyspace::ExpiryCycle cycle_;
  bool active_ = true;
  bool goes_on_ = false;
};

}  // namespace cordwood::pipeline

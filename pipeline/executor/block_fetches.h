#pragma once

// Cold blocks: a session whose command, or slice, lacks some is held until they are in the cache,
// where they stay until its command is done.
//
// What was fetched for earlier runs stays too, so that a command which finds one key by another
// gets further with every run. Once that is more than one request may take, or took very many
// fetches, or connections hold more than their share, the blocks of a fetch take the place of those
// before it: then the reruns count.
//
// Ownership: refers to what it is given. Threads: the loop's.

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "keyspace/core/keyspace.h"
#include "pipeline/info/latency_events.h"
#include "pipeline/info/memory_budget.h"
#include "pipeline/info/stats.h"
#include "pipeline/info/turn_clock.h"
#include "pipeline/loop/memory_pressure.h"
#include "pipeline/loop/sessions.h"
#include "pipeline/loop/transport.h"

namespace cordwood::pipeline {

class BlockFetches {
 public:
  /// `resume` is called with a session whose blocks are there.
  BlockFetches(Env& env, keyspace::Keyspace& keyspace, Sessions& sessions, MemoryPressure& pressure,
               const RequestLimits& limits, PipelineStats& stats, TurnClock& turn_clock,
               LatencyEvents& events, Transport& transport, std::function<void(Session&)> resume);
  ~BlockFetches();
  BlockFetches(const BlockFetches&) = delete;
  BlockFetches& operator=(const BlockFetches&) = delete;

  /// Holds the session and has the blocks fetched, at once or when the memory of others allows.
  void Hold(Session& session, std::vector<storage::BlockRef> blocks);
  bool has_waiting() const { return !line_.empty(); }
  /// Nothing is fetched, for whomever it was.
  bool is_idle() const { return in_flight_ == 0; }
  /// For those in line, as far as memory allows.
  void StartWaiting();

 private:
  /// Has the blocks fetched that the session wants.
  void Fetch(Session& session);
  void Arrived(SessionId id, storage::FetchedBlocks fetched, uint64_t bytes);
  /// Whether what was fetched for the session before is needed beside what has come.
  bool KeepsEarlier(const Session& session) const;
  void Keep(Session& session, storage::FetchedBlocks fetched, uint64_t bytes);

  Env& env_;
  keyspace::Keyspace& keyspace_;
  Sessions& sessions_;
  MemoryPressure& pressure_;
  const RequestLimits& limits_;
  PipelineStats& stats_;
  TurnClock& turn_clock_;
  LatencyEvents& events_;
  Transport& transport_;
  const std::function<void(Session&)> resume_;
  size_t in_flight_ = 0;
  std::deque<SessionId> line_;                                  // large fetches
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // posted callbacks look
};

}  // namespace cordwood::pipeline

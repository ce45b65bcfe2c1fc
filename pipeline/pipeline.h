#pragma once

// The life of commands between a connection's bytes and the store: sessions, the executor in its
// one-loop form, and the gate that holds replies until they may leave. No sockets, no threads, no
// operating system: bytes in, bytes out, so that the whole server runs under simulation.
//
// A pass of the loop:
//   Received...   for each connection with input: parse, run, queue replies
//   EndPass       send the log's group on its way; then the transport sends what is ready
//   Turn          what took too long for one pass goes on for about a millisecond
// and whenever the store made progress:
//   OnProgress    replies whose seq is visible become ready; held writes go on
//
// The contract (docs/ARCHITECTURE.md has all of it):
//   W1  the reply of a command that may write waits for the newest seq given when it finished
//   R1  a plain read of a connection that waits for nothing runs at once, at the visible state
//   R2  any other read runs in its place in line on the newest state and waits like a write
//   B1  a command that finds nothing may wait: it is served by running again, right after the
//       commit that signalled one of its keys and before the next command
//   C1  nothing here waits for a file: a command whose blocks are cold is undone, its session held,
//       the blocks are fetched and kept until it is done, and it runs again; only if that is more
//       than one request may take, it reads files itself in the end
//
// The request queue is bounded by construction: at most one request a connection waits, in its
// parser's buffer, and nothing is read from a connection that waits.
//
// Ownership: everything passed to the constructor outlives it. Threads: the loop's, but for the
// callbacks that come in through Transport::Post.

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/env.h"
#include "commands/monitoring/monitoring.h"
#include "config/config.h"
#include "keyspace/core/keyspace.h"
#include "pipeline/executor/executor.h"
#include "pipeline/gate/completion.h"
#include "pipeline/gate/event_messages.h"
#include "pipeline/gate/outgoing.h"
#include "pipeline/gate/pushes.h"
#include "pipeline/gate/reply_gate.h"
#include "pipeline/info/command_meter.h"
#include "pipeline/info/latency_events.h"
#include "pipeline/info/memory_budget.h"
#include "pipeline/info/stats.h"
#include "pipeline/info/turn_clock.h"
#include "pipeline/loop/command_loop.h"
#include "pipeline/loop/memory_pressure.h"
#include "pipeline/loop/output_limits.h"
#include "pipeline/loop/paused_clients.h"
#include "pipeline/loop/sessions.h"
#include "pipeline/loop/strangers.h"
#include "pipeline/loop/transport.h"
#include "pipeline/tables/blocked_clients.h"
#include "pipeline/tables/monitor_table.h"
#include "pipeline/tables/subscribers.h"
#include "pipeline/tables/tracking_table.h"
#include "pipeline/tables/watch_table.h"

namespace cordwood::commands {
class CommandTable;
struct Host;
}  // namespace cordwood::commands

namespace cordwood::pipeline {

inline constexpr int kTicksPerSecond = 10;

class Pipeline final : private SessionRunner {
 public:
  Pipeline(Env& env, keyspace::Keyspace& keyspace, config::Config& config,
           const commands::CommandTable& table, Transport& transport);
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  /// Who answers what commands ask of the process. Set once, before the first connection.
  void SetHost(const commands::Host* host) { executor_.SetHost(host); }

  // --- connections ---
  struct Peer {
    std::string address;        // ip:port
    std::string local_address;  // ip:port
    bool is_local = true;       // loopback or a Unix socket
  };
  /// A new connection. It may be closing at once, with an error ready to be sent.
  SessionId Open(const Peer& peer);
  /// The peer is gone, or the transport gave up: nothing more is sent.
  void Close(SessionId id);
  /// Where to put received bytes: at least `wanted`, or fewer while connections hold too much.
  /// REQUIRES: WantsInput(id).
  std::span<char> InputSpan(SessionId id, size_t wanted);
  /// The first `size` bytes of the last InputSpan were received: parses and runs what is complete.
  void Received(SessionId id, size_t size);
  /// The peer will send nothing more, but may still read: what it asked for is done and answered,
  /// then the connection must close.
  void InputEnded(SessionId id);
  /// False while the session is held, or has too much to send, or closes, or after its input ended.
  /// But a bounded part of it is read while the command waits for others, to see when it ends.
  bool WantsInput(SessionId id) const;
  std::string_view ReadyOutput(SessionId id) const;
  /// The first `size` ready bytes were sent.
  void Sent(SessionId id, size_t size);
  /// The transport must close the connection: everything is sent, or nothing is to be.
  bool ShouldClose(SessionId id) const;
  /// Of one that must close: first what the peer is still sending has to be read and thrown away,
  /// for a while, or it never sees the error that ended the connection.
  bool ShouldLinger(SessionId id) const;
  /// Sessions with new output, or whose wish for input or to close may have changed, since the
  /// last call.
  std::vector<SessionId> TakeDirty() { return sessions_.TakeDirty(); }

  // --- the loop ---
  /// Held writes whose time has come go on, too.
  void EndPass();
  /// The store's listener was called. If the store failed, connections with replies that can never
  /// leave are closed: nobody can say what became of their writes.
  void OnProgress();
  /// kTicksPerSecond times a second: retries, expiry, samples.
  void Tick();
  /// Slices of long reads, of long pipelines or of expiry are waiting: call Turn after other
  /// connections had theirs. It takes about a millisecond.
  bool WantsTurn() const {
    return loop_.wants_turn() || executor_.background_goes_on() || outgoing_.due() ||
           tracking_.goes_on();
  }
  void Turn();
  /// When a pass should end, on the monotonic clock, for something to happen in time: a write that
  /// is held back goes on, a wait is over; nothing if there is none.
  std::optional<uint64_t> WakeNs();

  // --- for the host ---
  const Sessions::Map& sessions() const { return sessions_.all(); }
  Session* Find(SessionId id) const { return sessions_.Find(id); }
  void CloseSoon(Session& session) { sessions_.CloseSoon(session); }
  SocketState SocketOf(SessionId id) const { return transport_.SocketOf(id); }
  /// The server stops: no further command of anybody runs, those that are held included, and
  /// nothing more is read. What has run is still answered, and long reads go on.
  void StopInput() { executor_.Stop(); }
  /// Closes the store and opens it again when nobody has anything of it, at the end of a pass; then
  /// calls `reopened`. After a failure nothing may be called.
  void ReopenSoon(std::function<void(const Status&)> reopened) { reopened_ = std::move(reopened); }
  /// Has `task` done about once a second.
  void EverySecond(std::function<void()> task) { every_second_ = std::move(task); }
  PipelineStats& stats() { return stats_; }
  commands::Monitoring& monitoring() { return monitoring_; }
  /// How long the loop has worked for the session's command, which runs.
  uint64_t WorkedNs(SessionId id) const;
  WatchTable& watches() { return watches_; }
  Subscribers& subscribers() { return subscribers_; }
  const Subscribers& subscribers() const { return subscribers_; }
  MonitorTable& monitors() { return monitors_; }
  TrackingTable& tracking() { return tracking_; }
  const TrackingTable& tracking() const { return tracking_; }
  const Outgoing& outgoing() const { return outgoing_; }
  const WatchTable& watches() const { return watches_; }
  const BlockedClients& blocked() const { return blocked_; }
  Waiters& waiters() { return executor_.waiters(); }
  PausedClients& pauses() { return pauses_; }
  keyspace::Keyspace& keyspace() { return keyspace_; }
  config::Config& config() { return config_; }
  const commands::CommandTable& table() const { return table_; }
  Env& env() { return env_; }
  const ExpiryClock& expiry_clock() const { return executor_.clock(); }
  /// Whether expired keys that nobody asks for are removed.
  void SetActiveExpire(bool active) { executor_.SetActiveExpire(active); }
  int64_t MonotonicMs() { return static_cast<int64_t>(env_.MonotonicNs() / 1'000'000); }
  /// What connections may hold together, and what is remembered of their reads beside that.
  void SetClientMemory(uint64_t bytes);
  /// As maxmemory-clients says.
  void SetClientLimit(std::optional<uint64_t> bytes) { pressure_.SetLimit(bytes); }
  /// What one request may take.
  void SetRequestLimits(const RequestLimits& limits);
  const RequestLimits& request_limits() const { return request_limits_; }
  /// What they hold: requests, replies, blocks kept for their commands.
  uint64_t client_bytes() const { return pressure_.memory().bytes(); }
  /// Options that sessions keep copies of have changed.
  void ApplyLimits();

 private:
  void GoOn(Session& session) override { loop_.GoOn(session); }
  void QueueTurn(Session& session) override { loop_.QueueTurn(session); }
  void ReopenStore();
  /// What took long in the background.
  void NoteWaits();
  /// Of all sessions: what they hold, how long they have been idle.
  void CheckSessions();

  Env& env_;
  keyspace::Keyspace& keyspace_;
  config::Config& config_;
  const commands::CommandTable& table_;
  const Transport& transport_;
  PipelineStats stats_;
  commands::Monitoring monitoring_;
  LatencyEvents events_;
  TurnClock turn_clock_;
  CommandMeter meter_;
  RequestLimits request_limits_;
  Sessions sessions_;
  WatchTable watches_;
  BlockedClients blocked_;
  MemoryPressure pressure_;
  Strangers strangers_;
  PausedClients pauses_;
  ReplyGate gate_;
  OutputLimits output_limits_;
  Pushes pushes_;
  Outgoing outgoing_;
  MonitorTable monitors_;
  TrackingTable tracking_;
  Completion completion_;
  Subscribers subscribers_;
  EventMessages event_messages_;
  Executor executor_;
  CommandLoop loop_;
  std::function<void()> every_second_;
  std::function<void(const Status&)> reopened_;  // not null: the store is to be opened again
};

}  // namespace cordwood::pipeline

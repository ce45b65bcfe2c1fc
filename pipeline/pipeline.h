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
//   C1  nothing here waits for a file: a command whose blocks are cold is undone, its session held,
//       the blocks are fetched and kept until it is done, and it runs again; only if that is more
//       than one request may take, it reads files itself in the end
//
// The request queue is bounded by construction: at most one request a connection waits, in its
// parser's buffer, and nothing is read from a connection that waits.
//
// Ownership: everything passed to the constructor outlives it. Threads: the loop's, but for the
// callbacks that come in through Transport::Post.

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "config/config.h"
#include "keyspace/core/expiry_cycle.h"
#include "keyspace/core/keyspace.h"
#include "pipeline/client_memory.h"
#include "pipeline/expiry_clock.h"
#include "pipeline/log_throttle.h"
#include "pipeline/memory_budget.h"
#include "pipeline/session.h"
#include "pipeline/stats.h"
#include "pipeline/transport.h"

namespace cordwood::commands {
class CommandTable;
struct Command;
struct Host;
}  // namespace cordwood::commands

namespace cordwood::pipeline {

inline constexpr int kTicksPerSecond = 10;

class Pipeline {
 public:
  Pipeline(Env& env, keyspace::Keyspace& keyspace, config::Config& config,
           const commands::CommandTable& table, Transport& transport);
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  /// Who answers what commands ask of the process. Set once, before the first connection.
  void SetHost(const commands::Host* host) { host_ = host; }

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
  std::vector<SessionId> TakeDirty();

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
  bool WantsTurn() const { return !turns_.empty() || expiry_goes_on_; }
  void Turn();
  /// When a pass should end, on the monotonic clock, for a write that is held back to go on;
  /// nothing if there is none.
  std::optional<uint64_t> WakeNs();

  // --- for the host ---
  const std::map<SessionId, std::unique_ptr<Session>>& sessions() const { return sessions_; }
  Session* Find(SessionId id);
  void CloseSoon(Session& session);
  /// The server stops: no further command of anybody runs, those that are held included, and
  /// nothing more is read. What has run is still answered, and long reads go on.
  void StopInput() { stopping_ = true; }
  PipelineStats& stats() { return stats_; }
  keyspace::Keyspace& keyspace() { return keyspace_; }
  config::Config& config() { return config_; }
  const commands::CommandTable& table() const { return table_; }
  Env& env() { return env_; }
  const ExpiryClock& expiry_clock() const { return expiry_clock_; }
  /// Whether expired keys that nobody asks for are removed.
  void SetActiveExpire(bool active) { active_expire_ = active; }
  int64_t MonotonicMs() { return static_cast<int64_t>(env_.MonotonicNs() / 1'000'000); }
  /// What connections may hold together.
  void SetClientMemory(uint64_t bytes) { client_memory_.SetMax(bytes); }
  /// What one request may take.
  void SetRequestLimits(const RequestLimits& limits);
  const RequestLimits& request_limits() const { return request_limits_; }
  /// What they hold: requests, replies, blocks kept for their commands.
  uint64_t client_bytes() const { return client_memory_.bytes(); }
  /// Options that sessions keep copies of have changed.
  void ApplyLimits();

 private:
  /// At maxclients: false if all others have authenticated.
  bool MakeRoomFor(const Session& newcomer);
  /// The session may have to wait for having given wrong passwords.
  void NoteLogins(Session& session);
  void RetryGuesses();

  /// Parses and runs until the session needs more input, is held, has enough to send, or had its
  /// time: then it goes on in a turn.
  void Advance(Session& session);
  bool MayAdvance(const Session& session) const;
  void Start(Session& session);
  void RejectMalformed(Session& session);
  /// Replies without running anything: unknown commands, missing authentication.
  void Refuse(Session& session, size_t reply_start, std::string_view error);
  std::string CheckAllowed(const Session& session, const commands::Command& command) const;

  /// Runs the session's command; on return it is finished or the session is held.
  void Run(Session& session);
  bool MustExecute(const Session& session) const;
  /// What a command was let in with: it may write no more and nothing else without asking again.
  struct Admitted {
    uint64_t bytes = 0;
    storage::Intent intent = storage::Intent::kAdd;
  };
  void RunOnce(Session& session, bool execute, Admitted admitted);
  /// After the handler: commits. False: the session is held or the reply was replaced.
  bool CommitWrites(Session& session, keyspace::Transaction& tx, Admitted admitted,
                    size_t reply_start);
  bool HoldForAdmission(Session& session, Admitted wanted, size_t reply_start);
  void RefuseForSpace(Session& session, size_t reply_start);
  /// Whether writers are being held back for what was written before.
  bool IsPaced();
  /// The reply that starts there is complete.
  void Finish(Session& session, bool executed, size_t reply_start);
  void FailCommand(Session& session, const Error& error, size_t reply_start);
  void HoldForBlocks(Session& session, std::vector<storage::BlockRef> blocks);
  /// Has the blocks fetched that the session wants.
  void Fetch(Session& session);
  /// For those in line, as far as memory allows.
  void StartFetches();
  /// So many bytes of blocks: beside what was fetched for the command before. Once that is more
  /// than one request may take, or took very many fetches, or connections hold more than their
  /// share, in its place: then the reruns count.
  void KeepFetched(Session& session, storage::Store::FetchedBlocks fetched, uint64_t bytes);
  /// The session's blocks are there.
  void Resume(Session& session);
  /// Runs the command of a session that was held, and what stands behind it.
  void RunHeld(Session& session);
  void StartLongRead(Session& session);
  void StepLongRead(Session& session);
  /// What was appended from there on ends the reply.
  void EndLongRead(Session& session, size_t reply_start);
  /// Ends it with an error if its snapshot is older than one may be.
  bool EndIfOld(Session& session, uint64_t now_ns);
  void QueueTurn(Session& session);
  /// Some of what the long read waits for was sent.
  void ResumeStalled(Session& session);
  void CloseIfStalled(Session& session, uint64_t now_ns);
  void ReplaceReply(Session& session, size_t reply_start, std::string_view error);

  void RetryAdmissions();
  void RetryLongReads();
  void ReleaseReplies();
  /// The store failed: what waits for it to become visible would wait for ever.
  void CloseHopeless();
  void NoteWaiting(Session& session);
  void MarkDirty(Session& session);
  /// One run, of about a millisecond. It goes on with the next turn while there is more.
  void RunExpiryCycle();
  void SampleRates();
  void CheckBuffers();

  /// What the session holds may have changed.
  void Account(Session& session);
  void RelieveClientMemory();
  void CloseForMemory(const std::vector<Session*>& sessions);
  void WakeAll();

  protocol::Limits LimitsFor(const Session* session) const;

  /// What a read that shows everything up to `seq` takes for now.
  int64_t NowMsAt(storage::Seq seq);
  void NoteStart(storage::Seq seq, int64_t start_ms);
  storage::Tier TierFor(const Session& session);
  static uint32_t AheadFor(const Session& session);
  void CountBlockingReads(storage::Tier tier, const storage::View& view);

  Env& env_;
  keyspace::Keyspace& keyspace_;
  storage::Store& store_;
  config::Config& config_;
  const commands::CommandTable& table_;
  Transport& transport_;
  const commands::Host* host_ = nullptr;
  storage::Reader reader_;

  std::map<SessionId, std::unique_ptr<Session>> sessions_;
  SessionId next_id_ = 1;
  std::deque<SessionId> held_writers_;  // in the order in which they came
  std::deque<SessionId> fetch_line_;    // large fetches wait for the memory of others
  std::vector<SessionId> waiting_;      // their replies wait for a seq
  std::vector<SessionId> held_for_visibility_;
  std::vector<SessionId> guessing_;
  std::deque<SessionId> turns_;  // those who go on when others had their turn
  std::vector<SessionId> dirty_;
  uint64_t write_free_at_ns_ = 0;  // pacing: the next write may run then

  /// Start times of commands whose records are not visible yet, ascending as their seqs do: readers
  /// at the visible state judge expiry by the first.
  struct StartTime {
    storage::Seq seq = 0;  // the newest record of commands that started then
    int64_t ms = 0;
  };
  std::deque<StartTime> start_times_;

  ExpiryClock expiry_clock_;
  keyspace::ExpiryCycle expiry_cycle_;
  bool expiry_fetching_ = false;
  bool active_expire_ = true;
  bool expiry_goes_on_ = false;                   // with the next turn
  storage::Store::FetchedBlocks expiry_fetched_;  // since a run last got on
  bool stopping_ = false;

  RequestLimits request_limits_;
  ClientMemory client_memory_{env_, sessions_};
  LogThrottle room_log_;
  LogThrottle memory_log_;
  PipelineStats stats_;
  std::shared_ptr<bool> alive_;  // posted callbacks look whether the pipeline is still there
};

}  // namespace cordwood::pipeline

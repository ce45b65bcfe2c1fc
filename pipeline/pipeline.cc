#include "pipeline/pipeline.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/format.h"
#include "base/log.h"

namespace cordwood::pipeline {
namespace {

// A connection that is idle for so long gives its buffers back.
constexpr int64_t kBuffersKeptMs = 2000;
constexpr uint64_t kNsPerMs = 1'000'000;
// Read of a connection whose command waits for others.
constexpr size_t kInputWhileBlockedMax = 64 << 10;
// What is remembered of reads, as a part of what connections may hold.
constexpr uint64_t kTrackingShare = 4;

constexpr std::string_view kProtectedMode =
    "-DENIED Redis is running in protected mode because protected mode is enabled and no password "
    "is set for the default user. In this mode connections are only accepted from the loopback "
    "interface. If you want to connect from external computers, set a password with the "
    "'requirepass' option, or disable protected mode with '--protected-mode no' if the port is "
    "not reachable from networks that you do not trust.\r\n";
constexpr std::string_view kTooManyClients = "-ERR max number of clients reached\r\n";

}  // namespace

Pipeline::Pipeline(Env& env, keyspace::Keyspace& keyspace, config::Config& config,
                   const commands::CommandTable& table, Transport& transport)
    : env_(env),
      keyspace_(keyspace),
      config_(config),
      table_(table),
      transport_(transport),
      events_(env, config, monitoring_.latency),
      turn_clock_(stats_),
      meter_(env, config, turn_clock_, monitoring_, events_),
      request_limits_(RequestLimitsFor(config, UINT64_MAX)),
      watches_(keyspace),
      blocked_(keyspace),
      pressure_(env, sessions_, stats_),
      strangers_(env, config, sessions_, stats_),
      pauses_(env, sessions_),
      gate_(sessions_, keyspace),
      output_limits_(config, sessions_, stats_),
      pushes_(gate_, pressure_, output_limits_),
      outgoing_(env, keyspace),
      monitors_(env, sessions_, outgoing_, pushes_),
      tracking_(env, keyspace, config, sessions_, outgoing_, pushes_),
      completion_(gate_, keyspace, meter_, monitors_, tracking_, output_limits_, stats_),
      subscribers_(sessions_, outgoing_, pushes_),
      event_messages_(config, outgoing_, subscribers_),
      executor_({.env = env,
                 .keyspace = keyspace,
                 .config = config,
                 .transport = transport,
                 .sessions = sessions_,
                 .pressure = pressure_,
                 .pauses = pauses_,
                 .gate = gate_,
                 .completion = completion_,
                 .meter = meter_,
                 .events = events_,
                 .stats = stats_,
                 .turn_clock = turn_clock_,
                 .limits = request_limits_,
                 .runner = *this,
                 .watches = watches_,
                 .tracking = tracking_,
                 .blocked = blocked_,
                 .outgoing = outgoing_,
                 .messages = event_messages_}),
      loop_({.env = env,
             .config = config,
             .table = table,
             .sessions = sessions_,
             .pressure = pressure_,
             .gate = gate_,
             .completion = completion_,
             .strangers = strangers_,
             .pauses = pauses_,
             .watches = watches_,
             .stats = stats_,
             .limits = request_limits_,
             .executor = executor_}) {}

// --- connections ---

SessionId Pipeline::Open(const Peer& peer) {
  Session& session = sessions_.Add(loop_.LimitsFor(nullptr));
  session.client.address = peer.address;
  session.client.local_address = peer.local_address;
  session.client.is_local = peer.is_local;
  session.client.created_ms = MonotonicMs();
  session.client.last_active_ms = session.client.created_ms;
  session.client.authenticated = config_.requirepass.empty();
  ++stats_.connections_received;
  stats_.peak_clients = std::max<uint64_t>(stats_.peak_clients, sessions_.size());
  std::string_view refusal;
  const bool many = static_cast<int64_t>(sessions_.size()) > config_.maxclients;
  if (many && !strangers_.MakeRoomFor(session)) {
    refusal = kTooManyClients;
  } else if (config_.protected_mode && config_.requirepass.empty() && !peer.is_local) {
    refusal = kProtectedMode;
  }
  if (!refusal.empty()) {
    ++stats_.rejected_connections;
    session.replies.buffer() += refusal;
    gate_.Add(session);
    session.client.close_after_reply = true;
  }
  return session.id();
}

void Pipeline::Close(SessionId id) {
  const std::unique_ptr<Session> gone = sessions_.Remove(id);
  if (gone == nullptr) return;
  // First: with its locks gone others may run, and what they cause is sent.
  subscribers_.Forget(*gone);
  monitors_.Forget(*gone);
  tracking_.Forget(*gone);
  executor_.Forget(*gone);
  pauses_.Forget(*gone);
  watches_.Forget(id);
  pressure_.Forget(*gone);
}

std::span<char> Pipeline::InputSpan(SessionId id, size_t wanted) {
  return Find(id)->parser.WritableSpan(pressure_.memory().ReadBytes(wanted));
}

void Pipeline::Received(SessionId id, size_t size) {
  Session* const session = Find(id);
  CHECK(session != nullptr);
  const uint64_t now_ns = env_.MonotonicNs();
  turn_clock_.Begin(now_ns);
  session->parser.Commit(size);
  session->client.last_active_ms = static_cast<int64_t>(now_ns / kNsPerMs);
  stats_.input_bytes += size;
  session->received_bytes += size;
  if (pressure_.memory().pressed()) {
    loop_.QueueTurn(*session);  // what is ready for others is sent first
  } else {
    loop_.Advance(*session, now_ns);
  }
  pressure_.Account(*session);
}

void Pipeline::InputEnded(SessionId id) {
  Session* const session = Find(id);
  CHECK(session != nullptr);
  session->input_ended = true;
  sessions_.MarkDirty(*session);
  // As Redis does: who waits for it may be gone, and what it was given would be lost.
  if (session->hold == Hold::kBlocked) sessions_.CloseSoon(*session);
}

bool Pipeline::WantsInput(SessionId id) const {
  const Session* const session = Find(id);
  if (session == nullptr || session->queued || session->input_ended) return false;
  if (pressure_.memory().MustWait(*session)) return false;
  if (session->hold != Hold::kBlocked) return loop_.MayAdvance(*session);
  return !session->closing() && !executor_.stopped() &&
         session->parser.buffered_bytes() < kInputWhileBlockedMax;
}

std::string_view Pipeline::ReadyOutput(SessionId id) const {
  const Session* const session = Find(id);
  if (session == nullptr || session->close_now) return {};
  return session->replies.ready();
}

void Pipeline::Sent(SessionId id, size_t size) {
  Session& session = *Find(id);
  stats_.output_bytes += size;
  session.sent_bytes += size;
  session.client.last_active_ms = MonotonicMs();
  session.replies.Consume(size);
  executor_.NoteSent(session);
  // Commands that arrived but did not run while there was too much to send. They wait for their
  // turn: a peer that reads as fast as it is sent to would have the loop to itself.
  if (session.full && session.replies.unsent_bytes() < pressure_.memory().UnsentMax(session)) {
    session.full = false;
    sessions_.MarkDirty(session);
    if (!session.held()) loop_.QueueTurn(session);
  }
  pressure_.Account(session);
}

bool Pipeline::ShouldClose(SessionId id) const {
  const Session* const session = Find(id);
  if (session == nullptr) return false;
  const bool ends = session->client.close_after_reply ||
                    (session->input_ended && !session->held() && !session->queued);
  return session->close_now || (ends && session->replies.unsent_bytes() == 0);
}

bool Pipeline::ShouldLinger(SessionId id) const {
  const Session* const session = Find(id);
  return session != nullptr && session->linger && !session->close_now;
}

uint64_t Pipeline::WorkedNs(SessionId id) const {
  const Session* const session = Find(id);
  if (session == nullptr) return 0;  // its work is being ended
  return session->took_ns + turn_clock_.SoFar(env_.MonotonicNs());
}

void Pipeline::SetClientMemory(uint64_t bytes) {
  pressure_.memory().SetMax(bytes);
  tracking_.SetBytesMax(bytes / kTrackingShare);
}

void Pipeline::SetRequestLimits(const RequestLimits& limits) {
  request_limits_ = limits;
  ApplyLimits();
}

void Pipeline::ApplyLimits() {
  for (const auto& [id, session] : sessions_.all()) {
    if (config_.requirepass.empty()) session->client.authenticated = true;
    session->parser.SetLimits(loop_.LimitsFor(session.get()));
  }
}

// --- the loop ---

void Pipeline::Turn() {
  turn_clock_.Begin(env_.MonotonicNs());
  loop_.Turn();
  if (outgoing_.due()) outgoing_.LetLeave();
  if (tracking_.goes_on()) tracking_.GoOn();
  if (executor_.background_goes_on()) executor_.GoOnInBackground();
}

void Pipeline::EndPass() {
  if (executor_.has_waiting()) turn_clock_.Begin(env_.MonotonicNs());
  executor_.EndPass();
  if (outgoing_.due()) outgoing_.LetLeave();
  pauses_.EndIfOver([this](Session& session) { loop_.QueueTurn(session); });
  tracking_.EndPass();
  keyspace_.store().Kick();
  if (reopened_ && executor_.IsIdle()) ReopenStore();
  if (turn_clock_.running()) turn_clock_.End(env_.MonotonicNs());
}

std::optional<uint64_t> Pipeline::WakeNs() {
  const std::optional<uint64_t> work_ns = executor_.WakeNs();
  const std::optional<uint64_t> pause_ns = pauses_.WakeNs();
  return work_ns && pause_ns ? std::min(*work_ns, *pause_ns) : work_ns ? work_ns : pause_ns;
}

void Pipeline::ReopenStore() {
  const auto reopened = std::exchange(reopened_, nullptr);
  const Status status = executor_.ReopenStore();
  reopened(status);
  if (status) OnProgress();  // all that was written is on the disk
}

void Pipeline::OnProgress() {
  turn_clock_.Begin(env_.MonotonicNs());
  const bool failed = !keyspace_.store().failure();  // and from here on nothing becomes visible
  gate_.Release();
  if (outgoing_.due()) outgoing_.LetLeave();
  executor_.OnProgress();
  if (!failed) return;
  gate_.CloseWaiting();
  executor_.CloseWaiting();
}

void Pipeline::Tick() {
  turn_clock_.Begin(env_.MonotonicNs());
  keyspace_.Tick();
  executor_.RunBackground();
  executor_.RetryAdmissions();
  executor_.waiters().Retry();
  strangers_.Retry([this](Session& session) { loop_.QueueTurn(session); });
  CheckSessions();
  if (stats_.Sample(env_.MonotonicNs()) && every_second_) every_second_();
  NoteWaits();
}

void Pipeline::NoteWaits() {
  const storage::Store::Waits waits = keyspace_.store().TakeLongestWaits();
  if (waits.sync_ns > 0) events_.Note("fsync", waits.sync_ns);
  if (waits.group_ns > 0) events_.Note("group-commit", waits.group_ns);
  if (waits.flush_ns > 0) events_.Note("flush", waits.flush_ns);
}

void Pipeline::CheckSessions() {
  const uint64_t now_ns = env_.MonotonicNs();
  const int64_t now = MonotonicMs();
  for (const auto& [id, session] : sessions_.all()) {
    output_limits_.Check(*session, now_ns);
    executor_.CheckAge(*session, now_ns);
    const int64_t idle_ms = now - session->client.last_active_ms;
    // One that waits for us, or for messages, is not idle.
    const bool waits = session->held() || session->queued || session->replies.waiting() ||
                       !session->client.subscriptions.empty();
    if (config_.timeout_seconds > 0 && !waits && idle_ms > config_.timeout_seconds * 1000) {
      sessions_.CloseSoon(*session);
    }
    if (idle_ms > kBuffersKeptMs && !session->keeps_arguments()) session->parser.ReleaseMemory();
    pressure_.Account(*session);
  }
}

}  // namespace cordwood::pipeline

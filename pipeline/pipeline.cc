#include "pipeline/pipeline.h"

#include <algorithm>

#include "base/check.h"
#include "base/format.h"
#include "base/log.h"
#include "commands/core/command_table.h"
#include "commands/core/host.h"
#include "commands/core/row.h"

namespace cordwood::pipeline {
namespace {

// One that has not authenticated is closed beyond this.
constexpr size_t kUnauthenticatedUnsentBytesMax = 64 << 10;
constexpr size_t kUnauthenticatedRequestBytes = 64 << 10;
constexpr uint64_t kSampleNs = 1'000'000'000;

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
      store_(keyspace.store()),
      config_(config),
      table_(table),
      transport_(transport),
      reader_(store_),
      expiry_clock_(env),
      expiry_cycle_(keyspace),
      request_limits_(RequestLimitsFor(config, UINT64_MAX)),
      alive_(std::make_shared<bool>(true)) {}

Pipeline::~Pipeline() {
  *alive_ = false;
  store_.AwaitFetches();  // their callbacks use the transport
}

// --- connections ---

protocol::Limits Pipeline::LimitsFor(const Session* session) const {
  const bool authenticated =
      session == nullptr ? config_.requirepass.empty() : session->client.authenticated;
  const size_t request_bytes = request_limits_.request_bytes;
  return {.max_bulk_bytes = request_limits_.argument_bytes,
          .max_request_bytes =
              authenticated ? request_bytes : std::min(request_bytes, kUnauthenticatedRequestBytes),
          .authenticated = authenticated};
}

SessionId Pipeline::Open(const Peer& peer) {
  const SessionId id = next_id_++;
  auto owned = std::make_unique<Session>(id, LimitsFor(nullptr));
  Session& session = *owned;
  sessions_.emplace(id, std::move(owned));
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
  if (many && !MakeRoomFor(session)) {
    refusal = kTooManyClients;
  } else if (config_.protected_mode && config_.requirepass.empty() && !peer.is_local) {
    refusal = kProtectedMode;
  }
  if (!refusal.empty()) {
    ++stats_.rejected_connections;
    session.replies.buffer() += refusal;
    session.replies.Commit(0, store_.visible());
    session.client.close_after_reply = true;
    MarkDirty(session);
  }
  return id;
}

Session* Pipeline::Find(SessionId id) {
  const auto it = sessions_.find(id);
  return it == sessions_.end() ? nullptr : it->second.get();
}

void Pipeline::Close(SessionId id) {
  // Lists that still name the session look it up and find it gone.
  const auto it = sessions_.find(id);
  if (it == sessions_.end()) return;
  const std::unique_ptr<Session> gone = std::move(it->second);
  sessions_.erase(it);
  if (client_memory_.Forget(*gone)) WakeAll();
}

void Pipeline::CloseSoon(Session& session) {
  session.close_now = true;
  MarkDirty(session);
}

std::span<char> Pipeline::InputSpan(SessionId id, size_t wanted) {
  return Find(id)->parser.WritableSpan(client_memory_.ReadBytes(wanted));
}

void Pipeline::Received(SessionId id, size_t size) {
  Session* session = Find(id);
  CHECK(session != nullptr);
  session->parser.Commit(size);
  session->client.last_active_ms = MonotonicMs();
  stats_.input_bytes += size;
  if (client_memory_.pressed()) {
    QueueTurn(*session);  // what is ready for others is sent first
  } else {
    Advance(*session);
  }
  Account(*session);
}

void Pipeline::InputEnded(SessionId id) {
  Session* session = Find(id);
  CHECK(session != nullptr);
  session->input_ended = true;
  MarkDirty(*session);
}

bool Pipeline::WantsInput(SessionId id) const {
  const auto it = sessions_.find(id);
  if (it == sessions_.end()) return false;
  const Session& session = *it->second;
  return MayAdvance(session) && !session.queued && !session.input_ended &&
         !client_memory_.MustWait(session);
}

std::string_view Pipeline::ReadyOutput(SessionId id) const {
  const auto it = sessions_.find(id);
  if (it == sessions_.end() || it->second->close_now) return {};
  return it->second->replies.ready();
}

void Pipeline::Sent(SessionId id, size_t size) {
  Session& session = *Find(id);
  stats_.output_bytes += size;
  session.client.last_active_ms = MonotonicMs();
  session.replies.Consume(size);
  ResumeStalled(session);
  // Commands that arrived but did not run while there was too much to send. They wait for their
  // turn: a peer that reads as fast as it is sent to would have the loop to itself.
  if (session.full && session.replies.unsent_bytes() < client_memory_.UnsentMax(session)) {
    session.full = false;
    MarkDirty(session);
    if (!session.held()) QueueTurn(session);
  }
  Account(session);
}

bool Pipeline::ShouldClose(SessionId id) const {
  const auto it = sessions_.find(id);
  if (it == sessions_.end()) return false;
  const Session& session = *it->second;
  const bool ends = session.client.close_after_reply ||
                    (session.input_ended && !session.held() && !session.queued);
  return session.close_now || (ends && session.replies.unsent_bytes() == 0);
}

bool Pipeline::ShouldLinger(SessionId id) const {
  const auto it = sessions_.find(id);
  return it != sessions_.end() && it->second->linger && !it->second->close_now;
}

std::vector<SessionId> Pipeline::TakeDirty() {
  for (const SessionId id : dirty_) {
    if (Session* session = Find(id)) session->dirty = false;
  }
  return std::exchange(dirty_, {});
}

void Pipeline::MarkDirty(Session& session) {
  if (session.dirty) return;
  session.dirty = true;
  dirty_.push_back(session.id());
}

void Pipeline::SetRequestLimits(const RequestLimits& limits) {
  request_limits_ = limits;
  ApplyLimits();
}

void Pipeline::ApplyLimits() {
  for (auto& [id, owner] : sessions_) {
    Session& session = *owner;
    if (config_.requirepass.empty()) session.client.authenticated = true;
    session.parser.SetLimits(LimitsFor(&session));
  }
}

// --- memory ---

void Pipeline::Account(Session& session) {
  if (client_memory_.Account(session)) WakeAll();
  CloseForMemory(client_memory_.TakeExcess());
}

void Pipeline::RelieveClientMemory() {
  if (!client_memory_.over()) return;
  if (client_memory_.ReleaseIdle()) WakeAll();
  CloseForMemory(client_memory_.TakeOverdue());
  if (Session* const favoured = client_memory_.TakeFavoured()) MarkDirty(*favoured);
}

void Pipeline::CloseForMemory(const std::vector<Session*>& sessions) {
  if (sessions.empty()) return;
  const Session& first = *sessions.front();
  if (const uint64_t closed = memory_log_.Note(env_.MonotonicNs(), sessions.size())) {
    LogWarning(Format(
        "closing {} of {} connections: they hold {} bytes, more than their share of the memory "
        "budget ({}), and {}{} the most of them, {}",
        closed, sessions_.size(), client_memory_.bytes(), client_memory_.max(),
        first.client.address, first.client.authenticated ? "" : ", which has not authenticated,",
        first.held_bytes));
  }
  for (Session* const session : sessions) {
    ++stats_.output_buffer_disconnections;
    CloseSoon(*session);
    // Its command may still run, and needs its arguments.
    if (!session->held()) session->parser = protocol::RequestParser(session->parser.limits());
    session->replies = {};
    if (client_memory_.Account(*session)) WakeAll();
  }
}

void Pipeline::WakeAll() {
  for (auto& [id, session] : sessions_) MarkDirty(*session);
}

// --- parsing ---

void Pipeline::RejectMalformed(Session& session) {
  const protocol::ParseFailure& failure = session.parser.failure();
  LogVerbose(Format("closing {}: {}", session.client.address, failure.reason));
  session.client.close_after_reply = true;
  if (failure.over_request_limit) ++stats_.query_buffer_disconnections;
  if (failure.reply.empty()) {
    session.close_now = !session.replies.waiting();
  } else {
    protocol::ReplyWriter(session.replies.buffer(), protocol::RespVersion::kResp2)
        .Error(failure.reply);
    ++stats_.error_replies;
    session.replies.Commit(session.dep, store_.visible());
    NoteWaiting(session);
    session.linger = true;
  }
  // The connection may stay for seconds; what arrived of the request need not.
  session.parser = protocol::RequestParser(session.parser.limits());
  MarkDirty(session);
}

void Pipeline::Start(Session& session) {
  auto [command, error] = table_.Resolve(session.parser.argv());
  session.command = command;
  if (error.empty()) error = CheckAllowed(session, *command);
  if (!error.empty()) {
    Refuse(session, session.replies.buffer().size(), error);
    return;
  }
  session.reruns = 0;
  session.client.seed.reset();
  Run(session);
}

std::string Pipeline::CheckAllowed(const Session& session, const commands::Command& command) const {
  if (!session.client.authenticated && (command.flags & commands::kNoAuth) == 0) {
    return "NOAUTH Authentication required.";
  }
  return {};
}

void Pipeline::Refuse(Session& session, size_t reply_start, std::string_view error) {
  ReplaceReply(session, reply_start, error);
  session.DropFetched();  // it may have been held for blocks before it was refused
  ++stats_.error_replies;
  if (session.command != nullptr) ++stats_.commands[session.command].rejected_calls;
  session.replies.Commit(session.dep, store_.visible());
  NoteWaiting(session);
  MarkDirty(session);
}

void Pipeline::ReplaceReply(Session& session, size_t reply_start, std::string_view error) {
  protocol::ReplyWriter writer(session.replies.buffer(), protocol::RespVersion::kResp2);
  writer.Truncate(reply_start);
  writer.Error(error);
  session.replies.ReleaseSpare();
}

// --- the gate ---

void Pipeline::NoteWaiting(Session& session) {
  if (!session.replies.waiting() || session.waiting_for_release) return;
  session.waiting_for_release = true;
  waiting_.push_back(session.id());
}

void Pipeline::ReleaseReplies() {
  const storage::Seq visible = store_.visible();
  size_t kept = 0;
  for (const SessionId id : waiting_) {
    Session* session = Find(id);
    if (session == nullptr) continue;
    if (session->replies.Release(visible)) MarkDirty(*session);
    session->waiting_for_release = session->replies.waiting();
    if (session->waiting_for_release) waiting_[kept++] = id;
  }
  waiting_.resize(kept);
  while (!start_times_.empty() && start_times_.front().seq <= visible) start_times_.pop_front();
}

void Pipeline::CloseHopeless() {
  const auto close = [this](SessionId id) {
    Session* session = Find(id);
    if (session == nullptr || session->close_now) return;
    LogNotice(Format("closing {}: the outcome of its writes is unknown", session->client.address));
    CloseSoon(*session);
  };
  for (const SessionId id : waiting_) close(id);
  for (const SessionId id : held_for_visibility_) close(id);
}

int64_t Pipeline::NowMsAt(storage::Seq seq) {
  const int64_t now = expiry_clock_.NowMs();
  // No later read shows less: what this one shows need not be kept.
  while (!start_times_.empty() && start_times_.front().seq <= seq) start_times_.pop_front();
  return start_times_.empty() ? now : std::min(now, start_times_.front().ms);
}

void Pipeline::NoteStart(storage::Seq seq, int64_t start_ms) {
  // An earlier record that started later (the time stepped back) is visible sooner: its time will
  // never count.
  while (!start_times_.empty() && start_times_.back().ms >= start_ms) start_times_.pop_back();
  start_times_.push_back({.seq = seq, .ms = start_ms});
}

// --- the loop ---

void Pipeline::EndPass() {
  if (!held_writers_.empty() && write_free_at_ns_ <= env_.MonotonicNs()) RetryAdmissions();
  RelieveClientMemory();
  StartFetches();
  store_.Kick();
}

void Pipeline::OnProgress() {
  const bool failed = !store_.failure();  // and from here on nothing becomes visible
  ReleaseReplies();
  RetryAdmissions();
  RetryLongReads();
  if (failed) CloseHopeless();
}

std::optional<uint64_t> Pipeline::WakeNs() {
  // What is held although its time came waits for the store, which tells when it went on.
  if (held_writers_.empty() || write_free_at_ns_ <= env_.MonotonicNs()) return std::nullopt;
  return write_free_at_ns_;
}

void Pipeline::Tick() {
  keyspace_.Tick();
  RunExpiryCycle();
  RetryAdmissions();
  RetryGuesses();
  CheckBuffers();
  SampleRates();
}

void Pipeline::CheckBuffers() {
  const uint64_t now_ns = env_.MonotonicNs();
  const int64_t now = MonotonicMs();
  const config::OutputBufferLimit& limit =
      config_.client_output_buffer_limit[static_cast<size_t>(config::ClientClass::kNormal)];
  for (auto& [id, session] : sessions_) {
    const size_t unsent = session->replies.unsent_bytes();
    const bool over_hard = limit.hard_bytes > 0 && unsent > static_cast<uint64_t>(limit.hard_bytes);
    const bool over_unauthenticated =
        !session->client.authenticated && unsent > kUnauthenticatedUnsentBytesMax;
    if (over_hard || over_unauthenticated) {
      ++stats_.output_buffer_disconnections;
      LogNotice(
          Format("closing {}: {} bytes of replies not read", session->client.address, unsent));
      CloseSoon(*session);
    }
    EndIfOld(*session, now_ns);
    CloseIfStalled(*session, now_ns);
    const int64_t idle_ms = now - session->client.last_active_ms;
    // One that waits for us is not idle.
    const bool waits = session->held() || session->queued || session->replies.waiting();
    if (config_.timeout_seconds > 0 && !waits && idle_ms > config_.timeout_seconds * 1000) {
      CloseSoon(*session);
    }
    if (idle_ms > 2000 && !session->held()) session->parser.ReleaseMemory();
    Account(*session);
  }
}

void Pipeline::SampleRates() {
  const uint64_t now = env_.MonotonicNs();
  if (now - stats_.sampled_ns < kSampleNs) return;
  const double seconds = static_cast<double>(now - stats_.sampled_ns) / 1e9;
  const auto rate = [&](uint64_t current, uint64_t& sampled) {
    const double per_second = static_cast<double>(current - sampled) / seconds;
    sampled = current;
    return per_second;
  };
  stats_.ops_per_second = rate(stats_.commands_processed, stats_.sampled_commands);
  stats_.input_bytes_per_second = rate(stats_.input_bytes, stats_.sampled_input_bytes);
  stats_.output_bytes_per_second = rate(stats_.output_bytes, stats_.sampled_output_bytes);
  stats_.sampled_ns = now;
}

}  // namespace cordwood::pipeline

#include "pipeline/executor/waiters.h"

#include <limits>
#include <utility>

#include "commands/core/row.h"
#include "keyspace/core/keys.h"
#include "protocol/reply_writer.h"

namespace cordwood::pipeline {
namespace {

constexpr std::string_view kUnblocked = "UNBLOCKED client unblocked via CLIENT UNBLOCK";
constexpr uint64_t kNsPerMs = 1'000'000;

/// Nothing: for ever.
std::optional<uint64_t> DeadlineNs(uint64_t received_ns, int64_t timeout_ms) {
  const auto ms = static_cast<uint64_t>(timeout_ms);
  const uint64_t ms_max = (std::numeric_limits<uint64_t>::max() - received_ns) / kNsPerMs;
  if (ms == 0 || ms > ms_max) return std::nullopt;
  return received_ns + ms * kNsPerMs;
}

/// Whether the key that a waiter runs for holds what it waits for.
Result<bool> IsServed(Waiting& waiting, commands::Call& call) {
  const keyspace::KeyName name = call.Key(*waiting.woken_by);
  CW_ASSIGN(const std::optional<keyspace::RecordView> record, keyspace::SeeKey(call.tx, name));
  waiting.key_is_gone = !record.has_value();
  return !waiting.type || (record && record->header.type == *waiting.type);
}

}  // namespace

// --- a run ---

Status Waiters::RunHandler(const Session& session, commands::Call& call) {
  Waiting* const waiting = session.waiting.get();
  if (waiting != nullptr && waiting->woken_by) {
    CW_ASSIGN(const bool is_served, IsServed(*waiting, call));
    if (!is_served) {
      call.wait.emplace();
      return {};
    }
  }
  return session.command->handler(call);
}

bool Waiters::AwaitRoom(Session& session) {
  if (session.waiting == nullptr) return false;
  session.waiting->lacks_room = true;
  session.hold = Hold::kBlocked;
  session.DropFetched();
  session.reruns = 0;
  return true;
}

void Waiters::Block(Session& session, const commands::Wait& wait) {
  session.hold = Hold::kBlocked;
  session.DropFetched();
  session.reruns = 0;
  if (session.waiting != nullptr) return;
  auto waiting = std::make_unique<Waiting>(session.argv(), wait);
  const std::optional<uint64_t> deadline_ns = DeadlineNs(session.received_ns, wait.timeout_ms);
  parts_.table.Add(session.id(), session.client.db, wait.keys,
                   {.deadline_ns = deadline_ns,
                    .on_nokey = !wait.type && !wait.keys.empty(),
                    .for_sync = wait.for_sync});
  parts_.completion.NoteWaits(session);
  session.waiting = std::move(waiting);
  // Nobody would notice later that the peer is gone.
  if (session.input_ended) parts_.sessions.CloseSoon(session);
  parts_.sessions.MarkDirty(session);  // its wish for input has changed
}

void Waiters::NoteRun(Session& session) {
  if (!session.held()) {
    Leave(session);
  } else if (session.hold == Hold::kBlocked) {
    if (session.waiting->ending) {
      End(session, *session.waiting->ending);
    } else if (!session.waiting->lacks_room) {
      parts_.table.GoOnWith(session.id());
    }
  }
}

void Waiters::Leave(Session& session) {
  parts_.table.Remove(session.id());
  session.waiting.reset();
  session.hold = Hold::kNone;
  parts_.runner.QueueTurn(session);
}

void Waiters::Forget(const Session& session) {
  parts_.table.Remove(session.id());
  Serve();
}

// --- serving ---

void Waiters::ServeReady() {
  if (std::exchange(serving_, true)) return;
  while (!parts_.stopped() && !parts_.owned()) {
    const std::optional<KeyName> name = parts_.table.TakeReady();
    if (!name) break;
    ServeLine(*name);
  }
  serving_ = false;
}

void Waiters::ServeLine(const KeyName& name) {
  // Those who come to wait meanwhile have looked.
  const BlockedClients::Ticket last = parts_.table.newest_ticket();
  bool key_is_gone = false;
  auto place = parts_.table.NextInLine(name, 0);
  for (; place && place->ticket <= last; place = parts_.table.NextInLine(name, place->ticket)) {
    if (key_is_gone && !parts_.table.IsOnNokey(name)) return;
    Session* const session = parts_.sessions.Find(place->client);
    if (session == nullptr || session->closing()) continue;  // what it took would reach nobody
    if (key_is_gone && session->waiting->type) continue;
    if (!ServeOne(*session, name)) return;
    key_is_gone = session->waiting != nullptr && session->waiting->key_is_gone;
  }
}

bool Waiters::ServeOne(Session& session, const KeyName& name) {
  if (session.hold == Hold::kBlocked) {
    Waiting& waiting = *session.waiting;
    waiting.woken_by = name.second;
    waiting.key_is_gone = false;
    waiting.lacks_room = false;
    parts_.run(session);
  }
  if (session.waiting == nullptr) return true;
  if (session.hold == Hold::kBlocked && !session.waiting->lacks_room) return true;
  parts_.table.Stop(name);
  return false;
}

// --- what else ends a wait ---

void Waiters::EndSoon(Session& session, Ending ending) {
  if (session.hold == Hold::kBlocked) {
    End(session, ending);
  } else {
    session.waiting->ending = ending;
  }
}

void Waiters::End(Session& session, Ending ending) {
  const size_t reply_start = session.replies.buffer().size();
  if (ending == Ending::kError) {
    parts_.completion.PutError(session, reply_start, kUnblocked);
  } else {
    protocol::ReplyWriter reply(session.replies.buffer(), session.resp_version());
    session.waiting->at_timeout(reply, session.client, *host_);
  }
  // Of an executed command: that there was nothing is the newest state, too.
  const bool executed = (session.run_flags & (commands::kWrite | commands::kOnExecutor)) != 0;
  parts_.completion.Finish(session, executed, reply_start);
  Leave(session);
}

void Waiters::EndDue() {
  if (parts_.table.timeouts() == 0) return;
  const uint64_t now_ns = parts_.env.MonotonicNs();
  while (const auto client = parts_.table.TakeDue(now_ns)) {
    Session* const session = parts_.sessions.Find(*client);
    if (session != nullptr && !session->closing()) EndSoon(*session, Ending::kTimeout);
  }
  Serve();
}

void Waiters::Unblock(uint64_t client_id, Ending ending) {
  Session* const session = parts_.sessions.Find(client_id);
  if (session != nullptr && session->waiting != nullptr) EndSoon(*session, ending);
}

void Waiters::OnProgress() {
  if (parts_.table.for_sync().empty() || parts_.stopped()) return;
  const std::vector<SessionId> waiting(parts_.table.for_sync().begin(),
                                       parts_.table.for_sync().end());
  for (const SessionId id : waiting) {
    Session* const session = parts_.sessions.Find(id);
    if (session == nullptr || session->closing() || !IsSynced(session->client)) continue;
    if (session->hold == Hold::kBlocked) parts_.run(*session);
  }
}

void Waiters::Retry() {
  parts_.table.GoOn();
  Serve();
}

bool Waiters::IsSynced(const commands::Client& client) const {
  const Session* const session = parts_.sessions.Find(client.id);
  return session == nullptr || session->dep <= parts_.keyspace.store().synced();
}

}  // namespace cordwood::pipeline

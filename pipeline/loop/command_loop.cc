#include "pipeline/loop/command_loop.h"

#include <algorithm>
#include <utility>

#include "base/format.h"
#include "base/log.h"
#include "commands/core/command_table.h"
#include "commands/core/row.h"
#include "protocol/reply_writer.h"

namespace cordwood::pipeline {
namespace {

constexpr size_t kUnauthenticatedRequestBytes = 64 << 10;
// A connection, and a turn, end when they took this long.
constexpr uint64_t kSliceNs = 1'000'000;
// The clock is read after so much work: a command and so many arguments or bytes of reply are one.
constexpr size_t kWorkBetweenClocksMax = 16;
constexpr size_t kArgumentsPerWork = 16;
constexpr size_t kReplyBytesPerWork = 4 << 10;
// While that takes longer than this, it is read after each command.
constexpr uint64_t kLongBetweenClocksNs = kSliceNs / 4;
// However fast the clock says it was.
constexpr size_t kWorkPerSlice = 4096;

}  // namespace

protocol::Limits CommandLoop::LimitsFor(const Session* session) const {
  const bool authenticated =
      session == nullptr ? parts_.config.requirepass.empty() : session->client.authenticated;
  const size_t request_bytes = parts_.limits.request_bytes;
  return {.max_bulk_bytes = parts_.limits.argument_bytes,
          .max_request_bytes =
              authenticated ? request_bytes : std::min(request_bytes, kUnauthenticatedRequestBytes),
          .authenticated = authenticated};
}

void CommandLoop::Advance(Session& session, uint64_t now_ns) {
  if (session.queued) return;
  const uint64_t end_ns = now_ns + kSliceNs;
  const ClientMemory& memory = parts_.pressure.memory();
  size_t work = 0;
  size_t clock_at = work_between_clocks_;
  NoteFinished(session);
  session.full = session.replies.unsent_bytes() >= memory.UnsentMax(session);
  while (MayAdvance(session)) {
    if (work >= clock_at) {
      const uint64_t before_ns = std::exchange(now_ns, parts_.env.MonotonicNs());
      PaceClock(now_ns - before_ns);
      if (work >= kWorkPerSlice || now_ns >= end_ns) {
        QueueTurn(session);
        return;
      }
      clock_at = work + work_between_clocks_;
    }
    switch (Next(session)) {
      case protocol::RequestParser::Outcome::kNeedMore:
        return;
      case protocol::RequestParser::Outcome::kError:
        RejectMalformed(session);
        return;
      case protocol::RequestParser::Outcome::kCommand:
        break;
    }
    const uint64_t replied = session.replies.appended();
    work += 1 + session.parser.argv().size() / kArgumentsPerWork;
    Start(session);
    NoteFinished(session);
    work += (session.replies.appended() - replied) / kReplyBytesPerWork;
    session.full = session.replies.unsent_bytes() >= memory.UnsentMax(session);
  }
}

protocol::RequestParser::Outcome CommandLoop::Next(Session& session) {
  if (std::exchange(session.starts_again, false)) [[unlikely]]
    return protocol::RequestParser::Outcome::kCommand;
  return session.parser.Next();
}

void CommandLoop::PaceClock(uint64_t took_ns) {
  work_between_clocks_ = took_ns > kLongBetweenClocksNs
                             ? 1
                             : std::min(2 * work_between_clocks_, kWorkBetweenClocksMax);
}

bool CommandLoop::MayAdvance(const Session& session) const {
  return !parts_.executor.stopped() && !session.held() && !session.closing() &&
         session.replies.unsent_bytes() < parts_.pressure.memory().UnsentMax(session);
}

void CommandLoop::GoOn(Session& session) {
  parts_.sessions.MarkDirty(session);
  Advance(session);
  parts_.pressure.Account(session);
}

void CommandLoop::TakeOver(Session& session) {
  if (session.client.authenticated != session.parser.limits().authenticated) {
    session.parser.SetLimits(LimitsFor(&session));
  }
  parts_.strangers.NoteLogins(session);
  if (session.client.queue != nullptr && session.client.queue->executing()) {
    session.client.queue.reset();
    session.before_exec.reset();
    parts_.watches.Unwatch(session.client);
  }
  // CLIENT CACHING is for what comes next, be it a transaction.
  const bool is_client = session.command != nullptr && session.command->name.starts_with("client|");
  if (session.client.queue == nullptr && !is_client) session.client.tracking.caching = false;
}

void CommandLoop::Start(Session& session) {
  auto [command, error] = parts_.table.Resolve(session.parser.argv());
  session.command = command;
  session.runs_command = true;
  session.took_ns = 0;
  session.reply_begins = session.replies.appended();
  commands::CommandQueue* const queue = session.client.queue.get();
  const bool is_exec = command != nullptr && (command->flags & commands::kRunsQueue) != 0;
  const bool runs_queue = queue != nullptr && is_exec;
  if (error.empty()) error = CheckAllowed(session, *command);
  if (error.empty() && parts_.pauses.Holds(runs_queue ? queue->flags() : command->flags))
      [[unlikely]] {
    parts_.pauses.Hold(session);
    return;
  }
  if (runs_queue) {
    queue->BeginExec();
    session.before_exec = session.client;
  }
  if (!error.empty()) {
    if (queue != nullptr) queue->Spoil();
    if (is_exec) parts_.watches.Unwatch(session.client);
    parts_.completion.Refuse(session, session.replies.buffer().size(), error);
    return;
  }
  if (queue != nullptr && (command->flags & commands::kNeverQueued) == 0) {
    Queue(session);
    return;
  }
  session.run_flags = runs_queue ? queue->flags() : command->flags;
  session.reruns = 0;
  session.client.seed.reset();
  if ((command->flags & commands::kBlocking) != 0) session.received_ns = parts_.env.MonotonicNs();
  parts_.executor.Run(session);
}

std::string CommandLoop::CheckAllowed(const Session& session,
                                      const commands::Command& command) const {
  if (!session.client.authenticated && (command.flags & commands::kNoAuth) == 0) {
    return "NOAUTH Authentication required.";
  }
  if (session.client.is_restricted() && (command.flags & commands::kWhileSubscribed) == 0) {
    return Format(
        "ERR Can't execute '{}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are "
        "allowed in this context",
        command.name);
  }
  if (session.client.queue == nullptr) return {};
  if ((command.flags & commands::kNoMulti) != 0) {
    return "ERR Command not allowed inside a transaction";
  }
  const uint64_t bytes_max = parts_.limits.request_bytes;
  const uint64_t bytes = session.client.queue->memory_bytes() + session.parser.buffered_bytes();
  if ((command.flags & commands::kNeverQueued) == 0 && bytes > bytes_max) {
    return Format(
        "ERR the commands since MULTI take more than {} bytes, as much as one request "
        "may; do it in parts, or raise maxmemory",
        bytes_max);
  }
  return {};
}

void CommandLoop::Queue(Session& session) {
  session.client.queue->Add(*session.command, session.parser.argv(),
                            session.parser.request_bytes());
  session.replies.buffer() += protocol::kQueuedReply;
  parts_.completion.End(session);
}

void CommandLoop::RejectMalformed(Session& session) {
  const protocol::ParseFailure& failure = session.parser.failure();
  LogVerbose(Format("closing {}: {}", session.client.address, failure.reason));
  session.client.close_after_reply = true;
  if (failure.over_request_limit) ++parts_.stats.query_buffer_disconnections;
  if (failure.reply.empty()) {
    session.close_now = !session.replies.waiting();
  } else {
    protocol::ReplyWriter(session.replies.buffer(), protocol::RespVersion::kResp2)
        .Error(failure.reply);
    parts_.completion.CountMalformed(failure.reply);
    parts_.gate.AddReply(session);
    session.linger = true;
  }
  // The connection may stay for seconds; what arrived of the request need not.
  session.parser = protocol::RequestParser(session.parser.limits());
  parts_.sessions.MarkDirty(session);
}

void CommandLoop::QueueTurn(Session& session) {
  if (session.queued) return;
  session.queued = true;
  turns_.push_back(session.id());
}

void CommandLoop::Turn() {
  const uint64_t end_ns = parts_.env.MonotonicNs() + kSliceNs;
  for (size_t turns = turns_.size(); turns > 0 && parts_.env.MonotonicNs() < end_ns; --turns) {
    Session* const session = parts_.sessions.Find(turns_.front());
    turns_.pop_front();
    if (session == nullptr) continue;
    session->queued = false;
    if (session->hold == Hold::kLongRead || session->hold == Hold::kOwnRun) {
      parts_.executor.TakeTurn(*session);
    } else {
      Advance(*session);
      parts_.sessions.MarkDirty(*session);
    }
    parts_.pressure.Account(*session);
    if (parts_.pressure.memory().pressed()) break;  // what is ready is sent first
  }
}

}  // namespace cordwood::pipeline

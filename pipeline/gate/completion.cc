#include "pipeline/gate/completion.h"

#include <algorithm>
#include <string>

#include "base/format.h"
#include "protocol/reply_writer.h"

namespace cordwood::pipeline {
namespace {

constexpr std::string_view kDiskFull =
    "MISCONF Errors writing to the log: No space left on device. Free disk space, or delete keys; "
    "writes are accepted again once there is room.";
constexpr std::string_view kStoreFailed =
    "MISCONF Errors writing to the log: the outcome of the last writes is unknown and no more are "
    "accepted. See the server's log, and restart it.";

std::string BlockedText(const Error& error) {
  return Format(
      "MISCONF Errors writing to the log: {}. Writes are accepted again once this is mended.",
      error.message());
}

}  // namespace

std::string ReplyTooLong(uint64_t bytes_max) {
  return Format(
      "ERR the reply is longer than {} bytes, which is what the memory budget has room "
      "for; ask for less at a time",
      bytes_max);
}

void Completion::Finish(Session& session, bool executed, size_t reply_start) {
  if (executed) {
    // W1 and R2: the newest state was met, so the reply depends on all of it.
    session.dep = std::max(session.dep, keyspace_.store().last_seq());
    ++stats_.executed;
  } else {
    ++stats_.reads_at_visible;
  }
  const std::string_view reply = std::string_view(session.replies.buffer()).substr(reply_start);
  if (reply.starts_with('-')) ++stats_.error_replies;
  meter_.NoteFinished(session, reply);
  session.DropFetched();
  ++stats_.commands_processed;
  ++session.commands;
  if (session.client.queue != nullptr && session.client.queue->executing()) CountQueued(session);
  tracking_.NoteReadsOf(session, executed);
  End(session);
  // One that has waited was shown when it began to.
  if (session.waiting == nullptr) monitors_.ShowCommandOf(session);
}

void Completion::End(Session& session) {
  gate_.AddReply(session);
  gate_.AddHeldPushes(session);
  session.NoteReplied();
  session.runs_command = false;
  output_limits_.CheckHard(session);
}

void Completion::CountQueued(const Session& session) {
  for (const commands::CommandQueue::Queued& queued : session.client.queue->commands()) {
    if (!queued.ran) return;
    ++stats_.commands_processed;
    if (!queued.error_code.empty()) ++stats_.error_replies;
    meter_.NoteQueued(session, queued);
  }
}

void Completion::Refuse(Session& session, size_t reply_start, std::string_view error) {
  const bool is_exec =
      session.command != nullptr && (session.command->flags & commands::kRunsQueue) != 0;
  if (is_exec) {
    constexpr std::string_view kPlainCode = "ERR ";
    if (error.starts_with(kPlainCode)) error.remove_prefix(kPlainCode.size());
    PutError(session, reply_start, Format("EXECABORT Transaction discarded because of: {}", error));
    monitors_.ShowCommandOf(session);
  } else {
    PutError(session, reply_start, error);
  }
  session.DropFetched();  // it may have been held for blocks before it was refused
  ++stats_.error_replies;
  meter_.NoteRejected(session.command,
                      std::string_view(session.replies.buffer()).substr(reply_start));
  End(session);
}

void Completion::CountMalformed(std::string_view error) {
  ++stats_.error_replies;
  meter_.NoteRejected(nullptr, error);
}

void Completion::RefuseForSpace(Session& session, size_t reply_start) {
  const Status shortage = keyspace_.store().shortage();
  Refuse(session, reply_start, shortage ? std::string(kDiskFull) : BlockedText(shortage.error()));
}

void Completion::RefuseForFailure(Session& session, size_t reply_start) {
  Refuse(session, reply_start, kStoreFailed);
}

void Completion::PutFailure(Session& session, size_t reply_start, const Error& error) {
  std::string text;
  switch (error.code()) {
    case ErrorCode::kCorruption:
      text = Format("CORRUPT {}", error.message());
      break;
    case ErrorCode::kClosed:
      text = kStoreFailed;
      break;
    default:
      text = Format("ERR {}", error.message());
  }
  PutError(session, reply_start, text);
}

void Completion::PutError(Session& session, size_t reply_start, std::string_view error) {
  // An EXEC that failed as a whole has changed nothing of its client either.
  if (session.before_exec)
    static_cast<commands::ClientState&>(session.client) = *session.before_exec;
  protocol::ReplyWriter writer(session.replies.buffer(), protocol::RespVersion::kResp2);
  writer.Truncate(reply_start);
  writer.Error(error);
  session.replies.ReleaseSpare();
}

}  // namespace cordwood::pipeline

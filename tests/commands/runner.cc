#include "tests/commands/runner.h"

#include <gtest/gtest.h>

#include "base/check.h"
#include "base/format.h"
#include "commands/core/call.h"
#include "commands/core/row.h"
#include "keyspace/core/transaction.h"

namespace cordwood::commands {

using keyspace::KeyspaceRig;

std::string Bulk(std::string_view text) { return Format("${}\r\n{}\r\n", text.size(), text); }

std::string Integer(int64_t value) { return Format(":{}\r\n", value); }

std::string ErrorReply(std::string_view text) { return Format("-{}\r\n", text); }

std::string Bulks(const std::vector<std::string_view>& texts) {
  std::string reply = Format("*{}\r\n", texts.size());
  for (const std::string_view text : texts) reply += Bulk(text);
  return reply;
}

void AppendEvent(std::string_view event, std::string_view key, int db, std::string& events) {
  if (!events.empty()) events += ", ";
  events += Format("{} {}", event, key);
  if (db != 0) events += Format("@{}", db);
}

CommandRunner::CommandRunner(const keyspace::RigOptions& options)
    : rig_(options), host_(options.seed, table_) {
  client_.authenticated = true;
  client_.id = 1;
  rig_.keyspace().AddChangeReader();
}

std::string CommandRunner::Run(const Argv& argv) {
  std::string reply;
  const Command* command = Resolve(argv, reply);
  if (command == nullptr) return reply;
  reply = RunAt(*command, argv, Where::kExecutor);
  if ((command->flags & kReadOnly) != 0) {
    rig_.Settle();
    EXPECT_EQ(RunAt(*command, argv, Where::kVisible), reply) << "at the visible state";
  }
  return reply;
}

std::string CommandRunner::Execute(const Argv& argv) {
  std::string reply;
  const Resolved resolved = table_.Resolve(argv);
  const Command* const command = resolved.command;
  if (!resolved.error.empty()) return Refuse(command, resolved.error);
  const bool is_exec = (command->flags & kRunsQueue) != 0;
  if (client_.queue != nullptr && is_exec) client_.queue->BeginExec();
  if (client_.queue != nullptr && (command->flags & kNeverQueued) == 0) {
    if ((command->flags & kNoMulti) != 0) {
      return Refuse(command, "ERR Command not allowed inside a transaction");
    }
    client_.queue->Add(*command, argv, 0);
    return std::string(protocol::kQueuedReply);
  }
  reply = RunAt(*command, argv, Where::kExecutor);
  if (is_exec && client_.queue != nullptr) EndQueue();
  return reply;
}

std::string CommandRunner::Refuse(const Command* command, std::string error) {
  if (command != nullptr && (command->flags & kRunsQueue) != 0) {
    EndQueue();
    error = "EXECABORT Transaction discarded because of: " + error.substr(4);
  } else if (client_.queue != nullptr) {
    client_.queue->Spoil();
  }
  std::string reply;
  protocol::ReplyWriter(reply, Version()).Error(error);
  return reply;
}

void CommandRunner::EndQueue() {
  client_.queue.reset();
  host_.Unwatch(client_);
}

std::string CommandRunner::Read(const Argv& argv) {
  std::string reply;
  const Command* command = Resolve(argv, reply);
  if (command == nullptr) return reply;
  CHECK((command->flags & kWrite) == 0);
  rig_.Settle();
  return RunAt(*command, argv, Where::kVisible);
}

protocol::RespVersion CommandRunner::Version() const {
  return client_.protocol == 3 ? protocol::RespVersion::kResp3 : protocol::RespVersion::kResp2;
}

const Command* CommandRunner::Resolve(const Argv& argv, std::string& reply) const {
  const Resolved resolved = table_.Resolve(argv);
  if (resolved.error.empty()) return resolved.command;
  protocol::ReplyWriter(reply, Version()).Error(resolved.error);
  return nullptr;
}

CommandRunner::Outcome CommandRunner::RunOnce(const Command& command, const Argv& argv, Where where,
                                              storage::Tier tier, bool waits) {
  using Mode = keyspace::Transaction::Mode;
  const bool execute = where == Where::kExecutor;
  storage::View view = execute ? rig_.reader().Newest(tier) : rig_.reader().Visible(tier);
  keyspace::Transaction tx(rig_.keyspace(), view, execute ? Mode::kExecute : Mode::kRead,
                           rig_.now_ms());
  keyspace::RigWaiter waiter(rig_);
  if (waits) tx.WaitWith(waiter);
  Outcome outcome;
  protocol::ReplyWriter reply(outcome.reply, Version());
  Call call{.argv = argv, .tx = tx, .reply = reply, .client = client_, .host = host_.services()};
  Status status = command.handler(call);
  const bool is_long = !status && status.error().code() == ErrorCode::kLong;
  const bool is_cold = !status && status.error().code() == ErrorCode::kCold;
  if (!is_cold && !is_long && !call.wants_own_run) tx.CountLookups();
  if (status && call.long_read != nullptr) {
    EXPECT_EQ(outcome.reply, "") << "the reply of a command that goes on in slices";
    outcome.long_read = std::move(call.long_read);
    return outcome;
  }
  if (is_long || call.wants_own_run) return {.wants_own_run = true};
  if (status && execute) {
    const Result<storage::Seq> seq = tx.Commit();
    if (!seq) status = std::unexpected(seq.error());
    host_.Mark(tx.changes());
    rig_.store().Kick();
  }
  if (status) {
    NoteEvents(tx);
    for (const Effect& effect : call.effects) effect();
    return outcome;
  }
  if (is_cold) {
    outcome.missing = view.missing();
  } else {
    outcome.reply = ErrorReply(Format("ERR {}", status.error().message()));
  }
  return outcome;
}

std::string CommandRunner::RunAt(const Command& command, const Argv& argv, Where where) {
  client_.seed.reset();
  for (int reruns = 0;; ++reruns) {
    Outcome outcome = RunOnce(command, argv, where, KeyspaceRig::TierFor(reruns));
    if (outcome.wants_own_run) {
      return RunOnce(command, argv, where, storage::Tier::kCacheOnly, true).reply;
    }
    if (!outcome.missing.empty()) {
      rig_.FetchCold(std::move(outcome.missing));
    } else if (outcome.long_read == nullptr) {
      return outcome.reply;
    } else if (where == Where::kVisible) {
      return RunInSlices(*outcome.long_read);
    } else {
      // It starts anew at the visible state, once that holds everything the client did.
      rig_.Settle();
      return RunAt(command, argv, Where::kVisible);
    }
  }
}

void CommandRunner::NoteEvents(const keyspace::Transaction& tx) {
  for (const keyspace::KeyEvent& event : tx.events()) {
    AppendEvent(event.event, event.key, event.db, events_);
  }
}

std::string CommandRunner::RunInSlices(LongRead& read) {
  const std::unique_ptr<storage::Snapshot> snapshot = rig_.store().TakeSnapshot();
  read.FixGeneration(rig_.keyspace().databases().At(client_.db, snapshot->seq()));
  std::string bytes;
  protocol::ReplyWriter reply(bytes, Version());
  for (int reruns = 0;;) {
    std::vector<storage::BlockRef> missing;
    {
      const size_t start = bytes.size();
      storage::View view = rig_.reader().At(*snapshot, KeyspaceRig::TierFor(reruns));
      keyspace::Transaction tx(rig_.keyspace(), view, keyspace::Transaction::Mode::kRead,
                               rig_.now_ms());
      const Result<bool> done = read.Step(tx, reply);
      if (done) tx.CountLookups();
      if (done) NoteEvents(tx);
      ++slices_;
      if (done && *done) return bytes;
      if (done) {
        reruns = 0;
        continue;
      }
      reply.Truncate(start);
      if (done.error().code() != ErrorCode::kCold) {
        return bytes + ErrorReply(Format("ERR {}", done.error().message()));
      }
      missing = view.missing();
    }
    ++reruns;
    rig_.FetchCold(std::move(missing));
  }
}

}  // namespace cordwood::commands

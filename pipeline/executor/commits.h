#pragma once

// Lets writes in, and commits them: what every write goes through, on whichever stack it ran.
//
// `reply_start` is where the command's reply begins in the session's buffer.
//
// Ownership: refers to what it is given. Threads: the loop's.

#include <cstddef>
#include <cstdint>

#include "base/env.h"
#include "base/error.h"
#include "keyspace/core/transaction.h"
#include "pipeline/executor/admission_line.h"
#include "pipeline/gate/completion.h"
#include "pipeline/gate/event_messages.h"
#include "pipeline/gate/start_times.h"
#include "pipeline/loop/session.h"
#include "pipeline/tables/blocked_clients.h"
#include "pipeline/tables/read_guards.h"
#include "pipeline/tables/tracking_table.h"
#include "pipeline/tables/watch_table.h"

namespace cordwood::pipeline {

class Commits {
 public:
  Commits(Env& env, keyspace::Keyspace& keyspace, Completion& completion, WatchTable& watches,
          TrackingTable& tracking, BlockedClients& blocked, EventMessages& messages,
          LatencyEvents& events, PipelineStats& stats)
      : completion_(completion),
        watches_(watches),
        tracking_(tracking),
        blocked_(blocked),
        messages_(messages),
        guards_(keyspace),
        line_(env, keyspace, events, stats) {}
  Commits(const Commits&) = delete;
  Commits& operator=(const Commits&) = delete;

  AdmissionLine& line() { return line_; }
  StartTimes& start_times() { return start_times_; }
  ReadGuards& guards() { return guards_; }

  /// What a write of the session's command is for; of more than deletes it only adds.
  static storage::Intent IntentOf(const Session& session, bool frees);

  /// By what the gate says of the session's command. False: it is held, or was refused.
  bool LetIn(Session& session, storage::WriteGate gate, size_t reply_start) {
    return gate == storage::WriteGate::kOpen || KeepOut(session, gate, reply_start);
  }
  /// After the handler: by what it wrote in the end, if that is more than was let in.
  bool MayCommit(Session& session, const keyspace::Transaction& tx, Admitted admitted,
                 size_t reply_start);
  /// Who made a change; no client did.
  static constexpr SessionId kNobody = 0;
  /// Writes what was let in of the client `writer`. It counts as having started at `now_ms`.
  /// `pause` as in keyspace::Transaction::Commit.
  Status Commit(keyspace::Transaction& tx, int64_t now_ms, SessionId writer,
                const storage::Store::Pause& pause = {});
  /// It was written: the batch of it ends at `seq`.
  void NoteCommitted(const keyspace::Transaction& tx, storage::Seq seq, int64_t now_ms,
                     SessionId writer);
  /// It wrote nothing, and yet may tell of events; `dep` is what it met.
  void NoteNothingWritten(const keyspace::Transaction& tx, storage::Seq dep) {
    if (!tx.has_writes() && !tx.events().empty()) messages_.Add(tx.events(), dep);
  }

 private:
  /// False.
  bool KeepOut(Session& session, storage::WriteGate gate, size_t reply_start);

  Completion& completion_;
  WatchTable& watches_;
  TrackingTable& tracking_;
  BlockedClients& blocked_;
  EventMessages& messages_;
  ReadGuards guards_;
  AdmissionLine line_;
  StartTimes start_times_;
};

}  // namespace cordwood::pipeline

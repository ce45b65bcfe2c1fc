#include "pipeline/executor/commits.h"

#include "commands/core/row.h"
#include "pipeline/executor/waiters.h"

namespace cordwood::pipeline {

storage::Intent Commits::IntentOf(const Session& session, bool frees) {
  if (!frees) return storage::Intent::kAdd;
  const bool empties = (session.run_flags & commands::kEmpties) != 0;
  return empties ? storage::Intent::kEmpty : storage::Intent::kTakeAway;
}

bool Commits::MayCommit(Session& session, const keyspace::Transaction& tx, Admitted admitted,
                        size_t reply_start) {
  const Admitted wanted = {.bytes = tx.write_bytes(), .intent = IntentOf(session, tx.frees())};
  // What most commands write is told by their arguments.
  const bool is_let_in = wanted.bytes <= admitted.bytes && wanted.intent == admitted.intent;
  return is_let_in || LetIn(session, line_.Ask(session, wanted), reply_start);
}

Status Commits::Commit(keyspace::Transaction& tx, int64_t now_ms, SessionId writer,
                       const storage::Store::Pause& pause) {
  // By the pressure that the write met, not by the one that it makes.
  if (!tx.frees()) line_.Pace(tx.write_bytes());
  CW_ASSIGN(const storage::Seq seq, tx.Commit(pause));
  NoteCommitted(tx, seq, now_ms, writer);
  return {};
}

void Commits::NoteCommitted(const keyspace::Transaction& tx, storage::Seq seq, int64_t now_ms,
                            SessionId writer) {
  start_times_.Note(seq, now_ms);
  blocked_.Mark(tx.signals());
  messages_.Add(tx.events(), seq);
  if (tx.changes().empty()) return;
  watches_.Mark(tx.changes());
  guards_.Mark(tx.changes());
  tracking_.Mark(tx.changes(), seq, writer);
}

bool Commits::KeepOut(Session& session, storage::WriteGate gate, size_t reply_start) {
  switch (gate) {
    case storage::WriteGate::kOpen:
      break;
    case storage::WriteGate::kLater:
      session.replies.buffer().resize(reply_start);
      session.hold = Hold::kAdmission;
      break;
    case storage::WriteGate::kFull:
      session.replies.buffer().resize(reply_start);
      if (Waiters::AwaitRoom(session)) break;
      completion_.RefuseForSpace(session, reply_start);
      break;
    case storage::WriteGate::kFailed:
      completion_.RefuseForFailure(session, reply_start);
      break;
  }
  return false;
}

}  // namespace cordwood::pipeline

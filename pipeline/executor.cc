// How the pipeline runs a command: at the visible state, on the executor, again after a fetch. A
// part of Pipeline.

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "base/check.h"
#include "base/format.h"
#include "commands/core/call.h"
#include "commands/core/host.h"
#include "commands/core/row.h"
#include "pipeline/pipeline.h"

namespace cordwood::pipeline {
namespace {

// From this rerun on, of those that count, a command may read files itself.
constexpr int kRerunsMax = 3;
// With each fetch for a walk twice as much is read ahead of it, up to so many times: its runs all
// begin at the start, and would cost the square of what it reads.
constexpr uint32_t kAheadMax = 256;
// One that still finds no end after so many, across many small tables, counts as well.
constexpr uint32_t kFetchesMax = 64;
// What a small write takes beside its arguments: prefixes, heads of records, a deadline.
constexpr uint64_t kWriteOverheadBytes = 256;
// Pacing: a write this close to its time runs.
constexpr uint64_t kPacingSlackNs = 1'000'000;
// Nobody waits longer for what was written before; what is left of the debt is forgotten.
constexpr uint64_t kPacingMaxNs = 1'000'000'000;
constexpr uint64_t kMegabyte = 1 << 20;
// Deadlines looked at in one turn, for each step of active-expire-effort.
constexpr uint64_t kExpiredKeysPerTurn = 250;
// However many these are, the looking ends after this time; to commit what it found takes less.
constexpr uint64_t kExpiryNs = 1'000'000;

constexpr std::string_view kDiskFull =
    "MISCONF Errors writing to the log: No space left on device. Free disk space, or delete keys; "
    "writes are accepted again once there is room.";
constexpr std::string_view kStoreFailed =
    "MISCONF Errors writing to the log: the outcome of the last writes is unknown and no more are "
    "accepted. See the server's log, and restart it.";

std::string ReplyTooLong(uint64_t bytes_max) {
  return Format(
      "ERR the reply is longer than {} bytes, which is what the memory budget has room "
      "for; ask for less at a time",
      bytes_max);
}

std::string BlockedText(const Error& error) {
  return Format(
      "MISCONF Errors writing to the log: {}. Writes are accepted again once this is mended.",
      error.message());
}

/// What a command that may write is for; a write of more than deletes only adds.
storage::Intent IntentOf(const commands::Command& command, bool frees) {
  if (!frees) return storage::Intent::kAdd;
  const bool empties = (command.flags & commands::kEmpties) != 0;
  return empties ? storage::Intent::kEmpty : storage::Intent::kTakeAway;
}

/// Without those that were named before: a command may look at one key many times.
std::vector<storage::BlockRef> EachOnce(std::vector<storage::BlockRef> blocks) {
  std::set<std::pair<uint64_t, uint64_t>> seen;
  std::erase_if(blocks, [&](const storage::BlockRef& block) {
    return !seen.insert({block.file_number, block.offset}).second;
  });
  return blocks;
}

}  // namespace

bool Pipeline::MustExecute(const Session& session) const {
  if ((session.command->flags & commands::kWrite) != 0) return true;
  return session.dep > store_.visible();
}

storage::Tier Pipeline::TierFor(const Session& session) {
  if (session.reruns < kRerunsMax) return storage::Tier::kCacheOnly;
  ++stats_.blocking_runs;
  return storage::Tier::kMayBlock;
}

uint32_t Pipeline::AheadFor(const Session& session) {
  return session.fetches == 0 ? 1 : std::min(kAheadMax, 1u << std::min(session.fetches - 1, 31u));
}

void Pipeline::CountBlockingReads(storage::Tier tier, const storage::View& view) {
  if (tier == storage::Tier::kMayBlock) stats_.blocking_reads += view.missing().size();
}

void Pipeline::Run(Session& session) {
  session.hold = Hold::kNone;
  const size_t reply_start = session.replies.buffer().size();
  Admitted admitted;
  if ((session.command->flags & commands::kWrite) != 0) {
    const bool frees = (session.command->flags & commands::kFrees) != 0;
    admitted = {.bytes = kWriteOverheadBytes, .intent = IntentOf(*session.command, frees)};
    for (const std::string_view argument : session.parser.argv()) {
      admitted.bytes += argument.size();
    }
    if (HoldForAdmission(session, admitted, reply_start)) return;
  }
  RunOnce(session, MustExecute(session), admitted);
}

void Pipeline::RunOnce(Session& session, bool execute, Admitted admitted) {
  const size_t reply_start = session.replies.buffer().size();
  const storage::Tier tier = TierFor(session);
  const uint32_t ahead = AheadFor(session);
  storage::View view = execute ? reader_.Newest(tier, ahead) : reader_.Visible(tier, ahead);
  const auto mode =
      execute ? keyspace::Transaction::Mode::kExecute : keyspace::Transaction::Mode::kRead;
  keyspace::Transaction tx(keyspace_, view, mode,
                           execute ? expiry_clock_.NowMs() : NowMsAt(view.seq()));
  protocol::ReplyWriter reply(session.replies.buffer(), session.resp_version());
  reply.Bound(request_limits_.reply_bytes);
  commands::Call call{.argv = session.parser.argv(),
                      .tx = tx,
                      .reply = reply,
                      .client = session.client,
                      .host = *host_};
  session.client.last_command = session.command->name;
  const Status status = session.command->handler(call);
  CountBlockingReads(tier, view);
  if (!status && status.error().code() == ErrorCode::kCold) {
    reply.Truncate(reply_start);
    HoldForBlocks(session, view.missing());
    return;
  }
  const bool writes = status && !reply.overflowed() && call.long_read == nullptr && tx.has_writes();
  if (writes && !CommitWrites(session, tx, admitted, reply_start)) return;
  tx.CountLookups();
  if (!status) {
    FailCommand(session, status.error(), reply_start);
  } else if (reply.overflowed()) {
    // Nothing was committed. No command needs to know how long its reply may be.
    ReplaceReply(session, reply_start, ReplyTooLong(request_limits_.reply_bytes));
  } else if (call.long_read != nullptr) {
    session.long_read = std::move(call.long_read);
    StartLongRead(session);
    return;
  }
  Finish(session, execute, reply_start);
}

bool Pipeline::CommitWrites(Session& session, keyspace::Transaction& tx, Admitted admitted,
                            size_t reply_start) {
  // Before it is admitted: else a segment of the log would be made for what it may not hold.
  if (const Status fits = tx.CheckSizes(); !fits) {
    FailCommand(session, fits.error(), reply_start);
    return true;
  }
  const Admitted wanted = {.bytes = tx.write_bytes(),
                           .intent = IntentOf(*session.command, tx.frees())};
  // What most commands write is told by their arguments.
  const bool is_let_in = wanted.bytes <= admitted.bytes && wanted.intent == admitted.intent;
  if (!is_let_in && HoldForAdmission(session, wanted, reply_start)) return false;
  // By the pressure that the write met, not by the one that it makes.
  const uint64_t delay_us = tx.frees() ? 0 : store_.WriteDelayUs(tx.write_bytes());
  const Result<storage::Seq> seq = tx.Commit();
  if (!seq) {
    FailCommand(session, seq.error(), reply_start);
    return true;
  }
  NoteStart(*seq, tx.now_ms());
  if (delay_us > 0) {
    const uint64_t now = env_.MonotonicNs();
    write_free_at_ns_ =
        std::min(std::max(write_free_at_ns_, now) + delay_us * 1000, now + kPacingMaxNs);
  }
  return true;
}

bool Pipeline::IsPaced() {
  if (write_free_at_ns_ == 0) return false;
  const bool relieved = store_.WriteDelayUs(kMegabyte) == 0;
  if (relieved) write_free_at_ns_ = 0;
  return !relieved && env_.MonotonicNs() + kPacingSlackNs < write_free_at_ns_;
}

bool Pipeline::HoldForAdmission(Session& session, Admitted wanted, size_t reply_start) {
  storage::WriteGate gate = store_.Admit(wanted.bytes, wanted.intent);
  const bool first_in_line = !held_writers_.empty() && held_writers_.front() == session.id();
  if (gate == storage::WriteGate::kOpen && wanted.intent == storage::Intent::kAdd) {
    // One that is run again was let in before.
    const bool in_line = first_in_line || session.fetches > 0 || held_writers_.empty();
    if (!in_line || IsPaced()) gate = storage::WriteGate::kLater;
  }
  switch (gate) {
    case storage::WriteGate::kOpen:
      return false;
    case storage::WriteGate::kLater:
      session.replies.buffer().resize(reply_start);
      session.hold = Hold::kAdmission;
      if (first_in_line) return true;
      held_writers_.push_back(session.id());
      ++stats_.held_for_admission;
      return true;
    case storage::WriteGate::kFull:
      RefuseForSpace(session, reply_start);
      return true;
    case storage::WriteGate::kFailed:
      Refuse(session, reply_start, kStoreFailed);
      return true;
  }
  return false;
}

void Pipeline::RefuseForSpace(Session& session, size_t reply_start) {
  const Status shortage = store_.shortage();
  Refuse(session, reply_start, shortage ? std::string(kDiskFull) : BlockedText(shortage.error()));
}

void Pipeline::Finish(Session& session, bool executed, size_t reply_start) {
  if (executed) {
    // W1 and R2: the newest state was met, so the reply depends on all of it.
    session.dep = std::max(session.dep, store_.last_seq());
    ++stats_.executed;
  } else {
    ++stats_.reads_at_visible;
  }
  CommandStats& command_stats = stats_.commands[session.command];
  if (std::string_view(session.replies.buffer()).substr(reply_start).starts_with('-')) {
    ++stats_.error_replies;
    ++command_stats.failed_calls;
  }
  session.replies.Commit(session.dep, store_.visible());
  session.DropFetched();
  ++stats_.commands_processed;
  ++command_stats.calls;
  if (session.client.authenticated != session.parser.limits().authenticated) {
    session.parser.SetLimits(LimitsFor(&session));
  }
  NoteLogins(session);
  NoteWaiting(session);
  MarkDirty(session);
}

void Pipeline::FailCommand(Session& session, const Error& error, size_t reply_start) {
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
  ReplaceReply(session, reply_start, text);
}

// --- cold blocks ---

void Pipeline::HoldForBlocks(Session& session, std::vector<storage::BlockRef> blocks) {
  CHECK(!blocks.empty());
  session.hold = Hold::kBlocks;
  ++session.fetches;
  ++stats_.reruns;
  session.wanted = EachOnce(std::move(blocks));
  if (client_memory_.MayFetch(session)) {
    Fetch(session);
  } else {
    // Each of those in line would wait for what the others keep.
    session.fetched.pins.clear();
    session.pinned_bytes = 0;
    fetch_line_.push_back(session.id());
  }
}

void Pipeline::StartFetches() {
  while (!fetch_line_.empty()) {
    Session* const session = Find(fetch_line_.front());
    if (session != nullptr && !client_memory_.MayFetch(*session)) return;
    fetch_line_.pop_front();
    if (session == nullptr) continue;
    Fetch(*session);
    Account(*session);
  }
}

void Pipeline::Fetch(Session& session) {
  const uint64_t bytes = storage::BytesOf(session.wanted);
  session.pinned_bytes += bytes;
  const auto resume = [this, alive = alive_, id = session.id(),
                       bytes](storage::Store::FetchedBlocks fetched) {
    if (!*alive) return;
    Session* parked = Find(id);
    if (parked == nullptr) return;
    KeepFetched(*parked, std::move(fetched), bytes);
    Resume(*parked);
    Account(*parked);
  };
  store_.Fetch(std::exchange(session.wanted, {}),
               [resume, &transport = transport_](storage::Store::FetchedBlocks fetched) {
                 auto shared = std::make_shared<storage::Store::FetchedBlocks>(std::move(fetched));
                 transport.Post([resume, shared] { resume(std::move(*shared)); });
               });
}

void Pipeline::KeepFetched(Session& session, storage::Store::FetchedBlocks fetched,
                           uint64_t bytes) {
  // What cannot be read is told by the rerun that reads it itself.
  if (!fetched.status) session.reruns = kRerunsMax;
  storage::Store::FetchedBlocks& kept = session.fetched;
  std::ranges::move(fetched.tables, std::back_inserter(kept.tables));
  if (fetched.pins.empty()) {
    session.pinned_bytes -= bytes;
    // The files may be gone, and others be next. A table alone comes once.
    if (fetched.tables.empty()) ++session.reruns;
    return;
  }
  const bool has_room = session.pinned_bytes <= request_limits_.request_bytes;
  const bool goes_on = session.fetches > kFetchesMax;
  if (session.reruns > 0 || !has_room || goes_on || client_memory_.over()) {
    ++session.reruns;
    kept.pins.clear();
    session.pinned_bytes = bytes;
  }
  std::ranges::move(fetched.pins, std::back_inserter(kept.pins));
}

void Pipeline::Resume(Session& session) {
  if (session.long_read != nullptr) {
    session.hold = Hold::kLongRead;
    StepLongRead(session);
    MarkDirty(session);
  } else {
    RunHeld(session);
  }
}

void Pipeline::RunHeld(Session& session) {
  if (stopping_) return;  // and stays held
  Run(session);
  MarkDirty(session);
  Advance(session);
  Account(session);
}

// --- admission ---

void Pipeline::RetryAdmissions() {
  while (!held_writers_.empty() && !stopping_) {
    Session* session = Find(held_writers_.front());
    if (session != nullptr && session->hold == Hold::kAdmission) {
      Run(*session);  // as the first in line: nothing else of anybody is let in before it
      if (session->hold == Hold::kAdmission) return;
    }
    held_writers_.pop_front();
    if (session == nullptr) continue;
    MarkDirty(*session);
    Advance(*session);  // its next write stands behind all that are held
    Account(*session);
  }
}

// --- expiry ---

void Pipeline::RunExpiryCycle() {
  expiry_goes_on_ = false;
  if (stopping_ || !active_expire_ || expiry_fetching_ ||
      store_.Admit(0, storage::Intent::kTakeAway) != storage::WriteGate::kOpen)
    return;
  const auto effort = static_cast<uint64_t>(config_.active_expire_effort);
  const uint64_t end_ns = env_.MonotonicNs() + kExpiryNs;
  storage::View view = reader_.Newest(storage::Tier::kCacheOnly);
  keyspace::Transaction tx(keyspace_, view, keyspace::Transaction::Mode::kExecute,
                           expiry_clock_.NowMs());
  const Result<keyspace::ExpiryOutcome> outcome = expiry_cycle_.Run(
      tx, {.deadlines = kExpiredKeysPerTurn * effort,
           .time_is_up = [this, end_ns] { return env_.MonotonicNs() >= end_ns; }});
  if (!outcome) return;
  const bool writes = tx.has_writes();
  const Result<storage::Seq> seq = tx.Commit();  // without writes, what it learned of the floors
  if (!seq) return;
  if (writes) NoteStart(*seq, tx.now_ms());
  if (outcome->got_on || view.missing().empty()) expiry_fetched_ = {};
  if (view.missing().empty()) {
    // Those that cannot be read stay due: they are no reason to go on.
    expiry_goes_on_ = outcome->paused || (outcome->more && outcome->removed + outcome->stale > 0);
    const bool all = !outcome->paused && !outcome->more;
    if (all && expiry_clock_.wants_step_back()) expiry_clock_.StepBack();
    return;
  }
  expiry_fetching_ = true;
  store_.Fetch(view.missing(), [this, alive = alive_,
                                &transport = transport_](storage::Store::FetchedBlocks fetched) {
    auto shared = std::make_shared<storage::Store::FetchedBlocks>(std::move(fetched));
    transport.Post([this, alive, shared] {
      if (!*alive) return;
      expiry_fetching_ = false;
      std::ranges::move(shared->pins, std::back_inserter(expiry_fetched_.pins));
      std::ranges::move(shared->tables, std::back_inserter(expiry_fetched_.tables));
      if (shared->status) RunExpiryCycle();
    });
  });
}

}  // namespace cordwood::pipeline

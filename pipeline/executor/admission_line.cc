#include "pipeline/executor/admission_line.h"

#include <algorithm>

namespace cordwood::pipeline {
namespace {

// Pacing: a write this close to its time runs.
constexpr uint64_t kPacingSlackNs = 1'000'000;
// Nobody waits longer for what was written before; what is left of the debt is forgotten.
constexpr uint64_t kPacingMaxNs = 1'000'000'000;
constexpr uint64_t kMegabyte = 1 << 20;

}  // namespace

storage::WriteGate AdmissionLine::Ask(Session& session, Admitted wanted) {
  storage::WriteGate gate = keyspace_.store().Admit(wanted.bytes, wanted.intent);
  storage::HeldFor reason = keyspace_.store().held_for();
  const bool adds = wanted.intent == storage::Intent::kAdd;
  const bool first_in_line = !line_.empty() && line_.front() == session.id();
  if (gate == storage::WriteGate::kOpen && adds) {
    // One that is run again was let in before. A long write asks for each of its parts.
    const bool is_rerun = session.fetches > 0 && session.own_run == nullptr;
    const bool in_line = first_in_line || is_rerun || line_.empty();
    const bool is_paced = IsPaced();
    if (!in_line || is_paced) gate = storage::WriteGate::kLater;
    // Who stands behind others waits for what they wait for.
    reason = is_paced ? storage::HeldFor::kPacing : held_for_;
  }
  if (gate == storage::WriteGate::kLater && adds) held_for_ = reason;
  if (gate == storage::WriteGate::kLater && !first_in_line) {
    line_.push_back(session.id());
    ++stats_.held_for_admission;
  }
  return Count(session, gate, reason);
}

storage::WriteGate AdmissionLine::AskAhead(Session& session, Admitted wanted) {
  const storage::WriteGate gate = keyspace_.store().Admit(wanted.bytes, wanted.intent);
  return Count(session, gate, keyspace_.store().held_for());
}

storage::WriteGate AdmissionLine::Count(Session& session, storage::WriteGate gate,
                                        storage::HeldFor reason) {
  if (gate == storage::WriteGate::kLater) {
    Hold(session, reason);
  } else {
    NoteLetGo(session);
  }
  return gate;
}

void AdmissionLine::NoteHeld(Session& session) { Hold(session, storage::HeldFor::kOtherWrite); }

void AdmissionLine::Hold(Session& session, storage::HeldFor reason) {
  if (session.held_write.reason && session.held_write.reason != reason) LetGo(session);
  stats_.held_writes.Hold(session.held_write, reason, env_.MonotonicNs());
}

void AdmissionLine::LetGo(Session& session) {
  const uint64_t now_ns = env_.MonotonicNs();
  storage::HeldWrite& write = session.held_write;
  if (write.reason == storage::HeldFor::kPacing) {
    events_.Note("merge-pause", now_ns - write.since_ns);
  }
  stats_.held_writes.LetGo(write, now_ns);
}

void AdmissionLine::Pace(uint64_t bytes) {
  const uint64_t delay_us = keyspace_.store().WriteDelayUs(bytes);
  if (delay_us == 0) return;
  const uint64_t now = env_.MonotonicNs();
  free_at_ns_ = std::min(std::max(free_at_ns_, now) + delay_us * 1000, now + kPacingMaxNs);
}

bool AdmissionLine::IsPaced() {
  if (free_at_ns_ == 0) return false;
  const bool relieved = keyspace_.store().WriteDelayUs(kMegabyte) == 0;
  if (relieved) free_at_ns_ = 0;
  return !relieved && env_.MonotonicNs() + kPacingSlackNs < free_at_ns_;
}

std::optional<uint64_t> AdmissionLine::WakeNs() {
  // What is held although its time came waits for the store, which tells when it went on.
  if (line_.empty() || free_at_ns_ <= env_.MonotonicNs()) return std::nullopt;
  return free_at_ns_;
}

}  // namespace cordwood::pipeline

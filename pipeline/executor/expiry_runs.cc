#include "pipeline/executor/expiry_runs.h"

#include <utility>

#include "keyspace/core/transaction.h"

namespace cordwood::pipeline {
namespace {

// Deadlines looked at in one turn, for each step of active-expire-effort.
constexpr uint64_t kExpiredKeysPerTurn = 250;
// However many these are, the looking ends after this time; to commit what it found takes less.
constexpr uint64_t kExpiryNs = 1'000'000;

}  // namespace

ExpiryRuns::ExpiryRuns(Env& env, keyspace::Keyspace& keyspace, const config::Config& config,
                       storage::Reader& reader, ExpiryClock& clock, Commits& commits,
                       const PausedClients& pauses, LatencyEvents& events, Transport& transport)
    : env_(env),
      keyspace_(keyspace),
      config_(config),
      reader_(reader),
      clock_(clock),
      commits_(commits),
      pauses_(pauses),
      events_(events),
      fetches_(keyspace, transport),
      cycle_(keyspace) {}

void ExpiryRuns::Run() {
  goes_on_ = false;
  if (!active_ || pauses_.is_on() || fetches_.fetching() ||
      keyspace_.store().Admit(0, storage::Intent::kTakeAway) != storage::WriteGate::kOpen)
    return;
  const uint64_t start_ns = env_.MonotonicNs();
  RunDue(start_ns);
  if (events_.is_on()) events_.Note("expire-cycle", env_.MonotonicNs() - start_ns);
}

void ExpiryRuns::RunDue(uint64_t start_ns) {
  const auto effort = static_cast<uint64_t>(config_.active_expire_effort);
  const uint64_t end_ns = start_ns + kExpiryNs;
  storage::View view = reader_.Newest(storage::Tier::kCacheOnly);
  keyspace::Transaction tx(keyspace_, view, keyspace::Transaction::Mode::kExecute, clock_.NowMs());
  const Result<keyspace::ExpiryOutcome> outcome =
      cycle_.Run(tx, {.deadlines = kExpiredKeysPerTurn * effort,
                      .time_is_up = [this, end_ns] { return env_.MonotonicNs() >= end_ns; }});
  if (!outcome) return;
  const bool writes = tx.has_writes();
  const Result<storage::Seq> seq = tx.Commit();  // without writes, what it learned of the floors
  if (!seq) return;
  if (writes) commits_.NoteCommitted(tx, *seq, tx.now_ms(), Commits::kNobody);
  if (outcome->got_on || view.missing().empty()) fetches_.Drop();
  if (!view.missing().empty()) {
    fetches_.Fetch(view.missing(), [this](const Status& status) { goes_on_ = status.has_value(); });
    return;
  }
  // Those that cannot be read stay due: they are no reason to go on, nor are the deleted ones that
  // lie behind them and are met again.
  goes_on_ = (outcome->paused && outcome->got_on) ||
             (outcome->more && outcome->removed + outcome->stale > 0);
  const bool all = !outcome->paused && !outcome->more;
  if (all && clock_.wants_step_back()) clock_.StepBack();
}

}  // namespace cordwood::pipeline

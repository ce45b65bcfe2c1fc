#include "pipeline/executor/rank_builds.h"

#include <utility>

#include "base/format.h"
#include "base/log.h"

namespace cordwood::pipeline {
namespace {

// The counting ends after this time; to write what was counted takes less.
constexpr uint64_t kCountingNs = 500'000;
// Tries that meet too many deleted entries, before the next one waits for a tick.
constexpr uint64_t kTriesMax = 64;

}  // namespace

RankBuilds::RankBuilds(Env& env, keyspace::Keyspace& keyspace, storage::Reader& reader,
                       ExpiryClock& clock, Commits& commits, Transport& transport)
    : env_(env),
      keyspace_(keyspace),
      reader_(reader),
      clock_(clock),
      commits_(commits),
      fetches_(keyspace, transport) {}

void RankBuilds::Run() {
  goes_on_ = false;
  if (fetches_.fetching() || requests().empty() || !MayWrite(0)) return;
  const keyspace::RankRequest request = requests().front();
  if (commits_.guards().IsRead(request.generation, request.key)) {
    requests().Rotate();
    return;
  }
  storage::View view = reader_.Newest(storage::Tier::kCacheOnly);
  keyspace::Transaction tx(keyspace_, view, keyspace::Transaction::Mode::kExecute, clock_.NowMs());
  const uint64_t end_ns = env_.MonotonicNs() + kCountingNs;
  const Result<keyspace::RankBuild> built = keyspace::BuildRanks(
      tx, request, {.time_is_up = [this, end_ns] { return env_.MonotonicNs() >= end_ns; }});
  if (!built && built.error().code() == ErrorCode::kLong) {
    // The next try jumps over the deleted entries that this one met, if it may.
    goes_on_ = ++tries_ % kTriesMax != 0;
    return;
  }
  if (!built && built.error().code() != ErrorCode::kCold) {
    LogWarning(Format("the elements of a value are not counted: {}", built.error().message()));
    requests().Pop();
    return;
  }
  if (built && !Commit(tx)) return;
  if (built) fetches_.Drop();
  if (!view.missing().empty()) {
    fetches_.Fetch(view.missing(), [this](const Status& status) {
      goes_on_ = status.has_value();
      if (!goes_on_ && !requests().empty()) requests().Pop();
    });
    return;
  }
  if (*built != keyspace::RankBuild::kMore) requests().Pop();
  goes_on_ = !requests().empty();
}

bool RankBuilds::MayWrite(uint64_t bytes) {
  const auto gate = keyspace_.store().Admit(bytes, storage::Intent::kAdd);
  if (gate == storage::WriteGate::kFull) requests() = {};
  return gate == storage::WriteGate::kOpen;
}

bool RankBuilds::Commit(keyspace::Transaction& tx) {
  if (!tx.has_writes()) return true;
  if (!MayWrite(tx.write_bytes())) return false;
  const Result<storage::Seq> seq = tx.Commit();
  if (seq) commits_.NoteCommitted(tx, *seq, tx.now_ms(), Commits::kNobody);
  return seq.has_value();
}

}  // namespace cordwood::pipeline

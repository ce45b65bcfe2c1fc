#include "pipeline/executor/block_fetches.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "base/check.h"
#include "pipeline/executor/loop_fetch.h"
#include "pipeline/executor/own_run.h"
#include "pipeline/executor/reruns.h"

namespace cordwood::pipeline {
namespace {

// One that still finds no end after so many, across many small tables, counts as well.
constexpr uint32_t kFetchesMax = 64;

/// Without those that were named before: a command may look at one key many times.
std::vector<storage::BlockRef> EachOnce(std::vector<storage::BlockRef> blocks) {
  std::set<std::pair<uint64_t, uint64_t>> seen;
  std::erase_if(blocks, [&](const storage::BlockRef& block) {
    return !seen.insert({block.file_number, block.offset}).second;
  });
  return blocks;
}

}  // namespace

BlockFetches::BlockFetches(Env& env, keyspace::Keyspace& keyspace, Sessions& sessions,
                           MemoryPressure& pressure, const RequestLimits& limits,
                           PipelineStats& stats, TurnClock& turn_clock, LatencyEvents& events,
                           Transport& transport, std::function<void(Session&)> resume)
    : env_(env),
      keyspace_(keyspace),
      sessions_(sessions),
      pressure_(pressure),
      limits_(limits),
      stats_(stats),
      turn_clock_(turn_clock),
      events_(events),
      transport_(transport),
      resume_(std::move(resume)) {}

BlockFetches::~BlockFetches() {
  *alive_ = false;
  keyspace_.store().AwaitFetches();  // their callbacks use the transport
}

void BlockFetches::Hold(Session& session, std::vector<storage::BlockRef> blocks) {
  CHECK(!blocks.empty());
  session.hold = Hold::kBlocks;
  ++session.fetches;
  ++stats_.reruns;
  session.wanted = EachOnce(std::move(blocks));
  if (events_.is_on()) session.cold_since_ns = env_.MonotonicNs();
  if (pressure_.memory().MayFetch(session)) {
    Fetch(session);
  } else {
    // Each of those in line would wait for what the others keep.
    session.fetched.pins.clear();
    session.pinned_bytes = 0;
    line_.push_back(session.id());
  }
}

void BlockFetches::StartWaiting() {
  while (!line_.empty()) {
    Session* const session = sessions_.Find(line_.front());
    if (session != nullptr && !pressure_.memory().MayFetch(*session)) return;
    line_.pop_front();
    if (session == nullptr) continue;
    Fetch(*session);
    pressure_.Account(*session);
  }
}

void BlockFetches::Fetch(Session& session) {
  const uint64_t bytes = storage::BytesOf(session.wanted);
  session.pinned_bytes += bytes;
  ++in_flight_;
  FetchForLoop(keyspace_.store(), transport_, std::exchange(session.wanted, {}), alive_,
               [this, id = session.id(), bytes](storage::FetchedBlocks fetched) {
                 Arrived(id, std::move(fetched), bytes);
               });
}

void BlockFetches::Arrived(SessionId id, storage::FetchedBlocks fetched, uint64_t bytes) {
  --in_flight_;
  Session* const session = sessions_.Find(id);
  if (session == nullptr) return;
  const uint64_t now_ns = env_.MonotonicNs();
  turn_clock_.Begin(now_ns);
  if (const uint64_t since_ns = std::exchange(session->cold_since_ns, 0)) {
    events_.Note("cold-read", now_ns - since_ns);
  }
  Keep(*session, std::move(fetched), bytes);
  resume_(*session);
  pressure_.Account(*session);
}

bool BlockFetches::KeepsEarlier(const Session& session) const {
  // One that waits in the middle of its work knows.
  if (session.own_run != nullptr) return session.own_run->keeps_fetched();
  const bool has_room = session.pinned_bytes <= limits_.request_bytes;
  return session.reruns == 0 && has_room && session.fetches <= kFetchesMax &&
         !pressure_.memory().over();
}

void BlockFetches::Keep(Session& session, storage::FetchedBlocks fetched, uint64_t bytes) {
  // Which of the blocks a command cannot do without is told by a run that waits for each.
  if (!fetched.status) session.reruns = kRerunsMax;
  session.fetch_status = fetched.status;
  storage::FetchedBlocks& kept = session.fetched;
  std::ranges::move(fetched.tables, std::back_inserter(kept.tables));
  if (fetched.pins.empty()) {
    session.pinned_bytes -= bytes;
    // The files may be gone, and others be next. A table alone comes once.
    if (fetched.tables.empty()) ++session.reruns;
    return;
  }
  if (!KeepsEarlier(session)) {
    ++session.reruns;
    kept.pins.clear();
    session.pinned_bytes = bytes;
  }
  std::ranges::move(fetched.pins, std::back_inserter(kept.pins));
}

}  // namespace cordwood::pipeline

#include "keyspace/types/set_operation.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/check.h"
#include "keyspace/core/gathered_reads.h"
#include "keyspace/core/range_walk.h"

namespace cordwood::keyspace {
namespace {

/// A set with so many times more members is not walked, but asked for each.
constexpr uint64_t kAskedAbove = 16;
/// Members that are looked for together, so that all blocks that lack are named at once.
constexpr size_t kBatch = 64;

// What one slice does.
constexpr size_t kMembersPerSlice = 1024;
constexpr size_t kBytesPerSlice = size_t{64} << 10;
constexpr size_t kSettledPerSlice = 2 * kMembersPerSlice;

}  // namespace

SetOperation::SetOperation(Kind kind, std::vector<Source> sources, Aggregate aggregate)
    : kind_(kind), aggregate_(aggregate), sources_(std::move(sources)) {
  CHECK(!sources_.empty());
  const auto from = sources_.begin() + (kind_ == Kind::kDifference ? 1 : 0);
  // Those that are asked come last: what they lack does not stop the walks beside.
  std::stable_sort(from, sources_.end(),
                   [](const Source& a, const Source& b) { return a.set.count() < b.set.count(); });
  if (kind_ == Kind::kUnion) {
    Rewind();
    return;
  }
  const auto is_beside = [&](const Source& source) {
    return source.set.count() / kAskedAbove <= sources_.front().set.count();
  };
  beside_ = static_cast<size_t>(std::count_if(sources_.begin() + 1, sources_.end(), is_beside));
}

std::optional<uint64_t> SetOperation::known_count() const {
  if (sources_.size() == 1) return sources_.front().set.count();
  return std::nullopt;
}

void SetOperation::Rewind() {
  for (Source& source : sources_) source.set.Rewind();
  placed_.clear();
  batch_.clear();
  moved_.resize(kind_ == Kind::kUnion ? sources_.size() : 0);
  std::iota(moved_.begin(), moved_.end(), size_t{0});
}

Result<bool> SetOperation::Advance(Transaction& tx, const Visit& visit) {
  Slice slice;
  Result<bool> done =
      kind_ == Kind::kUnion ? AdvanceUnion(tx, visit, slice) : AdvanceFilter(tx, visit, slice);
  for (Source& source : sources_) source.set.Rest();
  if (done || !IsStop(done.error())) return done;
  // A pause gets further each time.
  const bool goes_on = slice.visited || done.error().code() == ErrorCode::kPaused;
  return goes_on ? Result<bool>(false) : done;
}

// --- unions ---

bool SetOperation::IsBehind(size_t a, size_t b) const {
  const int order = sources_[a].set.subkey().compare(sources_[b].set.subkey());
  return order != 0 ? order > 0 : a > b;
}

Status SetOperation::SettleMoved(Transaction& tx, Slice& slice) {
  const auto is_behind = [this](size_t a, size_t b) { return IsBehind(a, b); };
  GatheredReads reads;
  std::vector<size_t> unsettled;
  for (const size_t i : std::exchange(moved_, {})) {
    if (slice.members++ >= kSettledPerSlice || reads.failed()) {
      unsettled.push_back(i);
      continue;
    }
    const Result<bool> is_there = sources_[i].set.Settle(tx);
    if (!reads.Ok(is_there)) {
      unsettled.push_back(i);
    } else if (*is_there) {
      placed_.push_back(i);
      std::ranges::push_heap(placed_, is_behind);
    }
  }
  moved_ = std::move(unsettled);
  return reads.status();
}

Result<bool> SetOperation::AdvanceUnion(Transaction& tx, const Visit& visit, Slice& slice) {
  const auto is_behind = [this](size_t a, size_t b) { return IsBehind(a, b); };
  std::string member;
  while (true) {
    CW_TRY(SettleMoved(tx, slice));
    if (placed_.empty() && moved_.empty()) return true;
    if (!moved_.empty() || slice.members >= kMembersPerSlice || slice.bytes >= kBytesPerSlice) {
      return false;
    }
    member.assign(sources_[placed_.front()].set.subkey());
    std::optional<double> score;
    while (!placed_.empty() && sources_[placed_.front()].set.subkey() == member) {
      std::ranges::pop_heap(placed_, is_behind);
      moved_.push_back(placed_.back());
      placed_.pop_back();
      Source& source = sources_[moved_.back()];
      const double weighted = Weighted(source.set.score(), source.weight);
      score = score ? Aggregated(aggregate_, *score, weighted) : weighted;
      source.set.Next();
    }
    slice.bytes += member.size();
    slice.visited = true;
    CW_ASSIGN(const bool goes_on, visit(member, *score));
    if (!goes_on) return true;
  }
}

// --- intersections and differences ---

Status SetOperation::Gather(Transaction& tx, Slice& slice) {
  SetCursor& set = sources_.front().set;
  const double weight = sources_.front().weight;
  while (batch_.size() < kBatch && slice.bytes < kBytesPerSlice) {
    CW_ASSIGN(const bool is_there, set.Settle(tx));
    if (!is_there) return {};
    const bool is_plain = kind_ == Kind::kDifference;
    batch_.push_back({.subkey = std::string(set.subkey()),
                      .score = is_plain ? set.score() : Weighted(set.score(), weight)});
    slice.bytes += set.subkey().size();
    set.Next();
  }
  return {};
}

Status SetOperation::Decide(Transaction& tx, Candidate& candidate) {
  for (; candidate.looked_for + 1 < sources_.size() && !candidate.is_out; ++candidate.looked_for) {
    Source& other = sources_[candidate.looked_for + 1];
    CW_ASSIGN(const bool is_there, candidate.looked_for < beside_
                                       ? other.set.MoveTo(tx, candidate.subkey)
                                       : other.set.Has(tx, candidate.subkey));
    candidate.is_out = is_there == (kind_ == Kind::kDifference);
    if (candidate.is_out || kind_ == Kind::kDifference) continue;
    // Not Weighted(): what is no number here makes the whole sum 0 in Redis.
    candidate.score = Aggregated(aggregate_, candidate.score, other.set.score() * other.weight);
  }
  return {};
}

Status SetOperation::Decide(Transaction& tx) {
  GatheredReads reads;
  for (Candidate& candidate : batch_) {
    const Status decided = Decide(tx, candidate);
    if (reads.Ok(decided)) continue;
    // A walk beside does not go back for those that it has passed.
    if (reads.failed() || candidate.looked_for < beside_) break;
  }
  return reads.status();
}

Result<bool> SetOperation::AdvanceFilter(Transaction& tx, const Visit& visit, Slice& slice) {
  while (slice.members < kMembersPerSlice && slice.bytes < kBytesPerSlice) {
    const Status gathered = Gather(tx, slice);
    if (batch_.empty()) {
      CW_TRY(gathered);
      return true;
    }
    CW_TRY(Decide(tx));
    slice.members += batch_.size();
    for (const Candidate& candidate : std::exchange(batch_, {})) {
      if (candidate.is_out) continue;
      slice.visited = true;
      CW_ASSIGN(const bool goes_on, visit(candidate.subkey, candidate.score));
      if (!goes_on) return true;
    }
    CW_TRY(gathered);
  }
  return false;
}

}  // namespace cordwood::keyspace

// The compaction lane of Background: which job comes next, and what the end of one changes. The
// picker may take its time over a large tree, so it runs on the lane too, and holds no lock.

#include <algorithm>

#include "storage/compaction/background.h"
#include "storage/compaction/merge_inputs.h"
#include "storage/compaction/squeeze.h"

namespace cordwood::storage {
namespace {

// Requests to merge a range that wait.
constexpr size_t kRangesMax = 64;

// Of those with dead ranges: the last seq, or 0.
Seq NewestWithDeadRanges(const std::vector<std::shared_ptr<Memtable>>& memtables) {
  Seq newest = 0;
  for (const std::shared_ptr<Memtable>& memtable : memtables) {
    if (!memtable->dead_ranges().empty()) newest = memtable->last_seq();
  }
  return newest;
}

}  // namespace

bool Background::FoundNothing(const std::shared_ptr<const Tree>& tree, Seq horizon, Seq newest_dead,
                              bool room_is_short) const {
  if (!nothing_at_ || nothing_at_->tree.lock() != tree || nothing_at_->newest_dead != newest_dead ||
      nothing_at_->room_is_short != room_is_short) {
    return false;
  }
  // A horizon that has moved on matters to what it had not passed before.
  return horizon == nothing_at_->horizon ||
         std::max(newest_dead, tree->newest_garbage()) <= nothing_at_->horizon;
}

void Background::KickMerges() {
  const Seq horizon = hooks_.readers().horizon();
  const Seq newest_dead = NewestWithDeadRanges(DurableImmutables());
  const bool room_is_short = Room().is_short;
  {
    const MutexLock lock(mutex_);
    if (merging_ > options_.compaction_threads || !MayMerge()) return;
    pick_again_ = picking_;
    if (picking_ || FoundNothing(versions_.tree(), horizon, newest_dead, room_is_short)) return;
    picking_ = true;
    tasks_.fetch_add(1);
  }
  Launch(Lane::kCompaction, [this] { PickTask(); });
}

void Background::PickTask() {
  Job job;
  for (const CompactRequest& request : Pick(job)) request.done();
  if (job.ticket) hooks_.merge_memory_changed();
  if (job.choice.kind == Choice::Kind::kNothing) {
    job.tree.reset();  // the last owner, maybe, of files that are obsolete now
    if (PickAgain()) KickMerges();
    return;
  }
  KickMerges();  // there may be room for another one
  CompactionTask(std::move(job));
}

std::vector<Background::CompactRequest> Background::Pick(Job& job) {
  const Seq horizon = hooks_.readers().horizon();
  const std::vector<std::shared_ptr<Memtable>> durable = DurableImmutables();
  const Seq flushed = versions_.flushed_seq();  // before the tree, which holds at least that
  const PickerState::Room room = Room();
  PickerState state;
  {
    const MutexLock lock(mutex_);
    pick_again_ = false;
    // Taken together: an older tree has inputs that a job has replaced meanwhile. A job that ends
    // while the picker is at work changes only runs that are busy here.
    job.tree = versions_.tree();
    state = picker_;
    state.room = room;
    state.level_zero_only = deep_merging_ >= options_.compaction_threads;
    if (state.room.bytes != UINT64_MAX) {
      state.room.bytes -= std::min(state.room.bytes, merging_bytes_);
    }
  }
  std::erase_if(state.ranges, [&](const auto& request) { return request.through > flushed; });
  state.horizon = horizon;
  for (const std::shared_ptr<Memtable>& memtable : durable) {
    const std::span<const DeadRangeView> dead = memtable->dead_ranges();
    state.newer_dead.insert(state.newer_dead.end(), dead.begin(), dead.end());
  }
  job.choice = PickInRoom(*job.tree, state, picker_options(), options_.fragment_bytes);
  job.bytes = InputBytes(*job.tree, job.choice);
  const uint64_t large_bytes = kLargestEntriesInMerge * LargestEntry(*job.tree, job.choice);
  const MutexLock lock(mutex_);
  picking_ = false;
  if (!MayMerge()) job.choice = {};  // a job failed meanwhile, or Stop was called
  if (job.choice.kind == Choice::Kind::kMerge) job.ticket = tickets_.Take(large_bytes);
  const bool must_wait = job.choice.kind == Choice::Kind::kMerge && !job.ticket;
  if (must_wait) job.choice = {};  // until another job has ended
  const bool nothing = job.choice.kind == Choice::Kind::kNothing;
  const bool nothing_to_do = nothing && !must_wait && !pick_again_ && MayMerge();
  if (!nothing) {
    picker_.busy.insert(job.choice.inputs.begin(), job.choice.inputs.end());
    for (const Choice::Drop& drop : job.choice.drops) picker_.busy.insert(drop.run);
    ++merging_;
    merging_bytes_ += job.bytes;
    if (IsDeepMerge(job.choice)) ++deep_merging_;
  } else if (nothing_to_do) {
    nothing_at_ = {.tree = job.tree,
                   .horizon = horizon,
                   .newest_dead = NewestWithDeadRanges(durable),
                   .room_is_short = room.is_short};
  }
  if (nothing_to_do && merging_ == 0) Forget(kMergeJob);
  return TakeFulfilled(*job.tree, flushed, horizon, nothing_to_do);
}

bool Background::PickAgain() const {
  const MutexLock lock(mutex_);
  return pick_again_;
}

std::vector<Background::CompactRequest> Background::TakeFulfilled(const Tree& tree, Seq flushed,
                                                                  Seq horizon, bool nothing_to_do) {
  std::vector<CompactRequest> fulfilled;
  const bool idle = nothing_to_do && merging_ == 0;
  std::erase_if(compact_requests_, [&](CompactRequest& request) {
    const bool is_fulfilled =
        flushed >= request.through && (idle || IsCompacted(tree, request.through, horizon));
    if (is_fulfilled) fulfilled.push_back(std::move(request));
    return is_fulfilled;
  });
  std::erase_if(picker_.ranges, [&](const RangeRequest& request) {
    return flushed >= request.through && (idle || IsMerged(tree, request, horizon));
  });
  picker_.compact_through.reset();
  for (const CompactRequest& request : compact_requests_) {
    picker_.compact_through = std::max(picker_.compact_through.value_or(0), request.through);
  }
  return fulfilled;
}

void Background::CompactionTask(Job job) {
  BadInput bad;
  const Status status =
      stopping_ ? Status(Fail(ErrorCode::kClosed, "stopping")) : CarryOut(job, bad);
  const bool into_last =
      job.choice.kind == Choice::Kind::kMerge && job.choice.target_level == job.tree->last_level();
  job.tree.reset();  // the last owner, maybe, of files that are obsolete now
  if (job.ticket) {
    job.ticket.reset();
    hooks_.merge_memory_changed();
  }
  EndJob(kMergeJob, status, bad, [&]() REQUIRES(mutex_) {
    nothing_at_.reset();
    --merging_;
    merging_bytes_ -= job.bytes;
    if (IsDeepMerge(job.choice)) --deep_merging_;
    for (const uint64_t run : job.choice.inputs) picker_.busy.erase(run);
    for (const Choice::Drop& drop : job.choice.drops) picker_.busy.erase(drop.run);
    if (status && into_last) picker_.cursor = job.choice.next_cursor;
  });
}

void Background::CompactEverything(std::function<void()> done) {
  const std::vector<std::shared_ptr<Memtable>> immutables = versions_.Immutables();
  const Seq through = immutables.empty() ? versions_.flushed_seq() : immutables.back()->last_seq();
  {
    const MutexLock lock(mutex_);
    picker_.compact_through = std::max(picker_.compact_through.value_or(0), through);
    compact_requests_.push_back({.through = through, .done = std::move(done)});
    nothing_at_.reset();
  }
  Kick();
}

void Background::MergeRange(KeyRange range, Seq through) {
  {
    const MutexLock lock(mutex_);
    const bool is_known =
        std::any_of(picker_.ranges.begin(), picker_.ranges.end(),
                    [&](const RangeRequest& request) { return request.range.Covers(range); });
    if (is_known || picker_.ranges.size() == kRangesMax) return;
    picker_.ranges.push_back({.range = std::move(range), .through = through});
    nothing_at_.reset();
  }
  Kick();
}

double Background::CompactionDebt() const {
  const MutexLock lock(mutex_);
  return storage::CompactionDebt(*versions_.tree(), picker_, picker_options());
}

}  // namespace cordwood::storage

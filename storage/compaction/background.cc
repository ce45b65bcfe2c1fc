#include "storage/compaction/background.h"

#include <algorithm>
#include <utility>

#include "base/format.h"
#include "base/log.h"

namespace cordwood::storage {
namespace {

constexpr uint64_t kRetryNs = 1'000'000'000;
constexpr int kDoublingsMax = 4;  // of the time to the next try

}  // namespace

Background::Background(Env& env, std::string dir, const StoreOptions& options, VersionSet& versions,
                       Hooks hooks)
    : env_(env),
      dir_(std::move(dir)),
      options_(options),
      versions_(versions),
      hooks_(std::move(hooks)),
      tickets_(options.merge_memory_bytes),
      removals_(env, dir_, versions, hooks_.syncs_suffer, [this] { OnRoom(); }) {}

PickerOptions Background::picker_options() const {
  return {.runs_per_level = options_.runs_per_level,
          .last_level_fanout = options_.last_level_fanout,
          .piece_bytes = 8 * options_.fragment_bytes};
}

void Background::Kick() {
  KickFlush();
  KickMerges();
  removals_.Kick();
}

void Background::Tick() {
  const uint64_t now = env_.MonotonicNs();
  {
    const MutexLock lock(mutex_);
    for (Trouble& trouble : trouble_) trouble.blocked = trouble.blocked && now < trouble.retry_ns;
    if (versions_.Immutables().empty()) Forget(kFlushJob);
  }
  Kick();
}

void Background::Launch(Lane lane, std::function<void()> task) {
  env_.Schedule(lane, [this, run = std::move(task)] {
    run();
    tasks_.fetch_sub(1);  // whoever waits for it may destroy this now
  });
}

std::vector<std::shared_ptr<Memtable>> Background::DurableImmutables() const {
  std::vector<std::shared_ptr<Memtable>> memtables = versions_.Immutables();
  const Seq synced = hooks_.synced();
  std::erase_if(memtables, [&](const auto& memtable) { return memtable->last_seq() > synced; });
  return memtables;
}

void Background::KickFlush() {
  if (versions_.Immutables().empty()) return;
  const Seq synced = hooks_.synced();
  std::shared_ptr<Memtable> oldest;
  {
    const MutexLock lock(mutex_);
    if (flushing_ || trouble_[kFlushJob].blocked || stopping_ || !status_) return;
    // Looked at only now: what was the oldest before may have been flushed meanwhile.
    const std::vector<std::shared_ptr<Memtable>> immutables = versions_.Immutables();
    if (immutables.empty() || immutables.front()->last_seq() > synced) return;
    oldest = immutables.front();
    flushing_ = true;
    tasks_.fetch_add(1);
  }
  Launch(Lane::kFlush, [this, oldest] {
    EndJob(kFlushJob, stopping_ ? Status(Fail(ErrorCode::kClosed, "stopping")) : Flush(oldest),
           BadInput(), [this]() REQUIRES(mutex_) { flushing_ = false; });
  });
}

void Background::Stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  env_.Await([this] { return tasks_ == 0; });
  removals_.Stop();
}

void Background::EndJob(JobKind kind, const Status& status, const BadInput& bad,
                        const std::function<void()>& release) {
  const bool more_room = IsShortage(status) && hooks_.out_of_room && hooks_.out_of_room();
  const uint64_t now = env_.MonotonicNs();
  {
    const MutexLock lock(mutex_);
    release();
    if (!status && bad.file != 0) {
      Blame(bad, status.error(), now);
    } else {
      Judge(kind, status, now, more_room);
    }
  }
  hooks_.progress();
  Kick();
}

void Background::Judge(JobKind kind, const Status& status, uint64_t now_ns, bool more_room) {
  Trouble& trouble = trouble_[kind];
  if (status) return Forget(kind);
  const Error& error = status.error();
  if (error.code() == ErrorCode::kClosed) return;
  if (versions_.failed()) return GiveUp(status);
  const bool shortage = IsShortage(error.code());
  // A try that gave back nothing does not count, or tries would follow each other for ever.
  const uint64_t given_before = std::exchange(trouble.given_back, removals_.given_back());
  trouble.blocked = !shortage || (!more_room && trouble.given_back == given_before);
  trouble.reason = status;
  trouble.retry_ns = now_ns + (shortage ? kRetryNs : kRetryNs << trouble.failures);
  if (shortage && kind == kMergeJob) {
    picker_.small_steps_take_all = !picker_.small_steps_take_all;
  }
  if (!shortage) trouble.failures = std::min(trouble.failures + 1, kDoublingsMax);
  if (!LackOfSpace(kind).exchange(true)) {
    LogWarning(Format("a {} wrote nothing, and is tried again: {}",
                      kind == kFlushJob ? "flush" : "merge", error.message()));
  }
}

void Background::OnRoom() {
  {
    const MutexLock lock(mutex_);
    for (Trouble& trouble : trouble_) {
      if (IsShortage(trouble.reason)) trouble.blocked = false;
    }
  }
  Kick();
}

void Background::Blame(const BadInput& bad, const Error& error, uint64_t now_ns) {
  if (broken_.Blame(bad.file, error)) {
    picker_.broken.insert(bad.runs.begin(), bad.runs.end());
    LogWarning(Format("merges leave the run of a table as it is: {}", error.message()));
    return;
  }
  trouble_[kMergeJob].blocked = true;
  trouble_[kMergeJob].retry_ns = now_ns + kRetryNs;
  LogWarning(Format("a merge is tried again: {}", error.message()));
}

void Background::Forget(JobKind kind) {
  trouble_[kind] = Trouble{};
  LackOfSpace(kind) = false;
}

void Background::GiveUp(const Status& status) {
  status_ = status;
  failed_ = true;
  LogWarning(Format("background work stopped: {}", status.error().message()));
}

void Background::Discard(const std::vector<uint64_t>& files) {
  std::vector<FileName> tables;
  for (const uint64_t number : files) tables.push_back({FileKind::kTable, number});
  removals_.Add(tables);
}

Status Background::status() const {
  const MutexLock lock(mutex_);
  return status_;
}

Status Background::shortage() const {
  const MutexLock lock(mutex_);
  return trouble_[kFlushJob].reason;
}

Status Background::corruption() const {
  const MutexLock lock(mutex_);
  return broken_.first();
}

BackgroundStats Background::stats() const {
  BackgroundStats stats;
  {
    const MutexLock lock(mutex_);
    stats = stats_;
  }
  stats.files_removed = removals_.removed();
  stats.files_to_remove = removals_.waiting();
  return stats;
}

}  // namespace cordwood::storage

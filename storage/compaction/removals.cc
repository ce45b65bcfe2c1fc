#include "storage/compaction/removals.h"

#include <algorithm>

namespace cordwood::storage {
namespace {

// Between two tasks while syncs suffer: no more than 64 a second.
constexpr uint64_t kPauseMs = 16;
constexpr uint64_t kStopNs = 100'000'000;

}  // namespace

Removals::Removals(Env& env, std::string dir, VersionSet& versions,
                   std::function<bool()> syncs_suffer)
    : env_(env),
      dir_(std::move(dir)),
      versions_(versions),
      syncs_suffer_(std::move(syncs_suffer)) {}

void Removals::Kick() {
  const bool may_have = versions_.MayHaveObsolete();
  {
    const std::scoped_lock lock(mutex_);
    if ((!may_have && files_.empty()) || !Claim()) return;
  }
  Schedule();
}

void Removals::Add(const std::vector<FileName>& files) {
  {
    const std::scoped_lock lock(mutex_);
    files_.insert(files_.end(), files.begin(), files.end());
    if (files_.empty() || !Claim()) return;
  }
  Schedule();
}

void Removals::Stop() {
  const uint64_t now = env_.MonotonicNs();
  bool start = false;
  {
    const std::scoped_lock lock(mutex_);
    start = Claim();
    stop_ns_ = now + kStopNs;
  }
  if (start) Schedule();
  env_.Await([this] { return tasks_.load() == 0; });
  shrinking_.reset();
}

uint64_t Removals::waiting() const {
  const std::scoped_lock lock(mutex_);
  return files_.size();
}

bool Removals::Claim() {
  if (running_ || stop_ns_ != UINT64_MAX) return false;
  running_ = true;
  tasks_.fetch_add(1);
  return true;
}

void Removals::Schedule() {
  env_.Schedule(Lane::kRemovals, [this] {
    if (RunTask()) Schedule();
    tasks_.fetch_sub(1);  // whoever waits for it may destroy this now
  });
}

bool Removals::RunTask() {
  const std::vector<FileName> obsolete = versions_.TakeObsolete();
  const uint64_t now = env_.MonotonicNs();
  FileName first;
  bool any = false;
  {
    const std::scoped_lock lock(mutex_);
    files_.insert(files_.end(), obsolete.begin(), obsolete.end());
    any = !files_.empty() && now < stop_ns_;
    if (any) first = files_.front();
  }
  const bool done = any && TakeStep(first);
  const std::scoped_lock lock(mutex_);
  if (done) files_.pop_front();
  running_ = !files_.empty() && now < stop_ns_;
  if (running_) tasks_.fetch_add(1);
  return running_;
}

bool Removals::TakeStep(FileName file) {
  if (syncs_suffer_()) env_.SleepForMs(kPauseMs);
  if (shrinking_ == nullptr) StartShrinking(file);
  if (shrinking_ != nullptr && shrinking_->bytes > 0) {
    shrinking_->bytes -= std::min(shrinking_->bytes, kStepBytes);
    if (shrinking_->file->Truncate(shrinking_->bytes)) return false;
  }
  shrinking_.reset();
  const Status removed = env_.Remove(PathOf(dir_, file));
  if (removed) removed_.fetch_add(1, std::memory_order_relaxed);
  return true;  // what is left is removed after the next start
}

void Removals::StartShrinking(FileName file) {
  if (file.kind != FileKind::kTable) return;
  Result<std::unique_ptr<File>> opened = env_.Open(PathOf(dir_, file), OpenMode::kReadWrite);
  if (!opened) return;
  const Result<uint64_t> bytes = (*opened)->Size();
  if (!bytes || *bytes <= kLargeBytes) return;
  const Result<uint64_t> names = (*opened)->LinkCount();
  if (!names || *names != 1) return;
  shrinking_ = std::make_unique<Shrinking>(std::move(*opened), *bytes);
}

}  // namespace cordwood::storage

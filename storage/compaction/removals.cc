#include "storage/compaction/removals.h"

#include <algorithm>
#include <utility>

namespace cordwood::storage {
namespace {

// Between two tasks while syncs suffer: no more than 64 a second.
constexpr uint64_t kPauseMs = 16;
constexpr uint64_t kStopNs = 100'000'000;

}  // namespace

Removals::Removals(Env& env, std::string dir, VersionSet& versions,
                   std::function<bool()> syncs_suffer, std::function<void()> gave_back)
    : env_(env),
      dir_(std::move(dir)),
      versions_(versions),
      syncs_suffer_(std::move(syncs_suffer)),
      gave_back_(std::move(gave_back)) {}

void Removals::Kick() {
  const bool may_have = versions_.MayHaveObsolete();
  {
    const MutexLock lock(mutex_);
    if ((!may_have && files_.empty()) || !Claim()) return;
  }
  Schedule();
}

void Removals::Add(const std::vector<FileName>& files) {
  {
    const MutexLock lock(mutex_);
    for (const FileName& file : files) files_.push_back({.name = file, .given_up = false});
    if (files_.empty() || !Claim()) return;
  }
  Schedule();
}

void Removals::Stop() {
  const uint64_t now = env_.MonotonicNs();
  bool start = false;
  {
    const MutexLock lock(mutex_);
    start = Claim();
    look_again_ = !start;
    stop_ns_ = now + kStopNs;
  }
  if (start) Schedule();
  env_.Await([this] { return tasks_.load() == 0; });
  shrinking_.reset();
}

uint64_t Removals::waiting() const {
  const MutexLock lock(mutex_);
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
  Condemned first;
  bool any = false;
  {
    const MutexLock lock(mutex_);
    for (const FileName& file : obsolete) files_.push_back({.name = file, .given_up = true});
    any = !files_.empty() && now < stop_ns_;
    if (any) first = files_.front();
  }
  const bool done = any && TakeStep(first);
  bool last = false;
  bool goes_on = false;
  {
    const MutexLock lock(mutex_);
    if (done) files_.pop_front();
    last = done && first.given_up && std::ranges::none_of(files_, &Condemned::given_up);
    const bool looks_again = std::exchange(look_again_, false);
    goes_on = running_ = looks_again || (!files_.empty() && now < stop_ns_);
    if (goes_on) tasks_.fetch_add(1);
  }
  if (last) gave_back_();
  return goes_on;
}

bool Removals::TakeStep(const Condemned& file) {
  if (syncs_suffer_()) env_.SleepForMs(kPauseMs);
  if (shrinking_ == nullptr) StartShrinking(file.name);
  if (shrinking_ != nullptr && shrinking_->bytes > 0) {
    shrinking_->bytes -= std::min(shrinking_->bytes, kStepBytes);
    if (shrinking_->file->Truncate(shrinking_->bytes)) return false;
  }
  shrinking_.reset();
  if (env_.Remove(PathOf(dir_, file.name))) {
    removed_.fetch_add(1, std::memory_order_relaxed);
    if (file.given_up) given_back_.fetch_add(1, std::memory_order_relaxed);
  }
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

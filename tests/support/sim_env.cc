#include "tests/support/sim_env.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "base/check.h"

namespace cordwood::support {

namespace {

/// A driver call that needs more steps than this has met a task that never rests.
constexpr uint64_t kStepsMax = 20'000'000;
/// Virtual time after which an Await is taken for hopeless, however busy the tasks are.
constexpr uint64_t kAwaitNsMax = 24ULL * 3600 * 1'000'000'000;

SimScheduler::LaneLimits LimitsOf(const SimOptions& options) {
  return {1, 1, 1, 1, options.compaction_tasks, options.fetch_tasks, 1, 1};
}

}  // namespace

SimEnv::SimEnv(const SimOptions& options)
    : SimEnv(options, SimDisk(SimRandom(options.seed).Fork(1)), 0) {}

SimEnv::SimEnv(const SimOptions& options, SimDisk disk, uint64_t start_hash)
    : options_(options),
      random_for_callers_(SimRandom(options.seed).Fork(2)),
      random_for_switches_(SimRandom(options.seed).Fork(3)),
      random_for_faults_(SimRandom(options.seed).Fork(4)),
      scheduler_(SimRandom(options.seed).Fork(5), LimitsOf(options)),
      disk_(std::move(disk)),
      trace_(start_hash),
      wall_offset_ms_(options.wall_start_ms - static_cast<int64_t>(now_ns_ / 1'000'000)) {}

SimEnv::~SimEnv() {
  Freeze();
  uint64_t steps = 0;
  while (Step()) {
    if (++steps > kStepsMax) Die("a task does not end in a frozen world");
  }
  if (handles_ != 0) Die(std::to_string(handles_) + " files or locks outlive their environment");
}

bool SimEnv::Step() { return scheduler_.Step(now_ns_); }

void SimEnv::RunUntilIdle(uint64_t max_sleep_ms) {
  uint64_t sleep_left_ns = max_sleep_ms * 1'000'000;
  for (uint64_t steps = 0; steps < kStepsMax; ++steps) {
    if (Step()) continue;
    const auto wake_ns = scheduler_.NextWakeNs();
    if (!wake_ns || *wake_ns - now_ns_ > sleep_left_ns) return;
    sleep_left_ns -= *wake_ns - now_ns_;
    now_ns_ = *wake_ns;
  }
  Die("RunUntilIdle: the tasks never rest");
}

void SimEnv::RunForMs(uint64_t ms) { PassUntil(now_ns_ + ms * 1'000'000); }

void SimEnv::PassUntil(uint64_t deadline_ns) {
  for (uint64_t steps = 0; steps < kStepsMax; ++steps) {
    if (now_ns_ > deadline_ns && !frozen_) return;
    if (Step()) continue;
    if (now_ns_ >= deadline_ns || frozen_) return;
    now_ns_ = std::min(scheduler_.NextWakeNs().value_or(deadline_ns), deadline_ns);
  }
  Die("the tasks never rest");
}

void SimEnv::Schedule(Lane lane, std::function<void()> task) {
  scheduler_.Schedule(lane, std::move(task));
}

void SimEnv::SleepForMs(uint64_t ms) {
  const uint64_t wake_ns = now_ns_ + ms * 1'000'000;
  if (scheduler_.OnFiber()) {
    scheduler_.NoteCall("sleep", "");
    scheduler_.SleepUntil(wake_ns);
    return;
  }
  if (main_io_forbidden_ && !frozen_) Die("the driver sleeps although that is forbidden");
  PassUntil(wake_ns);
}

void SimEnv::Await(const std::function<bool()>& done) {
  if (scheduler_.OnFiber()) {
    scheduler_.Wait(done);
  } else {
    AwaitAsDriver(done);
  }
}

void SimEnv::AwaitAsDriver(const std::function<bool()>& done) {
  if (done()) return;
  const uint64_t hopeless_ns = now_ns_ + kAwaitNsMax;
  uint64_t ended = scheduler_.tasks_ended();
  for (uint64_t steps = 0; steps < kStepsMax && now_ns_ < hopeless_ns; ++steps) {
    if (Step()) {
      if (scheduler_.tasks_ended() == ended) continue;
      ended = scheduler_.tasks_ended();
      if (done()) return;
      continue;
    }
    if (frozen_) return;
    const auto wake_ns = scheduler_.NextWakeNs();
    if (!wake_ns) {
      Die(done() ? "deadlock: what the driver awaits came true, but no task ended after it"
                 : "deadlock: the driver awaits, and no task can go on");
    }
    now_ns_ = *wake_ns;
  }
  Die("Await: what the driver awaits does not come true, though tasks go on");
}

int64_t SimEnv::WallMs() { return static_cast<int64_t>(now_ns_ / 1'000'000) + wall_offset_ms_; }

void SimEnv::Freeze() {
  if (!frozen_) tasks_at_the_end_ = scheduler_.Describe(now_ns_);
  frozen_ = true;
  scheduler_.Release();
}

std::unique_ptr<SimEnv> SimEnv::Kill() {
  CHECK(!scheduler_.OnFiber());
  Freeze();
  return CopyAfterKill();
}

std::unique_ptr<SimEnv> SimEnv::LosePower(uint64_t seed, PowerLoss kind) {
  CHECK(!scheduler_.OnFiber());
  Freeze();
  return CopyAfterPowerLoss(seed, kind);
}

std::unique_ptr<SimEnv> SimEnv::CopyAfterKill() const {
  auto next = NextWorld(disk_.CopyAfterKill(), trace_.hash());
  // The machine runs on: only the process is new.
  next->now_ns_ = now_ns_;
  next->wall_offset_ms_ = wall_offset_ms_;
  return next;
}

std::unique_ptr<SimEnv> SimEnv::CopyAfterPowerLoss(uint64_t seed, PowerLoss kind) const {
  SimDisk disk = disk_.CopyAfterKill();
  SimRandom random = SimRandom(seed).Fork(6);
  disk.LosePower(kind, random);
  auto next = NextWorld(std::move(disk), seed);
  // The monotonic clock starts anew, the wall clock has gone on for a second.
  next->wall_offset_ms_ = wall_offset_ms_ + static_cast<int64_t>(now_ns_ / 1'000'000);
  return next;
}

std::unique_ptr<SimEnv> SimEnv::NextWorld(SimDisk disk, uint64_t seed) const {
  SimOptions options = options_;
  options.seed = SimRandom(options_.seed).Fork(seed).Next();
  std::unique_ptr<SimEnv> next(new SimEnv(options, std::move(disk), trace_.hash()));
  next->faults_.InheritLog(faults_);
  next->disk_space_unknown_ = disk_space_unknown_;
  return next;
}

void SimEnv::FailNext(SimOp op, std::string path_part, ErrorCode code, bool sticky) {
  faults_.FailNext(op, std::move(path_part), code, sticky);
}

void SimEnv::FailCall(uint64_t number, ErrorCode code, bool sticky) {
  faults_.FailCall(number, code, sticky);
}

void SimEnv::Stall(SimOp op, const std::string& path_part, uint64_t ms) {
  faults_.Stall(op, path_part, ms);
}

void SimEnv::StallSyncs(const std::string& path_part, uint64_t ms) {
  faults_.Stall(SimOp::kSync, path_part, ms);
  faults_.Stall(SimOp::kSyncDir, path_part, ms);
}

void SimEnv::StallReads(const std::string& path_part, uint64_t ms) {
  faults_.Stall(SimOp::kRead, path_part, ms);
}

Result<std::string> SimEnv::ReadRaw(const std::string& path) const {
  CW_ASSIGN(const SimNodePtr node, disk_.Find(path));
  return node->content.cached();
}

Result<std::string> SimEnv::ReadDurable(const std::string& path) const {
  CW_ASSIGN(const SimNodePtr node, disk_.Find(path));
  return node->content.Durable();
}

Status SimEnv::WriteRaw(const std::string& path, std::string bytes) {
  return disk_.WriteRaw(path, std::move(bytes));
}

Status SimEnv::FlipBit(const std::string& path, uint64_t offset, uint32_t bit) {
  CW_ASSIGN(const SimNodePtr node, disk_.Find(path));
  if (node->is_dir || offset >= node->content.cached().size() || bit >= 8) {
    return Fail(ErrorCode::kInvalidArgument, path + ": no such bit");
  }
  node->content.FlipBit(offset, bit);
  return {};
}

std::string SimEnv::Report(uint64_t calls) const {
  std::string out = "simulation of seed " + std::to_string(options_.seed) + ", trace hash " +
                    std::to_string(trace_.hash()) + (frozen_ ? ", frozen" : "") + "\n";
  out += "tasks:\n" + scheduler_.Describe(now_ns_);
  if (!faults_.log().empty()) out += "injected:\n";
  for (const InjectedFault& fault : faults_.log()) {
    out += "  #" + std::to_string(fault.call_number) + " " + std::string(SimOpName(fault.op)) +
           " " + fault.path + ": " + fault.what + "\n";
  }
  return out + "last calls:\n" + trace_.Recent(calls);
}

void SimEnv::Die(const std::string& why) const {
  std::fprintf(stderr, "SimEnv: %s\n%s", why.c_str(), Report().c_str());
  std::abort();
}

}  // namespace cordwood::support

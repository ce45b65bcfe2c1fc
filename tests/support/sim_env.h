#pragma once

// The simulated environment: files in memory, a clock that the test moves, background tasks as
// fibers under a seed, and everything that can go wrong with them. One OS thread; the same seed
// and the same calls give the same run, to the bit (TraceHash).
//
//   SimEnv env(seed);
//   ... open a store on env, let it work ...
//   env.CrashAtCall(57);                  // or LosePower at a moment of the test's choice
//   ... until env.frozen() ...
//   auto after = env.LosePower(seed);     // the machine as it comes back; open the store again
//
// The thread's own stack is the DRIVER: the test, and in it whatever plays the server's loop. Tasks
// given to Schedule run while the driver steps (Step, RunUntilIdle, RunForMs, Await, SleepForMs)
// and give the thread back at Env and File calls when the seed says so. Calls of the driver do not
// switch unless SimOptions says so.
// A mutex that is held across a call hangs the test when another task wants it: base/env.h forbids
// that.
//
// After Kill, LosePower or the crash of CrashAtCall the environment is FROZEN: every call fails
// with kIo "the power is off" and changes nothing. Tasks still run, to their ends, so that the
// objects of the old world can be destroyed in the usual way. In a frozen world sleeps do not
// wait, and an Await that nothing can fulfil any more returns.
//
// Threads: one. Files and locks are destroyed before their environment, which checks it. It calls
// the operating system for stacks only.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "tests/support/sim_disk.h"
#include "tests/support/sim_faults.h"
#include "tests/support/sim_random.h"
#include "tests/support/sim_scheduler.h"
#include "tests/support/sim_trace.h"

namespace cordwood::support {

struct SimOptions {
  uint64_t seed = 1;
  /// How often a task gives the thread back before a call, and again after it.
  uint32_t switch_percent = 25;
  /// Whether calls of the driver run a step of some task first, as often.
  bool switch_driver = false;
  /// Tasks at a time; the other lanes always run one.
  int compaction_tasks = 2;
  int fetch_tasks = 2;
  /// Virtual time that calls take.
  uint64_t call_ns = 5'000;
  uint64_t sync_ns = 200'000;
  /// Virtual time that a look at the monotonic clock takes: for work that ends when it took long.
  uint64_t clock_ns = 0;
  int64_t wall_start_ms = 1'767'225'600'000;  // 2026-01-01T00:00:00Z
};

class SimEnv final : public Env {
 public:
  explicit SimEnv(uint64_t seed) : SimEnv(SimOptions{.seed = seed}) {}
  explicit SimEnv(const SimOptions& options);
  /// Freezes the world and runs every task to its end.
  ~SimEnv() override;
  SimEnv(const SimEnv&) = delete;
  SimEnv& operator=(const SimEnv&) = delete;

  // --- driving ---
  /// Lets one task go on until it gives the thread back. False: all are asleep, waiting or done.
  bool Step();
  /// Steps until nothing can go on, moving the clock to the next sleeper's time, by no more than
  /// `max_sleep_ms` in all (a periodic task never becomes idle).
  void RunUntilIdle(uint64_t max_sleep_ms = 10'000);
  /// Steps through the next `ms` milliseconds of virtual time.
  void RunForMs(uint64_t ms);
  /// Moves the clock and runs nobody; sleepers whose time came go on at the next step.
  void AdvanceMs(uint64_t ms) { now_ns_ += ms * 1'000'000; }
  /// Moves the wall clock alone, forwards or back.
  void JumpWallMs(int64_t ms) { wall_offset_ms_ += ms; }
  size_t TaskCount() const { return scheduler_.TaskCount(); }

  // --- the end of the process or of the power; not from a task ---
  /// Freezes this world and returns the next: the process was killed, the page cache survives.
  std::unique_ptr<SimEnv> Kill();
  /// Freezes this world and returns the next: unsynced data and entries survive as `seed` says.
  std::unique_ptr<SimEnv> LosePower(uint64_t seed, PowerLoss kind = PowerLoss::kRandom);
  /// The same worlds, while this one goes on.
  std::unique_ptr<SimEnv> CopyAfterKill() const;
  std::unique_ptr<SimEnv> CopyAfterPowerLoss(uint64_t seed,
                                             PowerLoss kind = PowerLoss::kRandom) const;
  /// Freezes the world at the call with this number (from 1, see Calls): before it, in the middle,
  /// or when it is done and nobody was told.
  void CrashAtCall(uint64_t number) { faults_.CrashAtCall(number); }
  /// The same at the nth call, from 1, of `op` whose path contains `path_part`.
  void CrashAtNth(SimOp op, std::string path_part, uint64_t nth) {
    faults_.CrashAtNth(op, std::move(path_part), nth);
  }
  bool frozen() const { return frozen_; }
  /// The tasks that were not done when the world froze, a line each, as in Report.
  const std::string& TasksAtTheEnd() const { return tasks_at_the_end_; }

  // --- failures ---
  /// File calls so far: all of Open to Lock in base/env.h, and those of File.
  uint64_t Calls() const { return trace_.calls(); }
  /// The next call of `op` whose path contains `path_part` fails; all of them when sticky.
  /// A failed write may have written a part, a failed Truncate, Rename or Remove (kIo) may have
  /// worked, a failed Sync or SyncDir makes the data or entries clean without making them durable.
  void FailNext(SimOp op, std::string path_part, ErrorCode code, bool sticky = false);
  /// The call with this number fails, and when sticky all that follow.
  void FailCall(uint64_t number, ErrorCode code, bool sticky = false);
  /// The next read of such a file answers with one bit wrong; the file is not damaged.
  void FlipNextRead(std::string path_part) { faults_.FlipNextRead(std::move(path_part)); }
  /// From now on each such call first takes `ms` of virtual time, in which others go on. Syncs are
  /// those of files and directories.
  void Stall(SimOp op, const std::string& path_part, uint64_t ms);
  void StallSyncs(const std::string& path_part, uint64_t ms);
  void StallReads(const std::string& path_part, uint64_t ms);
  /// Ends all planned failures, stalls and crashes.
  void ClearFaults() { faults_.Clear(); }
  const std::vector<InjectedFault>& InjectedFaults() const { return faults_.log(); }
  /// The size of the disk. Calls that would need more fail with kNoSpace. UINT64_MAX: no limit.
  void SetDiskBytes(uint64_t bytes) { disk_.SetLimit(bytes); }
  uint64_t UsedDiskBytes() const { return disk_.UsedBytes(); }
  /// How large a file may become: writes beyond it fail with kFileLimit.
  void SetFileBytesMax(uint64_t bytes) { file_bytes_max_ = bytes; }
  /// From now on the file system does not say how large it is.
  void HideDiskSpace() { disk_space_unknown_ = true; }
  /// While set, a file call or a sleep of the driver ends the test: no loop waits for a file.
  void ForbidMainIo(bool forbidden) { main_io_forbidden_ = forbidden; }

  // --- the medium, past all rules and counters ---
  Result<std::string> ReadRaw(const std::string& path) const;
  /// What certainly survives power loss, if the entry does.
  Result<std::string> ReadDurable(const std::string& path) const;
  Status WriteRaw(const std::string& path, std::string bytes);
  Status RemoveRaw(const std::string& path) { return disk_.RemoveRaw(path); }
  /// As another process would, and durable at once. Also a directory that somebody holds.
  Status RenameRaw(const std::string& from, const std::string& to) {
    return disk_.RenameRaw(from, to);
  }
  /// Gives a file a second name, as whoever makes backups with hard links does.
  Status LinkRaw(const std::string& path, const std::string& name) {
    return disk_.LinkRaw(path, name);
  }
  Status FlipBit(const std::string& path, uint64_t offset, uint32_t bit);
  /// The paths of all files at or below `dir`, sorted.
  std::vector<std::string> Paths(const std::string& dir) const { return disk_.Files(dir); }

  // --- what happened ---
  /// Over all calls of this world and of those before it.
  uint64_t TraceHash() const { return trace_.hash(); }
  /// The seed, the tasks, the faults and the last calls: for SCOPED_TRACE and failure messages.
  std::string Report(uint64_t calls = 40) const;

  // --- Env ---
  Result<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status Remove(const std::string& path) override;
  Status CreateDir(const std::string& path) override;
  Result<std::vector<std::string>> List(const std::string& dir) override;
  Status SyncDir(const std::string& dir) override;
  Result<bool> Exists(const std::string& path) override;
  Result<std::optional<DiskSpace>> SpaceOf(const std::string& path) override;
  uint64_t FileBytesMax() override { return file_bytes_max_; }
  Result<std::unique_ptr<DirectoryLock>> Lock(const std::string& dir) override;
  int64_t WallMs() override;
  uint64_t MonotonicNs() override { return now_ns_ += options_.clock_ns; }
  uint64_t RandomU64() override { return random_for_callers_.Next(); }
  void Schedule(Lane lane, std::function<void()> task) override;
  void SleepForMs(uint64_t ms) override;
  void Await(const std::function<bool()>& done) override;

 private:
  friend class SimFile;
  friend class SimDirectoryLock;

  /// What a call does to the disk, in its three endings.
  struct Effects {
    std::function<Status()> all;
    /// What it leaves behind when it answers an injected error. Null: nothing.
    std::function<void(ErrorCode)> failed = nullptr;
    /// What it leaves behind when the power goes in the middle. Null: nothing.
    std::function<void()> cut = nullptr;
    std::string_view data = {};  // for the trace
  };

  SimEnv(const SimOptions& options, SimDisk disk, uint64_t start_hash);

  /// The way of every file call: switches, stalls, crashes, failures, effect, trace.
  Status Perform(const SimCall& call, const Effects& effects);
  void BeforeCall(const SimCall& call);
  void MaybeSwitch();
  Status Crash(const SimCall& call, const Effects& effects);
  std::unique_ptr<SimEnv> NextWorld(SimDisk disk, uint64_t seed) const;
  void Freeze();
  void PassUntil(uint64_t deadline_ns);
  void AwaitAsDriver(const std::function<bool()>& done);
  [[noreturn]] void Die(const std::string& why) const;

  const SimOptions options_;
  SimRandom random_for_callers_;
  SimRandom random_for_switches_;
  SimRandom random_for_faults_;
  SimScheduler scheduler_;
  SimDisk disk_;
  SimFaults faults_;
  SimTrace trace_;
  uint64_t now_ns_ = 1'000'000'000;
  int64_t wall_offset_ms_;  // what WallMs is ahead of MonotonicNs
  uint64_t handles_ = 0;    // files and locks not yet destroyed
  bool frozen_ = false;
  bool disk_space_unknown_ = false;
  uint64_t file_bytes_max_ = UINT64_MAX;
  std::string tasks_at_the_end_;
  bool main_io_forbidden_ = false;
};

}  // namespace cordwood::support

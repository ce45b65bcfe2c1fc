// The file calls of SimEnv: what each does to the disk when it works, fails or is cut short.

#include <algorithm>
#include <utility>

#include "tests/support/sim_env.h"

namespace cordwood::support {

namespace {

/// What SpaceOf answers for a disk without a limit.
constexpr uint64_t kPlentyBytes = 1ULL << 40;

std::unexpected<Error> PowerIsOff(const std::string& path) {
  return Fail(ErrorCode::kIo, path + ": the power is off");
}

std::string Arrow(const std::string& from, const std::string& to) { return from + " -> " + to; }

}  // namespace

/// An open file. Holds the node, so a removed file can still be read and written.
class SimFile final : public File {
 public:
  SimFile(SimEnv& env, std::string path, SimNodePtr node, bool writable)
      : env_(env), path_(std::move(path)), node_(std::move(node)), writable_(writable) {
    ++env_.handles_;
  }
  ~SimFile() override {
    env_.disk_.Close(*node_);
    --env_.handles_;
  }

  Result<size_t> ReadAt(uint64_t offset, std::span<char> out) override;
  Status WriteAt(uint64_t offset, std::string_view data) override;
  Status Sync() override;
  Status Reserve(uint64_t size) override;
  Status WriteBack(uint64_t offset, uint64_t size) override;
  Status AwaitWriteBack(uint64_t offset, uint64_t size) override;
  void DropCache() override { node_->content.DropCache(); }
  Status Truncate(uint64_t size) override;
  Result<uint64_t> Size() override;
  Result<uint64_t> LinkCount() override;

 private:
  Status SyncRange(const SimCall& call);
  Status CheckWritable() const {
    if (writable_) return {};
    return Fail(ErrorCode::kIo, path_ + ": opened for reading only");
  }

  SimEnv& env_;
  const std::string path_;
  const SimNodePtr node_;
  const bool writable_;
};

class SimDirectoryLock final : public DirectoryLock {
 public:
  SimDirectoryLock(SimEnv& env, SimNodePtr node) : env_(env), node_(std::move(node)) {
    ++env_.handles_;
  }
  ~SimDirectoryLock() override {
    env_.disk_.Release(node_);
    --env_.handles_;
  }

 private:
  SimEnv& env_;
  const SimNodePtr node_;
};

void SimEnv::MaybeSwitch() {
  if (scheduler_.OnFiber()) {
    if (random_for_switches_.Percent(options_.switch_percent)) scheduler_.Yield();
  } else if (options_.switch_driver) {
    if (random_for_switches_.Percent(options_.switch_percent)) Step();
  }
}

void SimEnv::BeforeCall(const SimCall& call) {
  scheduler_.NoteCall(SimOpName(call.op), call.path);
  MaybeSwitch();
  const uint64_t stall_ns = faults_.StallMs(call) * 1'000'000;
  if (stall_ns == 0) return;
  if (scheduler_.OnFiber()) {
    scheduler_.SleepUntil(now_ns_ + stall_ns);
  } else {
    PassUntil(now_ns_ + stall_ns);
  }
}

Status SimEnv::Perform(const SimCall& call, const Effects& effects) {
  if (frozen_) return PowerIsOff(call.path);
  if (!scheduler_.OnFiber() && main_io_forbidden_) {
    Die("the driver does file I/O although that is forbidden: " + std::string(SimOpName(call.op)) +
        " " + call.path);
  }
  BeforeCall(call);
  if (frozen_) return PowerIsOff(call.path);  // it went while others had the thread

  const bool syncs = call.op == SimOp::kSync || call.op == SimOp::kSyncDir;
  now_ns_ += syncs ? options_.sync_ns : options_.call_ns;
  const uint64_t number = trace_.calls() + 1;
  if (faults_.CrashesAt(number, call)) return Crash(call, effects);

  Status status;
  if (const auto code = faults_.TakeError(number, call)) {
    if (effects.failed != nullptr) effects.failed(*code);
    status = Fail(*code, call.path + ": injected failure of " + std::string(SimOpName(call.op)));
  } else {
    status = effects.all();
  }
  trace_.Record(call, scheduler_.CurrentTask(), effects.data,
                status ? "ok" : ErrorCodeName(status.error().code()));
  MaybeSwitch();
  return status;
}

Status SimEnv::Crash(const SimCall& call, const Effects& effects) {
  const uint64_t moment = random_for_faults_.Below(3);
  std::string_view name = "crash before it";
  if (moment == 1 && effects.cut != nullptr) {
    effects.cut();
    name = "crash in the middle";
  } else if (moment == 2) {
    IgnoreError(effects.all(), "nobody is left to hear of it");
    name = "crash after it";
  }
  faults_.Log(trace_.calls() + 1, call, std::string(name));
  trace_.Record(call, scheduler_.CurrentTask(), effects.data, name);
  Freeze();
  return PowerIsOff(call.path);
}

Result<std::unique_ptr<File>> SimEnv::Open(const std::string& path, OpenMode mode) {
  const SimOp op = mode == OpenMode::kCreate ? SimOp::kCreate : SimOp::kOpen;
  std::unique_ptr<File> file;
  CW_TRY(Perform({op, path}, {.all = [&]() -> Status {
                   CW_ASSIGN(SimNodePtr node, disk_.Open(path, mode));
                   file = std::make_unique<SimFile>(
                       *this, path, std::move(node),
                       mode != OpenMode::kRead && mode != OpenMode::kReadOther);
                   return {};
                 }}));
  return file;
}

Status SimEnv::Rename(const std::string& from, const std::string& to) {
  const std::string both = Arrow(from, to);
  const auto rename = [&] { return disk_.Rename(from, to); };
  return Perform({SimOp::kRename, both}, {.all = rename, .failed = [&](ErrorCode code) {
                                            if (code != ErrorCode::kIo) return;
                                            if (!random_for_faults_.Percent(25)) return;
                                            IgnoreError(rename(), "it is failing anyway");
                                          }});
}

Status SimEnv::Remove(const std::string& path) {
  const auto remove = [&] { return disk_.Remove(path); };
  return Perform({SimOp::kRemove, path}, {.all = remove, .failed = [&](ErrorCode code) {
                                            if (code != ErrorCode::kIo) return;
                                            if (!random_for_faults_.Percent(25)) return;
                                            IgnoreError(remove(), "it is failing anyway");
                                          }});
}

Status SimEnv::CreateDir(const std::string& path) {
  return Perform({SimOp::kCreateDir, path}, {.all = [&] { return disk_.CreateDir(path); }});
}

Result<std::vector<std::string>> SimEnv::List(const std::string& dir) {
  std::vector<std::string> names;
  CW_TRY(Perform({SimOp::kList, dir}, {.all = [&]() -> Status {
                   CW_ASSIGN(names, disk_.List(dir));
                   return {};
                 }}));
  return names;
}

Status SimEnv::SyncDir(const std::string& dir) {
  return Perform(
      {SimOp::kSyncDir, dir},
      {.all = [&] { return disk_.SyncDir(dir); },
       .failed = [&](ErrorCode) { IgnoreError(disk_.FailSyncDir(dir), "it is failing anyway"); }});
}

Result<bool> SimEnv::Exists(const std::string& path) {
  bool exists = false;
  CW_TRY(Perform({SimOp::kExists, path}, {.all = [&]() -> Status {
                   CW_ASSIGN(exists, disk_.Exists(path));
                   return {};
                 }}));
  return exists;
}

Result<std::optional<DiskSpace>> SimEnv::SpaceOf(const std::string& path) {
  std::optional<DiskSpace> space;
  CW_TRY(Perform({SimOp::kSpaceOf, path}, {.all = [&]() -> Status {
                   CW_ASSIGN(const SimNodePtr node, disk_.Look(path));
                   if (disk_space_unknown_) return {};
                   space = {.total = std::min(disk_.limit(), kPlentyBytes),
                            .available = std::min(disk_.FreeBytes(), kPlentyBytes)};
                   return {};
                 }}));
  return space;
}

Result<std::unique_ptr<DirectoryLock>> SimEnv::Lock(const std::string& dir) {
  std::unique_ptr<DirectoryLock> lock;
  CW_TRY(Perform({SimOp::kLock, dir}, {.all = [&]() -> Status {
                   CW_ASSIGN(SimNodePtr node, disk_.Hold(dir));
                   lock = std::make_unique<SimDirectoryLock>(*this, std::move(node));
                   return {};
                 }}));
  return lock;
}

Result<size_t> SimFile::ReadAt(uint64_t offset, std::span<char> out) {
  const SimCall call{SimOp::kRead, path_, offset, out.size()};
  size_t count = 0;
  CW_TRY(env_.Perform(call, {.all = [&]() -> Status {
                        count = node_->content.Read(offset, out);
                        if (count > 0 && env_.faults_.TakeFlip(env_.Calls() + 1, call)) {
                          const uint64_t bit = env_.random_for_faults_.Below(count * 8);
                          char& byte = out[bit / 8];
                          byte = static_cast<char>(static_cast<unsigned char>(byte) ^
                                                   (1U << (bit % 8)));
                        }
                        return {};
                      }}));
  return count;
}

Status SimFile::WriteAt(uint64_t offset, std::string_view data) {
  CW_TRY(CheckWritable());
  const auto some = [&] {
    const uint64_t count = env_.random_for_faults_.Below(data.size() + 1);
    IgnoreError(env_.disk_.Write(*node_, offset, data.substr(0, count)), "it is failing anyway");
  };
  return env_.Perform({SimOp::kWrite, path_, offset, data.size()},
                      {.all = [&]() -> Status {
                         const uint64_t end = offset + data.size();
                         const uint64_t most = env_.file_bytes_max_;
                         if (end > most) return FailForFileLimit(most, end);
                         return env_.disk_.Write(*node_, offset, data);
                       },
                       .failed = [&](ErrorCode) { some(); },
                       .cut = some,
                       .data = data});
}

Status SimFile::Sync() {
  return env_.Perform({SimOp::kSync, path_},
                      {.all = [&]() -> Status {
                         node_->content.Sync();
                         return {};
                       },
                       // In the middle of a sync any subset is durable. That is what LosePower
                       // makes of data that nobody synced, so there is nothing to do for a cut.
                       .failed = [&](ErrorCode) { node_->content.FailSync(); }});
}

Status SimFile::Reserve(uint64_t size) {
  CW_TRY(CheckWritable());
  const uint64_t wanted = std::max<uint64_t>(size, node_->content.cached().size());
  return env_.Perform({SimOp::kReserve, path_, 0, size}, {.all = [&]() -> Status {
                        const uint64_t most = env_.file_bytes_max_;
                        if (wanted > most) return FailForFileLimit(most, wanted);
                        return env_.disk_.Resize(*node_, wanted);
                      }});
}

// A dirty sector may reach the medium at any time: what LosePower makes of it is enough.
Status SimFile::WriteBack(uint64_t offset, uint64_t size) {
  return SyncRange({SimOp::kWriteBack, path_, offset, size});
}

Status SimFile::AwaitWriteBack(uint64_t offset, uint64_t size) {
  return SyncRange({SimOp::kAwaitWriteBack, path_, offset, size});
}

Status SimFile::SyncRange(const SimCall& call) {
  return env_.Perform(call, {.all = [] { return Status(); },
                             .failed =
                                 [&](ErrorCode code) {
                                   if (code != ErrorCode::kUnsupported) node_->content.FailSync();
                                 }});
}

Status SimFile::Truncate(uint64_t size) {
  CW_TRY(CheckWritable());
  const auto resize = [&] { return env_.disk_.Resize(*node_, size); };
  return env_.Perform({SimOp::kTruncate, path_, 0, size},
                      {.all = resize, .failed = [&](ErrorCode code) {
                         if (code != ErrorCode::kIo) return;
                         if (!env_.random_for_faults_.Percent(25)) return;
                         IgnoreError(resize(), "it is failing anyway");
                       }});
}

Result<uint64_t> SimFile::LinkCount() {
  uint64_t count = 0;
  CW_TRY(env_.Perform({SimOp::kLinkCount, path_}, {.all = [&]() -> Status {
                        count = static_cast<uint64_t>(node_->names);
                        return {};
                      }}));
  return count;
}

Result<uint64_t> SimFile::Size() {
  uint64_t size = 0;
  CW_TRY(env_.Perform({SimOp::kSize, path_}, {.all = [&]() -> Status {
                        size = node_->content.cached().size();
                        return {};
                      }}));
  return size;
}

}  // namespace cordwood::support

// Does the simulation find bugs? A toy log with classic mistakes planted into it: each must be
// caught within a few hundred seeds, and the log without one never.

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/coding.h"
#include "base/hash.h"
#include "tests/support/seeds.h"
#include "tests/support/sim_env.h"

namespace cordwood::support {
namespace {

enum class Mistake : uint8_t {
  kNone,
  kAcknowledgesBeforeSync,
  kDoesNotSyncTheDirectory,
  kIgnoresAFailedSync,
  kRetriesAFailedSync,
  kHasNoChecksum,
  kAppendsBehindATornTail,
};

constexpr const char* kPath = "/log";

/// Number n in a sector of its own.
std::string Record(uint64_t n) {
  std::string record;
  while (record.size() < kSectorBytes - 8) AppendFixed64(record, n);
  AppendFixed64(record, Hash64(record));
  return record;
}

/// Holds the numbers 1, 2, 3... and acknowledges those that it has made durable.
class ToyLog {
 public:
  ToyLog(Env& env, Mistake mistake) : env_(env), mistake_(mistake) {}

  /// How many numbers the file holds; nothing when it cannot be read. Then it can be appended to.
  std::optional<uint64_t> Recover() {
    const auto exists = env_.Exists(kPath);
    if (!exists) return std::nullopt;
    auto file = env_.Open(kPath, *exists ? OpenMode::kReadWrite : OpenMode::kCreate);
    if (!file) return std::nullopt;
    file_ = *std::move(file);
    if (mistake_ != Mistake::kDoesNotSyncTheDirectory && !env_.SyncDir("/")) return std::nullopt;
    const auto size = file_->Size();
    if (!size) return std::nullopt;
    std::string bytes(*size, '\0');
    if (!file_->ReadAt(0, bytes)) return std::nullopt;
    while (Holds(bytes, last_ + 1)) ++last_;
    end_ = last_ * kSectorBytes;
    if (mistake_ == Mistake::kAppendsBehindATornTail && bytes.size() > end_) end_ += kSectorBytes;
    return last_;
  }

  void ScheduleAppend() {
    env_.Schedule(Lane::kLog, [this] {
      failed_ = failed_ || !Append(last_ + 1);
      if (!failed_) ++last_;
    });
  }

  uint64_t acknowledged() const { return last_; }

 private:
  bool Holds(const std::string& bytes, uint64_t n) const {
    const uint64_t offset = (n - 1) * kSectorBytes;
    if (offset + kSectorBytes > bytes.size()) return false;
    return mistake_ == Mistake::kHasNoChecksum ||
           bytes.compare(offset, kSectorBytes, Record(n)) == 0;
  }

  bool Append(uint64_t n) {
    if (!file_->WriteAt(end_, Record(n))) return false;
    end_ += kSectorBytes;
    if (mistake_ == Mistake::kAcknowledgesBeforeSync) return true;
    if (file_->Sync() || mistake_ == Mistake::kIgnoresAFailedSync) return true;
    return mistake_ == Mistake::kRetriesAFailedSync && file_->Sync().has_value();
  }

  Env& env_;
  const Mistake mistake_;
  std::unique_ptr<File> file_;
  uint64_t last_ = 0;
  uint64_t end_ = 0;
  bool failed_ = false;
};

/// One life of the log, from its recovery to a loss of power. False: it broke its promise.
bool Live(SimEnv& env, Mistake mistake, SimRandom& random, uint64_t& promised) {
  env.CrashAtCall(1 + random.Below(20));
  if (random.Percent(30)) env.FailNext(SimOp::kSync, kPath, ErrorCode::kIo);
  ToyLog log(env, mistake);
  const auto recovered = log.Recover();
  if (!recovered) return true;
  if (*recovered < promised) return false;
  const std::string bytes = env.ReadRaw(kPath).value_or("");
  for (uint64_t n = 1; n <= *recovered; ++n) {
    if (bytes.compare((n - 1) * kSectorBytes, kSectorBytes, Record(n)) != 0) return false;
  }
  for (uint64_t i = random.Below(8); i > 0; --i) log.ScheduleAppend();
  env.RunUntilIdle();
  promised = log.acknowledged();
  return true;
}

/// Whether some seed shows that the log does not keep its promise.
bool IsCaught(Mistake mistake) {
  for (const uint64_t seed : Seeds(200, 10'000)) {
    SimRandom random(seed);
    auto env = std::make_unique<SimEnv>(seed);
    uint64_t promised = 0;
    for (int life = 0; life < 4; ++life) {
      if (!Live(*env, mistake, random, promised)) return true;
      env = env->LosePower(random.Next());
    }
  }
  return false;
}

TEST(SimCanary, ACorrectLogIsNeverCaught) { EXPECT_FALSE(IsCaught(Mistake::kNone)); }

TEST(SimCanary, EveryPlantedMistakeIsCaught) {
  if (OneSeedOnly()) GTEST_SKIP() << "one seed need not show every mistake";
  EXPECT_TRUE(IsCaught(Mistake::kAcknowledgesBeforeSync));
  EXPECT_TRUE(IsCaught(Mistake::kDoesNotSyncTheDirectory));
  EXPECT_TRUE(IsCaught(Mistake::kIgnoresAFailedSync));
  EXPECT_TRUE(IsCaught(Mistake::kRetriesAFailedSync));
  EXPECT_TRUE(IsCaught(Mistake::kHasNoChecksum));
  EXPECT_TRUE(IsCaught(Mistake::kAppendsBehindATornTail));
}

}  // namespace
}  // namespace cordwood::support

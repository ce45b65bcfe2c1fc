// A store whose log lost something: repaired, it opens, with what was written up to the loss and
// nothing of what came behind it.

#include "storage/repair.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/format.h"
#include "storage/check.h"
#include "storage/file_names.h"
#include "storage/log/frame.h"
#include "storage/reader.h"
#include "tests/storage/store/store_world.h"
#include "tests/support/seeds.h"
#include "tests/support/sim_env.h"

namespace cordwood::storage {
namespace {

using support::PowerLoss;
using support::SimEnv;

constexpr int kRecords = 80;
constexpr int kFlushed = 44;

std::string KeyOf(int i) { return Format("key{:03}", i); }

/// The directory "data" of a store that was killed with kRecords records, one after the other in
/// several segments, some of them flushed.
class RepairTest : public testing::Test {
 protected:
  void SetUp() override {
    env_ = std::make_unique<SimEnv>(1);
    {
      Result<std::unique_ptr<Store>> store = Store::Open(*env_, "data", Options());
      ASSERT_TRUE(store);
      for (int i = 0; i < kRecords; ++i) {
        Put(**store, i);
        if (i != kFlushed) continue;
        (*store)->Tick();  // the log is long
        env_->RunUntilIdle();
      }
      env_->AdvanceMs(1000);
      (*store)->Tick();  // the note tells what was synced
      env_->RunUntilIdle();
      env_ = Crash(*store);
    }
    ASSERT_GE(Used().size(), 3u);
  }

  static StoreOptions Options() {
    StoreOptions options = TinyOptions();
    options.log_segment_bytes = 64 << 10;
    options.memtable_bytes = 1 << 20;
    return options;
  }

  void Put(Store& store, int i) {
    WriteBatch batch;
    batch.Put(KeyOf(i), std::string(3000, static_cast<char>('a' + i % 26)));
    ASSERT_TRUE(store.Write(batch));
    store.Kick();
    env_->RunUntilIdle();
  }

  std::unique_ptr<SimEnv> Crash(std::unique_ptr<Store>& store) {
    std::unique_ptr<SimEnv> next = env_->Kill();
    store.reset();
    return next;
  }

  /// Segments with a header, in the order of the chain.
  std::vector<std::string> Used() const {
    std::vector<std::pair<uint64_t, std::string>> used;
    for (const std::string& path : env_->Paths("data")) {
      if (!path.ends_with(".wal")) continue;
      const Result<SegmentHeader> header =
          DecodeSegmentHeader(std::string_view(*env_->ReadRaw(path)).substr(0, kLogAlign));
      if (header) used.emplace_back(header->ordinal, path);
    }
    std::ranges::sort(used);
    std::vector<std::string> paths;
    for (const auto& [ordinal, path] : used) paths.push_back(path);
    return paths;
  }

  Result<std::unique_ptr<Store>> Open() { return Store::Open(*env_, "data", Options()); }
  Result<RepairReport> Repair() { return RepairLog(*env_, "data", Options()); }

  /// Opens the store, which holds the first keys and no other; returns how many.
  int OpenAndCount() {
    Result<std::unique_ptr<Store>> store = Open();
    EXPECT_TRUE(store) << store.error().message();
    if (!store) return -1;
    Reader reader(**store);
    View view = reader.Newest(Tier::kMayBlock);
    int count = 0;
    for (; count < kRecords; ++count) {
      const auto value = view.Get(KeyOf(count));
      EXPECT_TRUE(value);
      if (!*value) break;
      EXPECT_EQ(**value, std::string(3000, static_cast<char>('a' + count % 26)));
    }
    for (int i = count; i < kRecords; ++i) EXPECT_FALSE(*view.Get(KeyOf(i))) << "behind the gap";
    EXPECT_GE((*store)->last_seq(), static_cast<Seq>(kRecords)) << "seqs are given once";
    Put(**store, count);
    EXPECT_TRUE((*store)->Close());
    return count;
  }

  /// Refused, repaired, and good again; returns how many keys are left.
  int MustRepair() {
    EXPECT_FALSE(Open());
    const Result<RepairReport> report = Repair();
    EXPECT_TRUE(report) << report.error().message();
    if (!report) return -1;
    EXPECT_GE(report->last_seq, static_cast<Seq>(kRecords));
    const Result<CheckReport> check = CheckStore(*env_, "data", [](const std::string&) {});
    EXPECT_TRUE(check && check->sound());
    EXPECT_EQ(Used().size(), 1u) << "what the repair began";
    const int count = OpenAndCount();
    EXPECT_EQ(report->kept_seq, static_cast<Seq>(count));
    return count;
  }

  std::unique_ptr<SimEnv> env_;
};

TEST_F(RepairTest, TheNewestSegmentLost) {
  ASSERT_TRUE(env_->RemoveRaw(Used().back()));
  const int count = MustRepair();
  EXPECT_GT(count, 0);
  EXPECT_LT(count, kRecords);
}

TEST_F(RepairTest, ASegmentLostGivesUpWhatFollowsIt) {
  const std::vector<std::string> used = Used();
  ASSERT_TRUE(env_->RemoveRaw(used[used.size() - 2]));
  const int count = MustRepair();
  EXPECT_GT(count, 0);
  EXPECT_LT(count, kRecords - 15) << "the newest segment was whole";
}

TEST_F(RepairTest, EveryLogLostLeavesTheTables) {
  for (const std::string& path : Used()) ASSERT_TRUE(env_->RemoveRaw(path));
  const int count = MustRepair();
  EXPECT_GT(count, 0);
  EXPECT_LT(count, kRecords);
}

TEST_F(RepairTest, ADamagedFrame) {
  ASSERT_TRUE(env_->FlipBit(Used().back(), 2 * kLogAlign + 100, 3));
  EXPECT_LT(MustRepair(), kRecords);
}

TEST_F(RepairTest, TheNoteLostLosesNothing) {
  ASSERT_TRUE(env_->RemoveRaw(NotePath("data")));
  EXPECT_EQ(MustRepair(), kRecords);
}

TEST_F(RepairTest, TheNoteDamagedLosesNothing) {
  ASSERT_TRUE(env_->FlipBit(NotePath("data"), 30, 3));
  ASSERT_TRUE(env_->FlipBit(NotePath("data"), 5000, 3));
  EXPECT_EQ(MustRepair(), kRecords);
}

// A directory is not ours to remove, and no file can be renamed over it.
TEST_F(RepairTest, ADirectoryInPlaceOfTheNoteIsSetAside) {
  ASSERT_TRUE(env_->RemoveRaw(NotePath("data")));
  ASSERT_TRUE(env_->CreateDir(NotePath("data")));
  ASSERT_TRUE(env_->CreateDir("data/NOTE.aside"));
  EXPECT_TRUE(Open().error().message().contains("NOTE: it is not a regular file")) << "and why";
  EXPECT_EQ(MustRepair(), kRecords);
  EXPECT_TRUE(*env_->Exists("data/NOTE.aside2"));
}

TEST_F(RepairTest, ADirectoryInPlaceOfTheNewestSegmentIsSetAside) {
  const std::string path = Used().back().substr(1);
  ASSERT_TRUE(env_->RemoveRaw(path));
  ASSERT_TRUE(env_->CreateDir(path));
  const Result<CheckReport> check = CheckStore(*env_, "data", [](const std::string&) {});
  ASSERT_TRUE(check && check->problems.size() == 1);
  EXPECT_TRUE(check->problems[0].starts_with(path + ": it is not a regular file"));
  const std::unique_ptr<SimEnv> before = env_->CopyAfterKill();
  const int count = MustRepair();
  EXPECT_GT(count, 0);
  EXPECT_LT(count, kRecords);
  EXPECT_TRUE(*env_->Exists(path + ".aside"));
  env_ = before->CopyAfterKill();
  EXPECT_EQ(Repair()->set_aside, std::vector<std::string>{path + ".aside"});
}

TEST_F(RepairTest, AWholeStoreLosesNothing) {
  const Result<RepairReport> report = Repair();
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_FALSE(report->lost_anything());
  EXPECT_EQ(OpenAndCount(), kRecords);
}

TEST_F(RepairTest, ASegmentOfAnotherStoreIsNotTouched) {
  std::string sector(kLogAlign, '\0');
  EncodeSegmentHeader({.number = 900'000, .ordinal = 900, .store_id = 1}, sector);
  ASSERT_TRUE(env_->WriteRaw("data/900000.wal", sector));
  const Result<RepairReport> report = Repair();
  ASSERT_FALSE(report);
  EXPECT_TRUE(report.error().message().find("that of another store; move the file away") !=
              std::string::npos);
  EXPECT_TRUE(*env_->Exists("data/900000.wal"));
}

TEST_F(RepairTest, WithoutAStoreThereIsNothingToRepair) {
  const Result<RepairReport> report = RepairLog(*env_, "elsewhere", Options());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::kNotFound);
  EXPECT_FALSE(*env_->Exists("elsewhere"));
}

// Cut off at any call, twice, it can be run again. Until it is through nothing opens with less than
// a repair would keep.
TEST_F(RepairTest, CutAtAnyCallItCanBeRunAgain) {
  const std::vector<std::string> used = Used();
  ASSERT_TRUE(env_->RemoveRaw(used[used.size() - 2]));
  const std::unique_ptr<SimEnv> damaged = env_->Kill();
  env_ = damaged->CopyAfterKill();
  const int expected = MustRepair();
  const uint64_t seed = support::BaseSeed();
  const uint64_t step = support::FullRun() ? 1 : 7;
  for (uint64_t call = 1 + seed % step;; call += step) {
    SCOPED_TRACE(Format("CORDWOOD_SEED={} call {}", seed, call));
    env_ = damaged->CopyAfterKill();
    bool cut = false;
    for (int again = 0; again < 2; ++again) {
      env_->CrashAtCall(call);
      cut = !Repair();
      env_ = env_->LosePower(seed + call + static_cast<uint64_t>(again));
    }
    {
      const Result<std::unique_ptr<Store>> opened = Open();
      EXPECT_TRUE(!opened || (*opened)->Close());
    }
    const Result<RepairReport> report = Repair();
    ASSERT_TRUE(report) << report.error().message() << env_->Report();
    ASSERT_EQ(OpenAndCount(), expected);
    if (!cut) return;
  }
}

}  // namespace
}  // namespace cordwood::storage

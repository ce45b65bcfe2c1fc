#include "tests/support/sim_env.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace cordwood::support {
namespace {

std::unique_ptr<File> Create(Env& env, const std::string& path, const std::string& bytes = "") {
  auto file = env.Open(path, OpenMode::kCreate);
  EXPECT_TRUE(file.has_value());
  EXPECT_TRUE((*file)->WriteAt(0, bytes).has_value());
  return *std::move(file);
}

std::string ReadAll(File& file) {
  std::string bytes(1 << 16, '\0');
  const auto count = file.ReadAt(0, bytes);
  EXPECT_TRUE(count.has_value());
  bytes.resize(count.value_or(0));
  return bytes;
}

TEST(SimEnv, ReadsWhatWasWritten) {
  SimEnv env(1);
  const auto file = Create(env, "/a", "hello");
  ASSERT_TRUE(file->WriteAt(3, "p me").has_value());
  EXPECT_EQ(ReadAll(*file), "help me");
  EXPECT_EQ(*file->Size(), 7U);
  ASSERT_TRUE(file->Truncate(4).has_value());
  EXPECT_EQ(ReadAll(**env.Open("/a", OpenMode::kRead)), "help");
}

TEST(SimEnv, RefusesToWriteAFileOpenedForReading) {
  SimEnv env(1);
  Create(env, "/a", "x");
  const auto file = *env.Open("/a", OpenMode::kRead);
  EXPECT_EQ(file->WriteAt(0, "y").error().code(), ErrorCode::kIo);
  EXPECT_EQ(file->Truncate(0).error().code(), ErrorCode::kIo);
}

TEST(SimEnv, FailsTheNextMatchingCallOnly) {
  SimEnv env(1);
  const auto a = Create(env, "/a");
  const auto b = Create(env, "/b");
  env.FailNext(SimOp::kSync, "/b", ErrorCode::kIo);
  EXPECT_TRUE(a->Sync().has_value());
  EXPECT_TRUE(b->WriteAt(0, "x").has_value());
  EXPECT_EQ(b->Sync().error().code(), ErrorCode::kIo);
  EXPECT_TRUE(b->Sync().has_value());
  ASSERT_EQ(env.InjectedFaults().size(), 1U);
  EXPECT_EQ(env.InjectedFaults()[0].op, SimOp::kSync);
  EXPECT_EQ(env.InjectedFaults()[0].path, "/b");
}

TEST(SimEnv, KeepsFailingWhenSticky) {
  SimEnv env(1);
  const auto file = Create(env, "/a");
  env.FailNext(SimOp::kWrite, "a", ErrorCode::kNoSpace, true);
  EXPECT_EQ(file->WriteAt(0, "x").error().code(), ErrorCode::kNoSpace);
  EXPECT_EQ(file->WriteAt(0, "x").error().code(), ErrorCode::kNoSpace);
  env.ClearFaults();
  EXPECT_TRUE(file->WriteAt(0, "x").has_value());
}

TEST(SimEnv, FailsEachCallByItsNumber) {
  const auto script = [](SimEnv& env) -> Status {
    CW_TRY(env.CreateDir("/d"));
    CW_TRY(env.SyncDir("/"));
    CW_ASSIGN(auto lock, env.Lock("/d"));
    CW_ASSIGN(auto file, env.Open("/d/a", OpenMode::kCreate));
    CW_TRY(file->WriteAt(0, "abc"));
    CW_TRY(file->Sync());
    CW_TRY(file->Truncate(2));
    CW_ASSIGN(const uint64_t size, file->Size());
    char buffer[2];
    CW_ASSIGN(const size_t count, file->ReadAt(0, buffer));
    EXPECT_EQ(size, count);
    CW_TRY(env.Rename("/d/a", "/d/b"));
    CW_ASSIGN(const bool exists, env.Exists("/d/b"));
    EXPECT_TRUE(exists);
    CW_ASSIGN(const auto names, env.List("/d"));
    EXPECT_EQ(names.size(), 1U);
    CW_ASSIGN(const std::optional<DiskSpace> space, env.SpaceOf("/d"));
    EXPECT_GT(space->available, 0U);
    CW_ASSIGN(auto again, env.Open("/d/b", OpenMode::kRead));
    return env.Remove("/d/b");
  };
  SimEnv healthy(1);
  ASSERT_TRUE(script(healthy).has_value());
  EXPECT_EQ(healthy.Calls(), 15U);
  std::set<SimOp> failed;
  for (uint64_t number = 1; number <= healthy.Calls(); ++number) {
    SimEnv env(1);
    env.FailCall(number, ErrorCode::kIo);
    const Status status = script(env);
    ASSERT_FALSE(status.has_value()) << number;
    EXPECT_EQ(status.error().code(), ErrorCode::kIo);
    EXPECT_EQ(env.Calls(), number);
    failed.insert(env.InjectedFaults().at(0).op);
  }
  EXPECT_EQ(failed.size(), 15U) << "every kind of call can fail";
}

TEST(SimEnv, FailsAllLaterCallsWhenANumberIsSticky) {
  SimEnv env(1);
  env.FailCall(2, ErrorCode::kIo, true);
  EXPECT_TRUE(env.Exists("/").has_value());
  EXPECT_FALSE(env.Exists("/").has_value());
  EXPECT_FALSE(env.Exists("/").has_value());
}

TEST(SimEnv, LosesTheDataOfAFailedSyncSilently) {
  SimEnv env(1);
  const auto file = Create(env, "/a", "data");
  ASSERT_TRUE(env.SyncDir("/").has_value());
  env.FailNext(SimOp::kSync, "/a", ErrorCode::kIo);
  EXPECT_FALSE(file->Sync().has_value());
  EXPECT_TRUE(file->Sync().has_value()) << "the second sync lies";
  EXPECT_EQ(ReadAll(*file), "data");
  EXPECT_EQ(*env.ReadDurable("/a"), "");
  EXPECT_EQ(*env.LosePower(1)->ReadRaw("/a"), "");
}

TEST(SimEnv, LeavesAPartOfAFailedWrite) {
  std::set<size_t> lengths;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    SimEnv env(seed);
    const auto file = Create(env, "/a");
    env.FailNext(SimOp::kWrite, "/a", ErrorCode::kIo);
    EXPECT_FALSE(file->WriteAt(0, "abc").has_value());
    lengths.insert(env.ReadRaw("/a")->size());
  }
  EXPECT_EQ(lengths, (std::set<size_t>{0, 1, 2, 3}));
}

TEST(SimEnv, MayHaveDoneARenamingThatFailed) {
  std::set<std::string> names;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    SimEnv env(seed);
    Create(env, "/a");
    env.FailNext(SimOp::kRename, "", ErrorCode::kIo);
    EXPECT_FALSE(env.Rename("/a", "/b").has_value());
    names.insert(env.Paths("/").at(0));
  }
  EXPECT_EQ(names, (std::set<std::string>{"/a", "/b"}));
}

TEST(SimEnv, AnswersNoSpaceOnAFullDisk) {
  SimEnv env(1);
  const auto file = Create(env, "/a", std::string(600, 'x'));
  EXPECT_GT((*env.SpaceOf("/"))->available, 1ULL << 30);
  env.SetDiskBytes(1000);
  EXPECT_EQ((*env.SpaceOf("/a"))->available, 400U);
  EXPECT_EQ(file->WriteAt(600, std::string(401, 'y')).error().code(), ErrorCode::kNoSpace);
  ASSERT_TRUE(file->Truncate(100).has_value());
  EXPECT_EQ((*env.SpaceOf("/"))->available, 900U);
  EXPECT_EQ(env.SpaceOf("/nowhere").error().code(), ErrorCode::kNotFound);
  const auto after = env.LosePower(1, PowerLoss::kKeep);
  EXPECT_EQ((*after->SpaceOf("/"))->available, 900U) << "the same disk after the restart";
}

TEST(SimEnv, FlipsABitOfOneRead) {
  SimEnv env(1);
  const auto file = Create(env, "/a", "data");
  env.FlipNextRead("/a");
  EXPECT_NE(ReadAll(*file), "data");
  EXPECT_EQ(ReadAll(*file), "data");
}

TEST(SimEnv, DamagesTheMediumOnDemand) {
  SimEnv env(1);
  ASSERT_TRUE(env.WriteRaw("/a", "abc").has_value());
  ASSERT_TRUE(env.FlipBit("/a", 1, 0).has_value());
  EXPECT_EQ(*env.ReadRaw("/a"), "acc");
  EXPECT_EQ(*env.LosePower(1, PowerLoss::kDrop)->ReadRaw("/a"), "acc");
  EXPECT_EQ(env.FlipBit("/a", 3, 0).error().code(), ErrorCode::kInvalidArgument);
  ASSERT_TRUE(env.RemoveRaw("/a").has_value());
  EXPECT_EQ(env.ReadRaw("/a").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(env.UsedDiskBytes(), 0U);
}

TEST(SimEnv, LocksADirectoryOnce) {
  SimEnv env(1);
  auto lock = env.Lock("/");
  ASSERT_TRUE(lock.has_value());
  EXPECT_EQ(env.Lock("/").error().code(), ErrorCode::kLocked);
  lock->reset();
  EXPECT_TRUE(env.Lock("/").has_value());
}

TEST(SimEnv, ReleasesLocksWithTheirProcess) {
  SimEnv env(1);
  const auto lock = env.Lock("/");
  const auto next = env.Kill();
  EXPECT_TRUE(next->Lock("/").has_value());
}

TEST(SimEnv, MovesTheClocksByHand) {
  SimEnv env(1);
  const uint64_t start_ns = env.MonotonicNs();
  const int64_t start_ms = env.WallMs();
  env.AdvanceMs(1500);
  EXPECT_EQ(env.MonotonicNs(), start_ns + 1'500'000'000);
  EXPECT_EQ(env.WallMs(), start_ms + 1500);
  env.JumpWallMs(-10'000);
  EXPECT_EQ(env.MonotonicNs(), start_ns + 1'500'000'000);
  EXPECT_EQ(env.WallMs(), start_ms - 8'500);
}

TEST(SimEnv, TakesTimeForCalls) {
  SimEnv env(SimOptions{.call_ns = 10, .sync_ns = 1000});
  const uint64_t start_ns = env.MonotonicNs();
  const auto file = Create(env, "/a", "x");
  EXPECT_EQ(env.MonotonicNs(), start_ns + 20);
  ASSERT_TRUE(file->Sync().has_value());
  EXPECT_EQ(env.MonotonicNs(), start_ns + 1020);
}

TEST(SimEnv, DrawsRandomNumbersFromTheSeed) {
  SimEnv a(1);
  SimEnv b(1);
  SimEnv c(2);
  const uint64_t drawn = a.RandomU64();
  EXPECT_EQ(drawn, b.RandomU64());
  EXPECT_NE(drawn, c.RandomU64());
  EXPECT_NE(drawn, a.RandomU64());
}

TEST(SimEnv, DiesWhenTheDriverDoesForbiddenIo) {
  SimEnv env(1);
  const auto file = Create(env, "/a", "x");
  env.ForbidMainIo(true);
  env.Schedule(Lane::kFetch, [&] { EXPECT_TRUE(file->Size().has_value()); });
  env.RunUntilIdle();
  EXPECT_DEATH(IgnoreError(file->Size(), "dies"), "driver does file I/O.*size /a");
  EXPECT_DEATH(env.SleepForMs(1), "driver sleeps");
  env.ForbidMainIo(false);
  EXPECT_TRUE(file->Size().has_value());
}

TEST(SimEnv, DiesWhenAFileOutlivesIt) {
  EXPECT_DEATH(
      {
        auto env = std::make_unique<SimEnv>(1);
        const auto file = Create(*env, "/a");
        env.reset();
      },
      "1 files or locks outlive");
}

TEST(SimEnv, ReportsTheLastCallsAndFaults) {
  SimEnv env(77);
  const auto file = Create(env, "/a", "x");
  env.FailNext(SimOp::kSync, "", ErrorCode::kIo);
  EXPECT_FALSE(file->Sync().has_value());
  const std::string report = env.Report();
  EXPECT_NE(report.find("seed 77"), std::string::npos) << report;
  EXPECT_NE(report.find("#2 driver write /a [0, +1): ok"), std::string::npos) << report;
  EXPECT_NE(report.find("#3 sync /a: i/o error"), std::string::npos) << report;
}

}  // namespace
}  // namespace cordwood::support

// The end of a simulated world, and the next one.

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/support/sim_env.h"

namespace cordwood::support {
namespace {

/// Writes "new" over a durable "old" and syncs it, then the same for a directory entry.
Status Script(SimEnv& env) {
  CW_ASSIGN(auto file, env.Open("/a", OpenMode::kReadWrite));
  CW_TRY(file->WriteAt(0, "new"));
  CW_TRY(file->Sync());
  CW_ASSIGN(auto other, env.Open("/b", OpenMode::kCreate));
  return env.SyncDir("/");
}

TEST(SimPower, KillKeepsThePageCache) {
  SimEnv env(1);
  ASSERT_TRUE(env.WriteRaw("/a", "old").has_value());
  const auto file = *env.Open("/a", OpenMode::kReadWrite);
  ASSERT_TRUE(file->WriteAt(0, "new").has_value());
  const auto killed = env.Kill();
  EXPECT_TRUE(env.frozen());
  EXPECT_FALSE(killed->frozen());
  EXPECT_EQ(*killed->ReadRaw("/a"), "new");
  EXPECT_EQ(*killed->LosePower(1, PowerLoss::kDrop)->ReadRaw("/a"), "old")
      << "a kill makes nothing durable";
}

TEST(SimPower, FrozenWorldRefusesEverythingAndKeepsItsDisk) {
  SimEnv env(1);
  ASSERT_TRUE(env.WriteRaw("/a", "old").has_value());
  const auto file = *env.Open("/a", OpenMode::kReadWrite);
  const uint64_t hash = env.TraceHash();
  const auto next = env.LosePower(1);
  const Status status = file->WriteAt(0, "new");
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code(), ErrorCode::kIo);
  EXPECT_NE(status.error().message().find("power is off"), std::string::npos);
  EXPECT_FALSE(file->Sync().has_value());
  EXPECT_FALSE(env.Remove("/a").has_value());
  EXPECT_FALSE(env.Open("/a", OpenMode::kRead).has_value());
  EXPECT_EQ(*env.ReadRaw("/a"), "old");
  EXPECT_EQ(env.TraceHash(), hash);
}

TEST(SimPower, GivesTheSameWorldForTheSameSeed) {
  SimEnv env(1);
  const auto file = *env.Open("/a", OpenMode::kCreate);
  ASSERT_TRUE(env.SyncDir("/").has_value());
  ASSERT_TRUE(file->WriteAt(0, std::string(20'000, 'x')).has_value());
  std::set<std::string> worlds;
  for (uint64_t seed = 0; seed < 30; ++seed) {
    const auto first = env.CopyAfterPowerLoss(seed);
    const auto second = env.CopyAfterPowerLoss(seed);
    EXPECT_EQ(*first->ReadRaw("/a"), *second->ReadRaw("/a"));
    EXPECT_EQ(first->RandomU64(), second->RandomU64());
    worlds.insert(*first->ReadRaw("/a"));
  }
  EXPECT_GT(worlds.size(), 10U);
  EXPECT_FALSE(env.frozen());
}

TEST(SimPower, CrashesAtEveryCall) {
  SimEnv healthy(1);
  ASSERT_TRUE(healthy.WriteRaw("/a", "old").has_value());
  ASSERT_TRUE(Script(healthy).has_value());
  const uint64_t calls = healthy.Calls();
  EXPECT_EQ(calls, 5U);
  for (uint64_t number = 1; number <= calls; ++number) {
    std::set<std::string> worlds;
    for (uint64_t seed = 0; seed < 200; ++seed) {
      SimEnv env(seed);
      ASSERT_TRUE(env.WriteRaw("/a", "old").has_value());
      env.CrashAtCall(number);
      EXPECT_FALSE(Script(env).has_value());
      EXPECT_TRUE(env.frozen());
      EXPECT_EQ(env.Calls(), number);
      const auto next = env.LosePower(seed);
      worlds.insert(*next->ReadRaw("/a") + (*next->Exists("/b") ? " b" : ""));
      EXPECT_EQ(next->InjectedFaults().size(), 1U) << "the log goes along";
    }
    if (number == 1) {
      EXPECT_EQ(worlds, (std::set<std::string>{"old"}));
    }
    if (number == 2 || number == 3) {
      EXPECT_TRUE(worlds.contains("old"));
      EXPECT_TRUE(worlds.contains("new"));
      EXPECT_TRUE(worlds.contains("nld")) << "torn";
    }
    if (number == 4 || number == 5) {
      EXPECT_EQ(worlds, (std::set<std::string>{"new", "new b"}));
    }
  }
}

TEST(SimPower, CrashesAtTheNthCallOfAKind) {
  SimEnv env(1);
  const auto a = *env.Open("/a", OpenMode::kCreate);
  const auto b = *env.Open("/b", OpenMode::kCreate);
  env.CrashAtNth(SimOp::kWrite, "/a", 2);
  EXPECT_TRUE(a->WriteAt(0, "x"));
  EXPECT_TRUE(a->Sync());
  EXPECT_TRUE(b->WriteAt(0, "x"));
  EXPECT_FALSE(a->WriteAt(0, "x"));
  EXPECT_TRUE(env.frozen());
}

TEST(SimPower, ACrashInAWriteLeavesAPartInThePageCache) {
  std::set<std::string> worlds;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    SimEnv env(seed);
    ASSERT_TRUE(env.WriteRaw("/a", "old").has_value());
    env.CrashAtCall(2);
    EXPECT_FALSE(Script(env).has_value());
    worlds.insert(*env.Kill()->ReadRaw("/a"));
  }
  EXPECT_EQ(worlds, (std::set<std::string>{"old", "nld", "ned", "new"}));
}

TEST(SimPower, TasksOfAFrozenWorldRunToTheirEnds) {
  int ended = 0;
  {
    SimEnv env(1);
    const auto file = *env.Open("/a", OpenMode::kCreate);
    env.Schedule(Lane::kLog, [&] {
      while (file->WriteAt(0, "x").has_value()) continue;
      ++ended;
    });
    env.Schedule(Lane::kFlush, [&] {
      env.SleepForMs(1'000'000);
      ++ended;
    });
    env.Schedule(Lane::kCompaction, [&] {
      env.Await([] { return false; });
      ++ended;
    });
    env.Schedule(Lane::kFlush, [&] {  // queued behind the sleeper
      EXPECT_FALSE(env.Exists("/").has_value());
      ++ended;
    });
    env.CrashAtCall(20);
    while (!env.frozen()) ASSERT_TRUE(env.Step());
    EXPECT_NE(env.TasksAtTheEnd().find("(log) can go on, last call: write /a"), std::string::npos)
        << env.TasksAtTheEnd();
    env.Await([&] { return ended == 4; });
    EXPECT_EQ(ended, 4);
    EXPECT_EQ(env.TaskCount(), 0U);
  }
  EXPECT_EQ(ended, 4);
}

TEST(SimPower, AWaitInAFrozenWorldIsFulfilledIfItCanBe) {
  SimEnv env(1);
  bool first = false;
  bool seen = false;
  env.Schedule(Lane::kFlush, [&] {
    env.Await([&] { return first; });
    seen = first;
  });
  env.Schedule(Lane::kCompaction, [&] {
    env.SleepForMs(10);
    IgnoreError(env.Exists("/"), "fails, but the task goes on");
    first = true;
  });
  while (env.Step()) continue;
  const auto next = env.LosePower(1);
  env.RunUntilIdle();
  EXPECT_TRUE(seen);
}

TEST(SimPower, ADriverThatAwaitsInVainInAFrozenWorldGoesOn) {
  SimEnv env(1);
  const auto next = env.Kill();
  env.Await([] { return false; });
  env.SleepForMs(1'000'000);
}

TEST(SimPower, DestructionRunsWhatIsLeft) {
  bool ran = false;
  {
    SimEnv env(1);
    env.Schedule(Lane::kLog, [&] {
      env.SleepForMs(5);
      ran = !env.Exists("/").has_value();
    });
  }
  EXPECT_TRUE(ran);
}

TEST(SimPower, ClocksAfterARestart) {
  SimEnv env(1);
  env.AdvanceMs(60'000);
  const int64_t wall_ms = env.WallMs();
  const auto killed = env.CopyAfterKill();
  EXPECT_EQ(killed->WallMs(), wall_ms);
  EXPECT_EQ(killed->MonotonicNs(), env.MonotonicNs());
  const auto restarted = env.CopyAfterPowerLoss(1);
  EXPECT_EQ(restarted->WallMs(), wall_ms + 1'000);
  EXPECT_LT(restarted->MonotonicNs(), env.MonotonicNs());
}

TEST(SimPower, TheHashGoesOnFromWorldToWorld) {
  const auto run = [](const std::string& bytes) {
    SimEnv env(1);
    EXPECT_TRUE((*env.Open("/a", OpenMode::kCreate))->WriteAt(0, bytes).has_value());
    const auto next = env.LosePower(9);
    EXPECT_TRUE(next->Exists("/a").has_value());
    return next->TraceHash();
  };
  EXPECT_EQ(run("x"), run("x"));
  EXPECT_NE(run("x"), run("y"));
}

}  // namespace
}  // namespace cordwood::support

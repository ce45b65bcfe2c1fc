// Background tasks of the simulation: order, interleaving, waiting, time.

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "tests/support/sim_env.h"

namespace cordwood::support {
namespace {

/// Three tasks that append letters to one string, a call between each two.
std::string Interleaving(SimEnv& env) {
  std::string order;
  for (const char letter : {'a', 'b', 'c'}) {
    const Lane lane = letter == 'a' ? Lane::kLog : letter == 'b' ? Lane::kFlush : Lane::kFetch;
    env.Schedule(lane, [&env, &order, letter] {
      for (int i = 0; i < 4; ++i) {
        order += letter;
        EXPECT_TRUE(env.Exists("/").has_value());
      }
    });
  }
  env.RunUntilIdle();
  return order;
}

TEST(SimTasks, InterleaveAtCallsAsTheSeedSays) {
  std::set<std::string> orders;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    SimEnv first(seed);
    SimEnv second(seed);
    const std::string order = Interleaving(first);
    EXPECT_EQ(order, Interleaving(second)) << "seed " << seed;
    EXPECT_EQ(first.TraceHash(), second.TraceHash()) << "seed " << seed;
    orders.insert(order);
  }
  EXPECT_GT(orders.size(), 40U);
}

TEST(SimTasks, RunWithoutSwitchesWhenTheOptionsSaySo) {
  SimEnv env(SimOptions{.seed = 5, .switch_percent = 0});
  std::string order = Interleaving(env);
  order.erase(std::unique(order.begin(), order.end()), order.end());
  EXPECT_EQ(order.size(), 3U) << order;
}

TEST(SimTasks, LeaveATraceThatTellsContentsApart) {
  const auto hash_of = [](const std::string& bytes) {
    SimEnv env(1);
    const auto file = *env.Open("/a", OpenMode::kCreate);
    EXPECT_TRUE(file->WriteAt(0, bytes).has_value());
    return env.TraceHash();
  };
  EXPECT_EQ(hash_of("x"), hash_of("x"));
  EXPECT_NE(hash_of("x"), hash_of("y"));
}

/// How many tasks of `lane` ran at the same time, over a few seeds.
int MostAtATime(Lane lane, bool expect_order) {
  int most = 0;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    SimEnv env(SimOptions{.seed = seed, .compaction_tasks = 2, .fetch_tasks = 3});
    int now = 0;
    std::vector<int> starts;
    for (int i = 0; i < 8; ++i) {
      env.Schedule(lane, [&, i] {
        starts.push_back(i);
        most = std::max(most, ++now);
        for (int call = 0; call < 5; ++call) EXPECT_TRUE(env.Exists("/").has_value());
        --now;
      });
    }
    env.RunUntilIdle();
    EXPECT_EQ(starts.size(), 8U);
    if (expect_order) {
      EXPECT_TRUE(std::is_sorted(starts.begin(), starts.end()));
    }
  }
  return most;
}

TEST(SimTasks, KeepTheLimitsAndTheOrderOfTheirLanes) {
  EXPECT_EQ(MostAtATime(Lane::kLog, true), 1);
  EXPECT_EQ(MostAtATime(Lane::kFlush, true), 1);
  EXPECT_EQ(MostAtATime(Lane::kSegments, true), 1);
  EXPECT_EQ(MostAtATime(Lane::kRemovals, true), 1);
  EXPECT_EQ(MostAtATime(Lane::kCompaction, true), 2);
  EXPECT_EQ(MostAtATime(Lane::kFetch, true), 3);
}

TEST(SimTasks, MayScheduleOthers) {
  SimEnv env(1);
  int ran = 0;
  env.Schedule(Lane::kLog, [&] {
    ++ran;
    env.Schedule(Lane::kLog, [&] { ++ran; });
  });
  env.RunUntilIdle();
  EXPECT_EQ(ran, 2);
  EXPECT_FALSE(env.Step());
}

TEST(SimTasks, AreStartedByADriverThatAwaits) {
  SimEnv env(1);
  bool done = false;
  env.Schedule(Lane::kFlush, [&] {
    env.SleepForMs(50);
    done = true;
  });
  const uint64_t start_ns = env.MonotonicNs();
  env.Await([&] { return done; });
  EXPECT_TRUE(done);
  EXPECT_EQ(env.MonotonicNs(), start_ns + 50'000'000);
}

TEST(SimTasks, AwaitOneAnother) {
  SimEnv env(1);
  bool first = false;
  std::string order;
  env.Schedule(Lane::kFlush, [&] {
    env.Await([&] { return first; });
    order += "flush ";
  });
  env.Schedule(Lane::kCompaction, [&] {
    env.SleepForMs(5);
    order += "compaction ";
    first = true;
  });
  env.RunUntilIdle();
  EXPECT_EQ(order, "compaction flush ");
}

TEST(SimTasks, AwaitNothingThatIsTrueAlready) {
  SimEnv env(1);
  bool passed = false;
  env.Schedule(Lane::kLog, [&] {
    env.Await([] { return true; });
    passed = true;
  });
  EXPECT_TRUE(env.Step());
  EXPECT_TRUE(passed);
  env.Await([] { return true; });
}

TEST(SimTasks, DieInADeadlockWithADescription) {
  SimEnv env(1);
  EXPECT_DEATH(
      {
        bool never = false;
        env.Schedule(Lane::kCompaction, [&] {
          IgnoreError(env.Exists("/some/path"), "for the description");
          env.Await([&] { return never; });
        });
        env.Await([&] { return never; });
      },
      "deadlock.*\n(.*\n)*.*task 1 .compaction. waits in Await, last call: exists /some/path");
}

TEST(SimTasks, DieWhenNoTaskEndsAfterTheAwaitedEvent) {
  SimEnv env(1);
  EXPECT_DEATH(
      {
        bool done = false;
        env.Schedule(Lane::kLog, [&] {
          done = true;
          env.Await([] { return false; });
        });
        env.Await([&] { return done; });
      },
      "came true, but no task ended");
}

TEST(SimTasks, SleepInVirtualTime) {
  SimEnv env(1);
  std::string order;
  env.Schedule(Lane::kFlush, [&] {
    env.SleepForMs(200);
    order += "late ";
  });
  env.Schedule(Lane::kLog, [&] {
    env.SleepForMs(100);
    order += "early ";
  });
  while (env.Step()) continue;
  EXPECT_EQ(order, "");
  env.AdvanceMs(100);
  EXPECT_TRUE(env.Step());
  EXPECT_FALSE(env.Step());
  EXPECT_EQ(order, "early ");
  env.RunForMs(99);
  EXPECT_EQ(order, "early ");
  env.RunForMs(1);
  EXPECT_EQ(order, "early late ");
}

TEST(SimTasks, DoNotKeepTheDriverWhenTheyArePeriodic) {
  SimEnv env(1);
  bool stop = false;
  int rounds = 0;
  env.Schedule(Lane::kLog, [&] {
    while (!stop) {
      ++rounds;
      env.SleepForMs(1000);
    }
  });
  env.RunUntilIdle(3'500);
  EXPECT_EQ(rounds, 4);
  stop = true;
  env.RunUntilIdle();
  EXPECT_EQ(env.TaskCount(), 0U);
}

TEST(SimTasks, GoOnWhileAnotherSyncStalls) {
  SimEnv env(1);
  const auto log = *env.Open("/1.wal", OpenMode::kCreate);
  const auto table = *env.Open("/2.sst", OpenMode::kCreate);
  env.StallSyncs(".wal", 2'000);
  std::string order;
  env.Schedule(Lane::kLog, [&] {
    EXPECT_TRUE(log->Sync().has_value());
    order += "log ";
  });
  env.Schedule(Lane::kFlush, [&] {
    EXPECT_TRUE(table->Sync().has_value());
    order += "table ";
  });
  const uint64_t start_ns = env.MonotonicNs();
  env.RunUntilIdle();
  EXPECT_EQ(order, "table log ");
  EXPECT_GE(env.MonotonicNs(), start_ns + 2'000'000'000);
}

TEST(SimTasks, GoOnWhileTheDriverStalls) {
  SimEnv env(1);
  const auto file = *env.Open("/a", OpenMode::kCreate);
  env.StallReads("/a", 100);
  bool ran = false;
  env.Schedule(Lane::kFlush, [&] {
    env.SleepForMs(50);
    ran = true;
  });
  char buffer[1];
  EXPECT_TRUE(file->ReadAt(0, buffer).has_value());
  EXPECT_TRUE(ran);
}

TEST(SimTasks, RunBetweenCallsOfTheDriverOnDemand) {
  SimEnv env(SimOptions{.seed = 1, .switch_percent = 100, .switch_driver = true});
  bool ran = false;
  env.Schedule(Lane::kFlush, [&] { ran = true; });
  EXPECT_TRUE(env.Exists("/").has_value());
  EXPECT_TRUE(ran);
}

}  // namespace
}  // namespace cordwood::support

#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <latch>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/posix_env.h"

namespace cordwood {
namespace {

constexpr Lane kLanes[] = {Lane::kLog,        Lane::kFlush, Lane::kSegments, Lane::kRemovals,
                           Lane::kCompaction, Lane::kFetch, Lane::kNote,     Lane::kSort};

TEST(PosixEnvTasks, TasksOfALaneStartInOrder) {
  const auto env = NewPosixEnv();
  for (const Lane lane :
       {Lane::kLog, Lane::kFlush, Lane::kSegments, Lane::kRemovals, Lane::kCompaction}) {
    std::vector<int> order;
    std::atomic<int> ended = 0;
    for (int i = 0; i < 100; ++i) {
      env->Schedule(lane, [&, i] {
        order.push_back(i);  // one thread a lane: no lock needed
        ++ended;
      });
    }
    env->Await([&] { return ended == 100; });
    for (int i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<size_t>(i)], i);
  }
}

TEST(PosixEnvTasks, LanesDoNotWaitForEachOther) {
  const auto env = NewPosixEnv();
  // Every lane holds a task that ends only when all the others have started theirs.
  std::latch all_started(kLaneCount);
  std::atomic<int> ended = 0;
  for (const Lane lane : kLanes) {
    env->Schedule(lane, [&] {
      all_started.arrive_and_wait();
      ++ended;
    });
  }
  env->Await([&] { return ended == kLaneCount; });
}

TEST(PosixEnvTasks, ALaneHasTheThreadsItWasGiven) {
  const auto env = NewPosixEnv({.compaction_threads = 2, .fetch_threads = 3});
  std::latch compactions(2);
  std::latch fetches(3);
  std::atomic<int> ended = 0;
  for (int i = 0; i < 2; ++i) {
    env->Schedule(Lane::kCompaction, [&] { compactions.arrive_and_wait(), ++ended; });
  }
  for (int i = 0; i < 3; ++i) {
    env->Schedule(Lane::kFetch, [&] { fetches.arrive_and_wait(), ++ended; });
  }
  env->Await([&] { return ended == 5; });
}

TEST(PosixEnvTasks, ThreadsAreNamedAfterTheirLane) {
  const auto env = NewPosixEnv();
  std::vector<std::string> names;
  std::atomic<int> ended = 0;
  for (const Lane lane : kLanes) {
    const int before = ended;
    env->Schedule(lane, [&] {
      char name[16] = {};
      pthread_getname_np(pthread_self(), name, sizeof(name));
      names.emplace_back(name);
      ++ended;
    });
    env->Await([&] { return ended > before; });
  }
  EXPECT_EQ(names, (std::vector<std::string>{"cw-log", "cw-flush", "cw-segments", "cw-removals",
                                             "cw-compact", "cw-fetch", "cw-note", "cw-sort"}));
}

TEST(PosixEnvTasks, CompactionsYieldToTheOthers) {
  const auto env = NewPosixEnv();
  std::atomic<int> log_nice = -100;
  std::atomic<int> compaction_nice = -100;
  const auto own_nice = [] { return getpriority(PRIO_PROCESS, static_cast<id_t>(gettid())); };
  env->Schedule(Lane::kLog, [&] { log_nice = own_nice(); });
  env->Schedule(Lane::kCompaction, [&] { compaction_nice = own_nice(); });
  env->Await([&] { return log_nice != -100 && compaction_nice != -100; });
  EXPECT_EQ(log_nice, own_nice());
  EXPECT_GE(compaction_nice, log_nice);
}

TEST(PosixEnvTasks, StopSignalsAreLeftToOtherThreads) {
  const auto env = NewPosixEnv();
  std::atomic<int> blocked = -1;
  env->Schedule(Lane::kLog, [&] {
    sigset_t mask;
    pthread_sigmask(SIG_BLOCK, nullptr, &mask);
    blocked = sigismember(&mask, SIGTERM);
  });
  env->Await([&] { return blocked != -1; });
  EXPECT_EQ(blocked, 1);
}

TEST(PosixEnvTasks, AwaitReturnsAtOnceWhenThereIsNothingToWaitFor) {
  const auto env = NewPosixEnv();
  int asked = 0;
  env->Await([&] { return ++asked > 0; });
  EXPECT_EQ(asked, 1);
}

TEST(PosixEnvTasks, ManyCallersCanAwaitAtOnce) {
  const auto env = NewPosixEnv();
  std::atomic<int> ended = 0;
  std::vector<std::thread> callers;
  for (int i = 1; i <= 4; ++i) {
    callers.emplace_back([&, i] {
      for (int j = 0; j < 50; ++j) {
        const auto lane = kLanes[(i + j) % kLaneCount];
        std::atomic<bool> mine = false;
        env->Schedule(lane, [&] {
          ++ended;
          mine = true;
        });
        env->Await([&] { return mine.load(); });
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(ended, 200);
}

TEST(PosixEnvTasks, ATaskMayAwaitAnotherLane) {
  const auto env = NewPosixEnv();
  std::atomic<bool> inner = false;
  std::atomic<bool> outer = false;
  env->Schedule(Lane::kCompaction, [&] {
    env->Schedule(Lane::kFlush, [&] { inner = true; });
    env->Await([&] { return inner.load(); });
    outer = true;
  });
  env->Await([&] { return outer.load(); });
}

TEST(PosixEnvTasks, TheDestructorRunsWhatWasScheduledAndWhatThatSchedules) {
  std::atomic<int> ended = 0;
  {
    const auto env = NewPosixEnv();
    for (int i = 0; i < 10; ++i) {
      env->Schedule(Lane::kFetch, [&ended, e = env.get()] {
        e->Schedule(Lane::kLog, [&ended] { ++ended; });
        ++ended;
      });
    }
  }
  EXPECT_EQ(ended, 20);
}

TEST(PosixEnvTasks, ATaskIsDestroyedBeforeItCountsAsEnded) {
  const auto env = NewPosixEnv();
  std::weak_ptr<int> watched;
  {
    auto held = std::make_shared<int>(1);
    watched = held;
    env->Schedule(Lane::kFlush, [held] {});
  }
  env->Await([&] { return watched.expired(); });
  EXPECT_TRUE(watched.expired());
}

TEST(PosixEnvClock, MovesForward) {
  const auto env = NewPosixEnv();
  EXPECT_GT(env->WallMs(), 1'500'000'000'000);  // after 2017: milliseconds since 1970
  const uint64_t before = env->MonotonicNs();
  env->SleepForMs(2);
  EXPECT_GE(env->MonotonicNs() - before, 2'000'000u);
}

TEST(PosixEnvRandom, DoesNotRepeat) {
  const auto env = NewPosixEnv();
  std::set<uint64_t> values;
  for (int i = 0; i < 100; ++i) values.insert(env->RandomU64());
  EXPECT_EQ(values.size(), 100u);
}

}  // namespace
}  // namespace cordwood

// Which moment decides whether a key has expired. Readers that wait for nothing are at the visible
// state, and judge by the clock of the oldest command that is not visible yet: what such a command
// found alive must not be gone in between, only to be there again when the command is visible.

#include <gtest/gtest.h>

#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

constexpr uint64_t kSyncStallMs = 5000;

class Clock : public ::testing::Test {
 protected:
  explicit Clock(const storage::StoreOptions& options = TinyStoreOptions())
      : env_(1), server_(env_, options) {}
  void SetUp() override {
    ASSERT_TRUE(server_.Start());
    writer_ = server_.Connect();
    reader_ = server_.Connect();
  }

  // A key that expires in a second, on stable storage; from then on no sync ends for a while.
  void SetKeyAndStall() {
    ASSERT_EQ(server_.Ask({"SET", "k", "v", "PXAT", std::to_string(env_.WallMs() + 1000)}),
              "+OK\r\n");
    env_.StallSyncs(".wal", kSyncStallMs);
  }

  std::string Read(const std::vector<std::string_view>& argv) {
    server_.SendCommand(reader_, argv);
    return server_.Receive(reader_);
  }

  std::string EndStall() {
    server_.RunForMs(2 * kSyncStallMs + 1);
    return server_.Receive(writer_);
  }

  support::SimEnv env_;
  SimServer server_;
  SessionId writer_ = 0;
  SessionId reader_ = 0;
};

TEST_F(Clock, WithNothingOnItsWayAKeyIsGoneAtItsMillisecond) {
  SetKeyAndStall();
  const int64_t start = env_.WallMs();
  env_.AdvanceMs(900);
  EXPECT_EQ(Read({"GET", "k"}), "$1\r\nv\r\n");
  env_.AdvanceMs(100 - static_cast<uint64_t>(env_.WallMs() - start - 900));
  EXPECT_EQ(Read({"GET", "k"}), "$-1\r\n");
  EXPECT_EQ(Read({"PTTL", "k"}), ":-2\r\n");
}

TEST_F(Clock, AReadJudgesByTheOldestCommandThatIsNotVisible) {
  SetKeyAndStall();
  env_.AdvanceMs(500);
  server_.SendCommand(writer_, {"SET", "other", "x"});
  env_.AdvanceMs(1000);
  EXPECT_EQ(Read({"GET", "k"}), "$1\r\nv\r\n") << "as of the SET";
  EXPECT_EQ(Read({"PTTL", "k"}).substr(0, 2), ":4") << "ms that were left then";
  // In line with the write, the connection that made it is at the newest state and at now.
  server_.SendCommand(writer_, {"GET", "k"});
  EXPECT_EQ(EndStall(), "+OK\r\n$-1\r\n");
  EXPECT_EQ(Read({"GET", "k"}), "$-1\r\n");
}

TEST_F(Clock, WhatACommandFoundAliveIsNotGoneBeforeTheCommandIsVisible) {
  SetKeyAndStall();
  env_.AdvanceMs(900);
  server_.SendCommand(writer_, {"PERSIST", "k"});
  env_.AdvanceMs(1000);
  EXPECT_EQ(Read({"GET", "k"}), "$1\r\nv\r\n");
  EXPECT_EQ(EndStall(), ":1\r\n");
  EXPECT_EQ(Read({"GET", "k"}), "$1\r\nv\r\n");
  EXPECT_EQ(Read({"PTTL", "k"}), ":-1\r\n");
}

TEST_F(Clock, TheMomentMovesOnWithWhatIsVisible) {
  SetKeyAndStall();
  server_.SendCommand(writer_, {"SET", "first", "x"});
  while (env_.Step()) server_.RunLoop();  // it is on its way alone
  env_.AdvanceMs(2000);
  server_.SendCommand(writer_, {"SET", "second", "x"});
  EXPECT_EQ(Read({"GET", "k"}), "$1\r\nv\r\n") << "as of the first SET";
  server_.RunForMs(kSyncStallMs - 1999);
  ASSERT_EQ(server_.Receive(writer_), "+OK\r\n");
  EXPECT_EQ(Read({"GET", "k"}), "$-1\r\n") << "as of the second SET";
  EXPECT_EQ(EndStall(), "+OK\r\n");
}

TEST_F(Clock, ADeletionOfTheExpiredIsVisibleWhenItIsDurable) {
  SetKeyAndStall();
  ASSERT_EQ(Read({"DBSIZE"}), ":1\r\n");
  env_.AdvanceMs(900);
  server_.SendCommand(writer_, {"SET", "other", "x"});
  env_.AdvanceMs(200);
  server_.Tick();
  ASSERT_EQ(server_.keyspace().stats().expired_keys, 1u) << "the cycle has deleted it";
  EXPECT_EQ(Read({"GET", "k"}), "$1\r\nv\r\n");
  EXPECT_EQ(Read({"DBSIZE"}), ":1\r\n");
  EXPECT_EQ(EndStall(), "+OK\r\n");
  EXPECT_EQ(Read({"GET", "k"}), "$-1\r\n");
  EXPECT_EQ(Read({"DBSIZE"}), ":1\r\n") << "the other key";
}

// The clock of the machine is set back by a little: what expired stays expired.
TEST_F(Clock, ASmallStepBackBringsNoExpiredKeyBack) {
  SetKeyAndStall();
  env_.AdvanceMs(1100);
  EXPECT_EQ(Read({"GET", "k"}), "$-1\r\n");
  env_.JumpWallMs(-200);
  EXPECT_EQ(Read({"GET", "k"}), "$-1\r\n");
  server_.SendCommand(writer_, {"PERSIST", "k"});
  EXPECT_EQ(EndStall(), ":0\r\n");
}

/// Every key with a time to live, and a clock that is set.
class ClockThatIsSet : public Clock {
 protected:
  using Clock::Clock;

  static constexpr int64_t kTenYearsMs = 10LL * 365 * 24 * 3600 * 1000;
  static constexpr int64_t kHourMs = 3'600'000;

  void SetUp() override {
    Clock::SetUp();
    for (const char* key : {"k1", "k2", "k3"}) {
      ASSERT_EQ(server_.Ask({"SET", key, "v", "EX", "86400"}), "+OK\r\n");
    }
  }

  /// As time passes on a server that serves.
  void Pass(int64_t ms) {
    for (int64_t passed = 0; passed < ms; passed += 1000 / kTicksPerSecond) {
      server_.Tick();
      server_.Settle();
    }
  }
};

TEST_F(ClockThatIsSet, TwoSecondsTenYearsAheadCostNoKey) {
  env_.JumpWallMs(kTenYearsMs);
  Pass(2000);
  EXPECT_EQ(Read({"GET", "k1"}), "$1\r\nv\r\n");
  // What is set meanwhile lives as long as it should.
  EXPECT_EQ(server_.Ask({"SET", "short", "v", "EX", "10"}), "+OK\r\n");
  EXPECT_EQ(server_.InfoNumber("clock_jumps"), 1);
  EXPECT_EQ(server_.InfoNumber("clock_distrusted_ms"), kTenYearsMs);
  env_.JumpWallMs(-kTenYearsMs);
  Pass(2 * kClockGraceMs);
  EXPECT_EQ(server_.InfoNumber("clock_jumps"), 1);
  EXPECT_EQ(server_.InfoNumber("clock_distrusted_ms"), 0);
  for (const char* key : {"k1", "k2", "k3"}) EXPECT_EQ(Read({"GET", key}), "$1\r\nv\r\n") << key;
  EXPECT_EQ(Read({"GET", "short"}), "$-1\r\n");
  EXPECT_EQ(server_.keyspace().stats().expired_keys, 1u);
}

TEST_F(ClockThatIsSet, AJumpForwardThatStaysCountsAfterTheGrace) {
  env_.JumpWallMs(48 * kHourMs);
  Pass(kClockGraceMs - 1000);
  EXPECT_EQ(Read({"GET", "k1"}), "$1\r\nv\r\n");
  Pass(2000);
  EXPECT_EQ(Read({"GET", "k1"}), "$-1\r\n");
  Pass(1000);
  EXPECT_EQ(server_.Ask({"DBSIZE"}), ":0\r\n");
}

TEST_F(ClockThatIsSet, AJumpBackThatStaysBringsNoExpiredKeyBack) {
  ASSERT_EQ(server_.Ask({"SET", "short", "v", "EX", "10"}), "+OK\r\n");
  Pass(5000);
  env_.JumpWallMs(-kHourMs);
  Pass(6000);
  EXPECT_EQ(Read({"GET", "short"}), "$-1\r\n") << "its time goes on";
  // Until the clock that was set counts, and from then on.
  Pass(kClockGraceMs);
  EXPECT_EQ(server_.InfoNumber("clock_distrusted_ms"), 0);
  EXPECT_EQ(Read({"GET", "short"}), "$-1\r\n");
  const std::string soon = std::to_string(env_.WallMs() + 5000);
  EXPECT_EQ(server_.Ask({"SET", "absolute", "v", "PXAT", soon}), "+OK\r\n");
  Pass(4000);
  EXPECT_EQ(Read({"GET", "absolute"}), "$1\r\nv\r\n");
  Pass(2000);
  EXPECT_EQ(Read({"GET", "absolute"}), "$-1\r\n");
  EXPECT_EQ(Read({"GET", "k1"}), "$1\r\nv\r\n");
}

class ClockOverManyKeys : public ClockThatIsSet {
 protected:
  ClockOverManyKeys() : ClockThatIsSet(storage::StoreOptions()) {}  // no block is cold
};

// More is due when the grace ends than one step of the cycle removes. By the clock that was set
// none of it would be.
TEST_F(ClockOverManyKeys, AfterAJumpBackTheOldTimeGoesOnUntilAllThatIsDueIsGone) {
  constexpr int kKeys = 1000;
  env_.JumpWallMs(-kHourMs);
  Pass(100);  // it is noticed
  const std::string due = std::to_string(env_.WallMs() + kHourMs + kClockGraceMs / 2);
  for (int i = 0; i < kKeys; ++i) {
    server_.SendCommand(writer_, {"SET", "key:" + std::to_string(i), "v", "PXAT", due});
  }
  server_.Settle();
  env_.AdvanceMs(kClockGraceMs);
  const auto expired = [&] { return server_.keyspace().stats().expired_keys.load(); };
  server_.pipeline().Tick();
  ASSERT_GT(expired(), 0u);
  ASSERT_LT(expired(), static_cast<uint64_t>(kKeys)) << "one step removes them all";
  EXPECT_NE(server_.pipeline().expiry_clock().distrusted_ms(), 0) << "it stepped back";
  EXPECT_EQ(Read({"GET", "key:999"}), "$-1\r\n") << "the last of them";
  server_.Settle();
  EXPECT_EQ(expired(), static_cast<uint64_t>(kKeys));
  EXPECT_EQ(server_.pipeline().expiry_clock().distrusted_ms(), 0) << "it never steps back";
  EXPECT_EQ(server_.Ask({"DBSIZE"}), ":3\r\n");
}

TEST_F(ClockThatIsSet, IdleTimesAndAgesDoNotJump) {
  server_.config().timeout_seconds = 300;
  Pass(1000);
  const auto line = [&] { return Read({"CLIENT", "INFO"}); };
  for (const int64_t jump : {kHourMs, -2 * kHourMs}) {
    env_.JumpWallMs(jump);
    Pass(1000);
    EXPECT_FALSE(server_.Closed(writer_));
    EXPECT_NE(line().find(" idle=0 "), std::string::npos) << line();
  }
  EXPECT_NE(line().find(" age=3 "), std::string::npos) << line();
  Pass(301'000);
  EXPECT_TRUE(server_.Closed(writer_));
}

}  // namespace
}  // namespace cordwood::pipeline

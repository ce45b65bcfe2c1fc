// Reads in slices: what they hold up, what they show, and how they end.

#include <gtest/gtest.h>

#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

class LongReads : public ::testing::Test {
 protected:
  LongReads() : env_(1), server_(env_, {}) {}
  void SetUp() override { ASSERT_TRUE(server_.Start()); }

  // A hash that takes more than one slice to read.
  void FillHash(std::string_view key) {
    for (int i = 0; i < 1000; ++i) {
      const std::string field = "field:" + std::to_string(i);
      ASSERT_EQ(server_.Ask({"HSET", key, field, "v"}), ":1\r\n");
    }
  }

  support::SimEnv env_;
  SimServer server_;
};

TEST_F(LongReads, WhatStandsBehindOneThatTurnsOutShortRuns) {
  FillHash("big");
  const SessionId first = server_.Connect();
  const SessionId reader = server_.Connect();
  const SessionId deleter = server_.Connect();
  env_.StallSyncs(".wal", 2000);
  server_.SendCommand(first, {"SET", "a", "1"});
  while (env_.Step()) server_.RunLoop();
  // One group: the hash is there when HGETALL runs first, and gone when its SET is visible.
  server_.Send(reader, "SET x 1\r\nHGETALL big\r\nPING\r\n");
  server_.SendCommand(deleter, {"DEL", "big"});
  env_.RunForMs(4001);
  server_.Settle();
  EXPECT_EQ(server_.Receive(deleter), ":1\r\n");
  EXPECT_EQ(server_.Receive(reader), "+OK\r\n*0\r\n+PONG\r\n");
}

TEST_F(LongReads, OneWhoseReaderStopsTakesNoTurns) {
  const std::string value(5 << 10, 'v');
  for (int i = 0; i < 600; ++i) {
    ASSERT_EQ(server_.Ask({"HSET", "large", "field:" + std::to_string(i), value}), ":1\r\n");
  }
  const SessionId stopped = server_.Connect();
  const SessionId slow = server_.Connect();
  server_.SetReading(stopped, false);
  server_.SetReading(slow, false);
  server_.SendCommand(stopped, {"HGETALL", "large"});
  server_.SendCommand(slow, {"HVALS", "large"});
  for (int i = 0; i < 1000 && server_.pipeline().WantsTurn(); ++i) server_.Step();
  EXPECT_FALSE(server_.pipeline().WantsTurn());
  const auto tick = [&](int seconds) {
    for (int i = 0; i < seconds * kTicksPerSecond; ++i) server_.Tick();
  };
  tick(40);
  server_.SetReading(slow, true);
  server_.Settle();
  EXPECT_EQ(server_.Receive(slow).size(), 600 * (value.size() + 9) + 6);
  EXPECT_FALSE(server_.Closed(stopped));
  tick(21);
  EXPECT_TRUE(server_.Closed(stopped));  // it keeps old state from being removed
  EXPECT_FALSE(server_.Closed(slow));
}

// GET of a string in chunks lets others in between its slices, and shows one state.
TEST_F(LongReads, AStringInChunksHoldsNobodyUp) {
  const std::string value(3 << 20, 'v');
  ASSERT_EQ(server_.Ask({"APPEND", "long", value}), ":3145728\r\n");
  server_.Settle();
  const SessionId reader = server_.Connect();
  const SessionId other = server_.Connect();
  server_.SendCommand(reader, {"GET", "long"});
  server_.SendCommand(other, {"SETRANGE", "long", "3000000", "changed"});
  std::string reply = server_.Receive(reader);
  EXPECT_LT(reply.size(), value.size() / 2);
  server_.SendCommand(other, {"PING"});
  server_.Settle();
  EXPECT_EQ(server_.Receive(other), ":3145728\r\n+PONG\r\n");
  reply += server_.Receive(reader);
  EXPECT_TRUE(reply == "$3145728\r\n" + value + "\r\n");
  EXPECT_EQ(server_.Ask({"GETRANGE", "long", "2999999", "3000007"}), "$9\r\nvchangedv\r\n");
}

class OldReads : public LongReads {
 protected:
  /// Of 3 MB, read by nobody.
  SessionId StartRead() {
    const std::string value(5 << 10, 'v');
    for (int i = 0; i < 600; ++i) {
      EXPECT_EQ(server_.Ask({"HSET", "large", "field:" + std::to_string(i), value}), ":1\r\n");
    }
    const SessionId reader = server_.Connect();
    server_.SetReading(reader, false);
    server_.SendCommand(reader, {"HGETALL", "large"});
    for (int i = 0; i < 1000 && server_.pipeline().WantsTurn(); ++i) server_.Step();
    EXPECT_NE(server_.pipeline().Find(reader)->snapshot, nullptr);
    return reader;
  }
  bool HoldsSnapshot(SessionId id) {
    const Session* const session = server_.pipeline().Find(id);
    return session != nullptr && session->snapshot != nullptr;
  }
  void AdvanceSeconds(int64_t seconds) {
    env_.AdvanceMs(seconds * 1000);
    server_.Tick();
  }
};

TEST_F(OldReads, EndWithAnErrorThatNamesTheOption) {
  ASSERT_EQ(server_.Ask({"CONFIG", "SET", "snapshot-max-seconds", "20"}), "+OK\r\n");
  const SessionId reader = StartRead();
  AdvanceSeconds(18);
  EXPECT_TRUE(HoldsSnapshot(reader));
  AdvanceSeconds(3);
  EXPECT_FALSE(HoldsSnapshot(reader)) << "although it reads nothing";
  server_.SetReading(reader, true);
  server_.Settle();
  const std::string reply = server_.Receive(reader);
  EXPECT_TRUE(reply.starts_with("*1200\r\n"));
  EXPECT_TRUE(
      reply.ends_with("\r\n-ERR the read took longer than snapshot-max-seconds (20): the "
                      "state that it shows is not kept any longer\r\n"));
  EXPECT_TRUE(server_.Closed(reader)) << "the error stands inside of the reply";
}

TEST_F(OldReads, AreKeptWithoutALimit) {
  ASSERT_EQ(server_.Ask({"CONFIG", "SET", "snapshot-max-seconds", "0"}), "+OK\r\n");
  const SessionId reader = StartRead();
  server_.pipeline().Find(reader)->stalled_since_ns = 0;  // that limit is another
  AdvanceSeconds(100'000);
  EXPECT_TRUE(HoldsSnapshot(reader));
}

TEST_F(OldReads, OneThatRepliedNothingYetKeepsItsConnection) {
  ASSERT_EQ(server_.Ask({"CONFIG", "SET", "snapshot-max-seconds", "20"}), "+OK\r\n");
  FillHash("big");
  const SessionId reader = server_.Connect();
  server_.Deliver(reader, "HGETALL big\r\nPING\r\n");
  ASSERT_EQ(server_.pipeline().Find(reader)->hold, Hold::kLongRead);
  env_.AdvanceMs(21'000);
  server_.Settle();
  EXPECT_EQ(server_.Receive(reader),
            "-ERR the read took longer than snapshot-max-seconds (20): the state that it shows is "
            "not kept any longer\r\n+PONG\r\n");
  EXPECT_FALSE(server_.Closed(reader));
}

}  // namespace
}  // namespace cordwood::pipeline

// Reads that go on in slices: behind other connections, no faster than their client reads, at a
// state that is held still.

#include <gtest/gtest.h>

#include <optional>

#include "base/format.h"
#include "protocol/reply_reader.h"
#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

constexpr size_t kUnsentMax = 1 << 20;
// Of a slice of KEYS: a thousand names of a hundred bytes.
constexpr size_t kSliceBytes = 1000 * 110;

class LongReadTurns : public ::testing::Test {
 protected:
  // Large enough that all of it stays in the memtable.
  LongReadTurns()
      : env_(1), server_(env_, {.log_segment_bytes = 4 << 20, .memtable_bytes = 64 << 20}) {}
  void SetUp() override { ASSERT_TRUE(server_.Start()); }

  void SetKeys(int count) {
    for (int first = 0; first < count; first += 1000) {
      std::vector<std::string> words = {"MSET"};
      for (int key = first; key < std::min(first + 1000, count); ++key) {
        words.push_back(Format("{:0100}", key));
        words.emplace_back("v");
      }
      ASSERT_EQ(server_.Ask({words.begin(), words.end()}), "+OK\r\n");
    }
  }

  // Everything on its way is dealt with, without time passing for ever if something spins.
  void Run() {
    for (int i = 0; i < 2000 && server_.Step(); ++i) {
    }
  }

  // What the client has received is one reply, an array, and nothing behind it.
  static std::optional<size_t> ArraySize(const std::string& bytes) {
    protocol::ReplyReader reader;
    reader.Feed(bytes);
    const Result<std::optional<protocol::Value>> value = reader.Next();
    if (!value || !*value || reader.buffered_bytes() != 0) return std::nullopt;
    return (*value)->items.size();
  }

  support::SimEnv env_;
  SimServer server_;
};

TEST_F(LongReadTurns, OtherConnectionsRunBetweenTheSlices) {
  SetKeys(10'000);
  const SessionId reader = server_.Connect();
  const SessionId other = server_.Connect();
  server_.SendCommand(reader, {"KEYS", "*"});
  std::string reply = server_.Receive(reader);
  int answered = 0;
  for (; server_.pipeline().WantsTurn() && answered < 100; ++answered) {
    server_.SendCommand(other, {"ECHO", "here"});
    ASSERT_EQ(server_.Receive(other), "$4\r\nhere\r\n");
    reply += server_.Receive(reader);
  }
  EXPECT_GE(answered, 15) << "10 slices to count and 10 to send";
  EXPECT_LT(answered, 100);
  EXPECT_EQ(ArraySize(reply), 10'000u);
}

TEST_F(LongReadTurns, OneWhoseClientDoesNotReadWaitsWithAMegabyteAndCostsNothing) {
  SetKeys(30'000);
  const SessionId reader = server_.Connect();
  const SessionId other = server_.Connect();
  server_.SetReading(reader, false);
  server_.SendCommand(reader, {"KEYS", "*"});
  Run();
  const Session& session = *server_.pipeline().Find(reader);
  EXPECT_GT(session.replies.unsent_bytes(), kUnsentMax);
  EXPECT_LT(session.replies.unsent_bytes(), kUnsentMax + kSliceBytes);
  EXPECT_FALSE(server_.pipeline().WantsTurn()) << "the loop would spin";
  server_.SendCommand(other, {"SET", "key", "v"});
  Run();
  EXPECT_EQ(server_.Receive(other), "+OK\r\n");

  // It goes on when there is room again, and stops when there is none.
  for (int i = 0; i < 10; ++i) {
    server_.SetReading(reader, true);
    server_.SetReading(reader, false);
    Run();
    EXPECT_LT(session.replies.unsent_bytes(), kUnsentMax + kSliceBytes);
  }
  server_.SetReading(reader, true);
  Run();
  EXPECT_EQ(ArraySize(server_.Receive(reader)), 30'000u);
  server_.SendCommand(reader, {"PING"});
  EXPECT_EQ(server_.Receive(reader), "+PONG\r\n");
}

TEST_F(LongReadTurns, ShowTheStateOfTheirStart) {
  SetKeys(5'000);
  const SessionId reader = server_.Connect();
  const SessionId writer = server_.Connect();
  server_.SendCommand(reader, {"KEYS", "*"});
  server_.RunLoop();
  ASSERT_TRUE(server_.pipeline().WantsTurn());
  server_.SendCommand(writer, {"FLUSHDB"});
  server_.SendCommand(writer, {"SET", "new", "v"});
  server_.SendCommand(writer, {"COMPACT"});
  env_.RunUntilIdle();  // what merges may drop is gone before the next slice
  ASSERT_GT(server_.keyspace().store().Stats().background.flushes, 0u);
  Run();
  EXPECT_EQ(server_.Receive(writer), "+OK\r\n+OK\r\n+OK\r\n");
  EXPECT_EQ(ArraySize(server_.Receive(reader)), 5'000u);
  EXPECT_EQ(server_.Ask({"KEYS", "*"}), "*1\r\n$3\r\nnew\r\n");
}

TEST_F(LongReadTurns, SeeWhatTheirConnectionWroteOnceItIsVisible) {
  SetKeys(2'000);
  const SessionId client = server_.Connect();
  const SessionId other = server_.Connect();
  env_.StallSyncs(".wal", 2000);
  server_.Send(client, Pipelined({{"SET", "mine", "v"}, {"KEYS", "*"}, {"PING"}}));
  Run();
  EXPECT_EQ(server_.pipeline().Find(client)->hold, Hold::kVisibility);
  EXPECT_EQ(server_.Receive(client), "");
  server_.SendCommand(other, {"GET", "mine"});
  EXPECT_EQ(server_.Receive(other), "$-1\r\n");
  server_.RunForMs(2001);
  std::string reply = server_.Receive(client);
  ASSERT_TRUE(reply.starts_with("+OK\r\n")) << reply.substr(0, 40);
  ASSERT_TRUE(reply.ends_with("+PONG\r\n"));
  reply = reply.substr(5, reply.size() - 5 - 7);
  EXPECT_EQ(ArraySize(reply), 2'001u);
  EXPECT_NE(reply.find("$4\r\nmine\r\n"), std::string::npos);
}

// When the connection's own writes are visible, so may be others that leave little to read.
TEST_F(LongReadTurns, WhatComesBehindOneThatTurnedOutShortIsRun) {
  SetKeys(2'000);
  const SessionId client = server_.Connect();
  const SessionId other = server_.Connect();
  env_.StallSyncs(".wal", 2000);
  server_.SendCommand(other, {"SET", "a", "v"});
  Run();  // on its way alone; what follows is one group
  server_.Send(client, Pipelined({{"SET", "b", "v"}, {"KEYS", "*"}, {"PING"}}));
  ASSERT_EQ(server_.pipeline().Find(client)->hold, Hold::kVisibility);
  server_.SendCommand(other, {"FLUSHDB"});
  server_.RunForMs(4001);
  EXPECT_EQ(server_.Receive(client), "+OK\r\n*0\r\n+PONG\r\n");
}

TEST_F(LongReadTurns, AreForgottenWithTheirConnection) {
  SetKeys(30'000);
  const SessionId reader = server_.Connect();
  server_.SetReading(reader, false);
  server_.SendCommand(reader, {"KEYS", "*"});
  Run();
  server_.Disconnect(reader);
  Run();
  EXPECT_FALSE(server_.pipeline().WantsTurn());
  EXPECT_EQ(server_.Ask({"PING"}), "+PONG\r\n");
}

}  // namespace
}  // namespace cordwood::pipeline

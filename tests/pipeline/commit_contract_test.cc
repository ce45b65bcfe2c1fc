// The rules of the commit contract, one by one, from bytes to bytes.

#include <gtest/gtest.h>

#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

class CommitContract : public ::testing::Test {
 protected:
  CommitContract() : env_(1), server_(env_, TinyStoreOptions()) {}
  void SetUp() override { ASSERT_TRUE(server_.Start()); }

  support::SimEnv env_;
  SimServer server_;
};

TEST_F(CommitContract, AReplyWaitsForTheSyncOfItsWrite) {
  const SessionId writer = server_.Connect();
  env_.StallSyncs(".wal", 2000);
  server_.SendCommand(writer, {"SET", "k", "v"});
  while (env_.Step()) server_.RunLoop();
  EXPECT_EQ(server_.Receive(writer), "");
  env_.RunForMs(2001);
  server_.Settle();
  EXPECT_EQ(server_.Receive(writer), "+OK\r\n");
}

TEST_F(CommitContract, APlainReadAnswersAtOnceWithTheOldValueWhileTheSyncStalls) {
  EXPECT_EQ(server_.Ask({"SET", "k", "old"}), "+OK\r\n");
  const SessionId writer = server_.Connect();
  const SessionId reader = server_.Connect();
  env_.StallSyncs(".wal", 2000);
  server_.SendCommand(writer, {"SET", "k", "new"});
  server_.SendCommand(reader, {"GET", "k"});
  EXPECT_EQ(server_.Receive(reader), "$3\r\nold\r\n");
  EXPECT_EQ(server_.Receive(writer), "");
  while (env_.Step()) server_.RunLoop();
  server_.SendCommand(reader, {"GET", "k"});
  EXPECT_EQ(server_.Receive(reader), "$3\r\nold\r\n");
  env_.RunForMs(2001);
  server_.Settle();
  EXPECT_EQ(server_.Receive(writer), "+OK\r\n");
  server_.SendCommand(reader, {"GET", "k"});
  EXPECT_EQ(server_.Receive(reader), "$3\r\nnew\r\n");
}

TEST_F(CommitContract, AConnectionReadsItsOwnWritesInLine) {
  const SessionId client = server_.Connect();
  env_.StallSyncs(".wal", 2000);
  server_.SendCommand(client, {"SET", "k", "mine"});
  server_.SendCommand(client, {"GET", "k"});
  EXPECT_EQ(server_.Receive(client), "");
  env_.RunForMs(2001);
  server_.Settle();
  EXPECT_EQ(server_.Receive(client), "+OK\r\n$4\r\nmine\r\n");
}

TEST_F(CommitContract, AWriteThatChangedNothingStillWaitsForWhatItSaw) {
  const SessionId first = server_.Connect();
  const SessionId second = server_.Connect();
  env_.StallSyncs(".wal", 2000);
  server_.SendCommand(first, {"SET", "k", "v"});
  server_.SendCommand(second, {"SETNX", "k", "other"});
  while (env_.Step()) server_.RunLoop();
  EXPECT_EQ(server_.Receive(second), "");
  env_.RunForMs(4001);
  server_.Settle();
  EXPECT_EQ(server_.Receive(first), "+OK\r\n");
  EXPECT_EQ(server_.Receive(second), ":0\r\n");
}

TEST_F(CommitContract, CountsAreThoseOfTheVisibleState) {
  EXPECT_EQ(server_.Ask({"SET", "a", "1"}), "+OK\r\n");
  const SessionId writer = server_.Connect();
  const SessionId reader = server_.Connect();
  env_.StallSyncs(".wal", 2000);
  server_.SendCommand(writer, {"SET", "b", "1"});
  server_.SendCommand(reader, {"DBSIZE"});
  EXPECT_EQ(server_.Receive(reader), ":1\r\n");
  env_.RunForMs(2001);
  server_.Settle();
  server_.SendCommand(reader, {"DBSIZE"});
  EXPECT_EQ(server_.Receive(reader), ":2\r\n");
}

TEST_F(CommitContract, NobodyWaitsForAnothersColdBlocks) {
  for (int i = 0; i < 600; ++i) {
    const std::string key = "key:" + std::to_string(i);
    ASSERT_EQ(server_.Ask({"SET", key, std::string(100, 'v')}), "+OK\r\n");
  }
  server_.Settle();
  EXPECT_EQ(server_.Ask({"INCR", "hot"}), ":1\r\n");
  EXPECT_EQ(server_.Ask({"INCR", "hot"}), ":2\r\n");  // in the memtable, whatever was flushed
  const SessionId cold = server_.Connect();
  const SessionId other = server_.Connect();
  env_.StallReads(".sst", 2000);
  server_.SendCommand(cold, {"GET", "key:300"});
  EXPECT_EQ(server_.Receive(cold), "");
  server_.SendCommand(other, {"INCR", "hot"});
  server_.SendCommand(other, {"GET", "hot"});
  env_.RunForMs(10);
  server_.Settle();
  EXPECT_EQ(server_.Receive(other), ":3\r\n$1\r\n3\r\n");
  EXPECT_EQ(server_.Receive(cold), "");
  env_.RunForMs(2001);
  server_.Settle();
  EXPECT_EQ(server_.Receive(cold), "$100\r\n" + std::string(100, 'v') + "\r\n");
}

TEST_F(CommitContract, AFailedSyncIsFinalAndAcknowledgesNothing) {
  EXPECT_EQ(server_.Ask({"SET", "k", "old"}), "+OK\r\n");
  env_.FailNext(support::SimOp::kSync, ".wal", ErrorCode::kIo);
  const SessionId writer = server_.Connect();
  server_.SendCommand(writer, {"SET", "k", "new"});
  server_.Settle();
  EXPECT_EQ(server_.Receive(writer), "");
  EXPECT_FALSE(server_.keyspace().store().failure());
  const SessionId other = server_.Connect();
  server_.SendCommand(other, {"GET", "k"});
  EXPECT_EQ(server_.Receive(other), "$3\r\nold\r\n");
  server_.SendCommand(other, {"SET", "k", "newer"});
  EXPECT_TRUE(server_.Receive(other).starts_with("-MISCONF"));
}

}  // namespace
}  // namespace cordwood::pipeline

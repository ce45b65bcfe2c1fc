// Writes that may not come in yet, or not at all, because memory or the disk is full.

#include <gtest/gtest.h>

#include "base/format.h"
#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

class Admissions : public ::testing::Test {
 protected:
  Admissions() : env_(1), server_(env_, TinyStoreOptions()) {}
  void SetUp() override { ASSERT_TRUE(server_.Start()); }

  storage::Store& store() { return server_.keyspace().store(); }

  // Writes until the gate is shut, because tables cannot be written for a while.
  void ShutTheGate() {
    env_.StallSyncs(".sst", 2000);
    const SessionId filler = server_.Connect();
    for (int i = 0; store().Admit(100, storage::Intent::kAdd) == storage::WriteGate::kOpen; ++i) {
      ASSERT_LT(i, 1000);
      server_.Send(filler, Pipelined({{"SET", Format("key:{}", i), std::string(200, 'v')}}));
      server_.Settle();
    }
    ASSERT_EQ(store().Admit(100, storage::Intent::kAdd), storage::WriteGate::kLater);
  }

  // Writes until there is no room.
  void FillTheDisk() {
    env_.SetDiskBytes(env_.UsedDiskBytes() + 600'000);
    for (int i = 0; store().Admit(100, storage::Intent::kAdd) != storage::WriteGate::kFull; ++i) {
      ASSERT_LT(i, 10'000) << "the disk never filled up";
      const std::string reply = server_.Ask({"SET", Format("key:{}", i), std::string(200, 'v')});
      ASSERT_TRUE(reply == "+OK\r\n" || reply.starts_with("-MISCONF")) << reply;
    }
  }

  support::SimEnv env_;
  SimServer server_;
};

TEST_F(Admissions, HeldWritersKeepTheirOrderAndGoOn) {
  ASSERT_EQ(server_.Ask({"SET", "order", ""}), "+OK\r\n");
  ShutTheGate();
  const uint64_t held_before = server_.pipeline().stats().held_for_admission;
  std::vector<SessionId> writers;
  std::string expected;
  for (char name = 'a'; name < 'a' + 8; ++name) {
    writers.push_back(server_.Connect());
    const std::string letter(1, name);
    server_.Send(writers.back(), Pipelined({{"APPEND", "order", letter}, {"ECHO", letter}}));
    expected += letter;
  }
  server_.Settle();
  for (const SessionId writer : writers) {
    EXPECT_EQ(server_.pipeline().Find(writer)->hold, Hold::kAdmission);
    EXPECT_EQ(server_.Receive(writer), "") << "nor does what is behind a held command run";
  }
  EXPECT_GE(server_.pipeline().stats().held_for_admission, held_before + writers.size());
  // Reads are served meanwhile.
  const SessionId reader = server_.Connect();
  server_.SendCommand(reader, {"STRLEN", "order"});
  EXPECT_EQ(server_.Receive(reader), ":0\r\n");

  for (int ticks = 0; ticks < 200; ++ticks) {
    server_.RunForMs(100);
    server_.Tick();
  }
  for (size_t i = 0; i < writers.size(); ++i) {
    EXPECT_EQ(server_.Receive(writers[i]), Format(":{}\r\n$1\r\n{}\r\n", i + 1, expected[i]));
  }
  EXPECT_EQ(server_.Ask({"GET", "order"}), Format("${}\r\n{}\r\n", expected.size(), expected));
}

TEST_F(Admissions, AHeldWriterThatLeavesHoldsUpNobody) {
  ShutTheGate();
  const SessionId leaver = server_.Connect();
  const SessionId writer = server_.Connect();
  server_.Send(leaver, Pipelined({{"SET", "left", "v"}}));
  server_.Send(writer, Pipelined({{"SET", "stayed", "v"}}));
  server_.Disconnect(leaver);
  for (int ticks = 0; ticks < 200; ++ticks) {
    server_.RunForMs(100);
    server_.Tick();
  }
  EXPECT_EQ(server_.Receive(writer), "+OK\r\n");
  EXPECT_EQ(server_.Ask({"GET", "left"}), "$-1\r\n");
}

TEST_F(Admissions, OnAFullDiskWritesAreRefusedReadsAndDeletionsServedAndWritesResume) {
  FillTheDisk();
  EXPECT_TRUE(server_.Ask({"SET", "more", "v"})
                  .starts_with("-MISCONF Errors writing to the log: "
                               "No space left on device."));
  EXPECT_TRUE(server_.Ask({"HSET", "hash", "f", "v"}).starts_with("-MISCONF"));
  EXPECT_EQ(server_.Ask({"GET", "key:1"}), "$200\r\n" + std::string(200, 'v') + "\r\n");
  EXPECT_EQ(server_.Ask({"GET", "more"}), "$-1\r\n");
  EXPECT_EQ(server_.Ask({"DEL", "key:1", "key:2"}), ":2\r\n");
  EXPECT_EQ(server_.Ask({"GET", "key:1"}), "$-1\r\n");
  const std::string info = server_.Ask({"INFO", "persistence"});
  EXPECT_NE(info.find("storage_state:full\r\n"), std::string::npos) << info;

  env_.SetDiskBytes(UINT64_MAX);
  std::string reply;
  for (int ticks = 0; reply != "+OK\r\n"; ++ticks) {
    ASSERT_LT(ticks, 50) << reply;
    server_.Tick();
    server_.Settle();
    reply = server_.Ask({"SET", "more", "v"});
  }
  EXPECT_EQ(server_.Ask({"GET", "more"}), "$1\r\nv\r\n");
}

TEST_F(Admissions, ASegmentThatCannotBeMadeForAnotherReasonIsNoFullDisk) {
  for (const ErrorCode code : {ErrorCode::kNoDescriptors, ErrorCode::kNotFound}) {
    env_.FailNext(support::SimOp::kCreate, ".wal", code, true);
    std::string reply = "+OK\r\n";
    for (int i = 0; reply == "+OK\r\n"; ++i) {
      ASSERT_LT(i, 1000);
      reply = server_.Ask({"SET", "key", std::string(200, 'v')});
    }
    EXPECT_TRUE(reply.starts_with("-MISCONF Errors writing to the log: data/")) << reply;
    EXPECT_NE(reply.find("injected failure of create"), std::string::npos) << reply;
    EXPECT_EQ(reply.find("No space left"), std::string::npos) << reply;
    EXPECT_EQ(server_.Info().at("storage_state"), "blocked");
    env_.ClearFaults();
    for (int ticks = 0; reply != "+OK\r\n"; ++ticks) {
      ASSERT_LT(ticks, 50) << reply;
      server_.Tick();
      server_.Settle();
      reply = server_.Ask({"SET", "key", "v"});
    }
    EXPECT_EQ(server_.Info().at("storage_state"), "ok");
  }
}

TEST_F(Admissions, FlushingTheDatabaseMakesRoom) {
  FillTheDisk();
  EXPECT_EQ(server_.Ask({"FLUSHALL"}), "+OK\r\n");
  std::string reply;
  for (int ticks = 0; reply != "+OK\r\n"; ++ticks) {
    ASSERT_LT(ticks, 100) << reply;
    server_.Tick();
    server_.Settle();
    reply = server_.Ask({"SET", "more", "v"});
  }
  EXPECT_EQ(server_.Ask({"DBSIZE"}), ":1\r\n");
}

}  // namespace
}  // namespace cordwood::pipeline

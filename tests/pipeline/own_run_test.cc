// Commands that their reruns do not bring to an end wait in the middle of their work: reads at a
// snapshot, writes as the executor's owner.

#include "pipeline/executor/own_run.h"

#include <gtest/gtest.h>

#include "base/format.h"
#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

constexpr int kFieldsOfHash = 1000;  // so that a COPY is one batch

config::Config HashesInElements() {
  config::Config config;
  config.collection_max_inline_bytes = 0;
  return config;
}

class OwnRuns : public ::testing::Test {
 protected:
  OwnRuns() : env_(1) {}

  void SetUp() override {
    Start();
    std::vector<std::string> words = {"HSET", "h"};
    for (int i = 0; i < kFieldsOfHash; ++i) {
      words.push_back(Format("field:{}", i));
      words.emplace_back(100, 'v');
    }
    ASSERT_EQ(Ask({words.begin(), words.end()}), Format(":{}\r\n", kFieldsOfHash));
    for (int i = 0; i < 500; ++i) Ask({"SET", Format("k{:03}", i), std::string(500, 'v')});
    Ask({"COMPACT"});
    Start();
    // So that what is fetched cannot be kept together.
    RequestLimits limits = server_->pipeline().request_limits();
    limits.request_bytes = 4096;
    server_->pipeline().SetRequestLimits(limits);
  }

  void Start() {
    server_.reset();
    server_ = std::make_unique<SimServer>(env_, TinyStoreOptions(), HashesInElements());
    ASSERT_TRUE(server_->Start());
  }

  std::string Ask(const std::vector<std::string_view>& argv) {
    std::string reply = server_->Ask(argv);
    server_->Settle();
    return reply;
  }
  /// Sends a cold COPY, and lets it get to where it owns the executor and waits.
  SessionId OwnTheExecutor(uint64_t stall_ms = 50) {
    const SessionId owner = server_->Connect();
    env_.StallReads(".sst", stall_ms);
    server_->SendCommand(owner, {"COPY", "h", "copy"});
    for (int i = 0; i < 10'000 && own_runs() == 0; ++i) server_->RunForMs(1);
    EXPECT_EQ(own_runs(), 1u);
    EXPECT_EQ(server_->pipeline().Find(owner)->hold, Hold::kBlocks);
    return owner;
  }
  uint64_t own_runs() { return server_->pipeline().stats().own_runs; }

  support::SimEnv env_;
  std::unique_ptr<SimServer> server_;
};

TEST_F(OwnRuns, AWriteThatNeedsMoreThanARequestMayTakeIsNotStartedOver) {
  EXPECT_EQ(Ask({"COPY", "h", "copy"}), ":1\r\n");
  EXPECT_EQ(own_runs(), 1u);
  EXPECT_EQ(Ask({"HLEN", "copy"}), Format(":{}\r\n", kFieldsOfHash));
  EXPECT_EQ(Ask({"HGET", "copy", "field:777"}), "$100\r\n" + std::string(100, 'v') + "\r\n");
  EXPECT_EQ(Ask({"HSET", "copy", "field:1", "x"}), ":0\r\n");
  EXPECT_EQ(Ask({"HGET", "h", "field:1"}), "$100\r\n" + std::string(100, 'v') + "\r\n");
}

TEST_F(OwnRuns, AReadWaitsAtASnapshotAndHoldsNobody) {
  env_.StallReads(".sst", 50);
  const SessionId reader = server_->Connect();
  server_->Send(reader, Pipelined({{"MULTI"}, {"HGETALL", "h"}, {"HLEN", "h"}, {"EXEC"}}));
  for (int i = 0; i < 10'000 && own_runs() == 0; ++i) server_->RunForMs(1);
  ASSERT_EQ(own_runs(), 1u);
  // What is written meanwhile is not seen, also where the read has not got to yet.
  const SessionId writer = server_->Connect();
  server_->SendCommand(writer, {"HSET", "h", "new", "v"});
  server_->RunForMs(1000);
  EXPECT_EQ(server_->Receive(writer), ":1\r\n");
  EXPECT_EQ(server_->Receive(reader), "+OK\r\n+QUEUED\r\n+QUEUED\r\n") << "it still reads";
  server_->RunForMs(100'000);
  const std::string reply = server_->Receive(reader);
  EXPECT_TRUE(reply.starts_with(Format("*2\r\n*{}\r\n", 2 * kFieldsOfHash)));
  EXPECT_TRUE(reply.ends_with(Format("\r\n:{}\r\n", kFieldsOfHash)));
}

TEST_F(OwnRuns, AReadEndsWhoseSnapshotIsTooOld) {
  env_.StallReads(".sst", 50);
  const SessionId reader = server_->Connect();
  server_->Send(reader, Pipelined({{"MULTI"}, {"HGETALL", "h"}, {"EXEC"}, {"PING"}}));
  for (int i = 0; i < 10'000 && own_runs() == 0; ++i) server_->RunForMs(1);
  ASSERT_EQ(own_runs(), 1u);
  env_.AdvanceMs(1000 * static_cast<uint64_t>(server_->config().snapshot_max_seconds));
  server_->RunForMs(1000);
  const std::string reply = server_->Receive(reader);
  EXPECT_TRUE(reply.starts_with("+OK\r\n+QUEUED\r\n-ERR the read took longer than")) << reply;
  EXPECT_TRUE(reply.ends_with("+PONG\r\n")) << reply;
}

// RANDOMKEY draws places in tables and cannot wait: what it lacked comes with what HGETALL waits
// for, and it is run again.
TEST_F(OwnRuns, AQueueOfWhatCanWaitAndWhatCannotIsRunToItsEnd) {
  const SessionId client = server_->Connect();
  server_->Send(client, Pipelined({{"MULTI"},
                                   {"RANDOMKEY"},
                                   {"HGETALL", "h"},
                                   {"RANDOMKEY"},
                                   {"HRANDFIELD", "h", "50"},
                                   {"EXEC"}}));
  server_->RunForMs(100'000);
  const std::string reply = server_->Receive(client);
  EXPECT_NE(reply.find("*4\r\n$"), std::string::npos) << reply.substr(0, 200);
  EXPECT_NE(reply.find(Format("*{}\r\n", 2 * kFieldsOfHash)), std::string::npos);
}

TEST_F(OwnRuns, OthersReadWhileAWriteOwnsTheExecutorAndWriteWhenItIsDone) {
  const SessionId owner = OwnTheExecutor();
  const SessionId writer = server_->Connect();
  const SessionId second = server_->Connect();
  server_->SendCommand(writer, {"SET", "new", "1"});
  server_->SendCommand(second, {"INCR", "new"});
  EXPECT_EQ(server_->pipeline().Find(writer)->hold, Hold::kExecutor);
  EXPECT_EQ(server_->Ask({"EXISTS", "new", "copy"}), ":0\r\n");
  server_->RunForMs(100'000);
  EXPECT_EQ(server_->Receive(owner), ":1\r\n");
  EXPECT_EQ(server_->Receive(writer), "+OK\r\n");
  EXPECT_EQ(server_->Receive(second), ":2\r\n") << "in the order in which they came";
}

TEST_F(OwnRuns, AKeyDoesNotComeBackThatWasSeenExpiredMeanwhile) {
  ASSERT_EQ(Ask({"SET", "short", "v", "PX", "60000"}), "+OK\r\n");
  const SessionId owner = OwnTheExecutor();
  env_.StallReads(".sst", 100'000);
  env_.AdvanceMs(61'000);
  // The owner began while the key was there, and may still write to it.
  EXPECT_EQ(server_->Ask({"GET", "short"}), "$1\r\nv\r\n");
  server_->Tick();
  EXPECT_EQ(server_->Ask({"GET", "short"}), "$1\r\nv\r\n");
  env_.ClearFaults();
  server_->RunForMs(200'000);
  EXPECT_EQ(server_->Receive(owner), ":1\r\n");
  EXPECT_EQ(server_->Ask({"GET", "short"}), "$-1\r\n");
}

TEST_F(OwnRuns, AnOwnerThatIsClosedLeavesNothingBehind) {
  const SessionId owner = OwnTheExecutor();
  const SessionId writer = server_->Connect();
  server_->SendCommand(writer, {"SET", "new", "1"});
  server_->Disconnect(owner);
  server_->RunForMs(1000);
  EXPECT_EQ(server_->Receive(writer), "+OK\r\n");
  server_->RunForMs(10'000);
  EXPECT_EQ(Ask({"EXISTS", "copy"}), ":0\r\n");
}

TEST_F(OwnRuns, AServerThatEndsMeanwhileLosesOnlyWhatWasNotAnswered) {
  OwnTheExecutor();
  Start();
  EXPECT_EQ(Ask({"EXISTS", "h", "copy"}), ":1\r\n");
}

TEST_F(OwnRuns, AfterAStopTheOwnerDoesNotGoOn) {
  const SessionId owner = OwnTheExecutor();
  server_->pipeline().StopInput();
  server_->RunForMs(100'000);
  EXPECT_EQ(server_->Receive(owner), "");
  EXPECT_EQ(server_->keyspace().store().visible(), server_->keyspace().store().last_seq());
}

TEST_F(OwnRuns, AnOwnerThatTheDiskRefusesIsToldAsAnyWriteIs) {
  env_.StallReads(".sst", 50);
  const SessionId owner = server_->Connect();
  server_->Send(owner,
                Pipelined({{"MULTI"}, {"HSET", "h", "new", "v"}, {"HGETALL", "h"}, {"EXEC"}}));
  for (int i = 0; i < 10'000 && own_runs() == 0; ++i) server_->RunForMs(1);
  ASSERT_EQ(own_runs(), 1u);
  const SessionId writer = server_->Connect();
  server_->SendCommand(writer, {"DEL", "k001"});
  server_->keyspace().store().SetMaxDiskBytes(1);
  server_->RunForMs(100'000);
  const std::string reply = server_->Receive(owner);
  EXPECT_TRUE(
      reply.starts_with("+OK\r\n+QUEUED\r\n+QUEUED\r\n-EXECABORT Transaction discarded "
                        "because of: MISCONF"))
      << reply.substr(0, 200);
  EXPECT_EQ(server_->Receive(writer), ":1\r\n") << "the executor is free again";
  EXPECT_EQ(Ask({"HLEN", "h"}), Format(":{}\r\n", kFieldsOfHash));
}

TEST_F(OwnRuns, TheExecutorIsOwnedByOneAfterTheOther) {
  std::vector<SessionId> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(server_->Connect());
    server_->SendCommand(clients.back(), {"COPY", "h", Format("copy{}", i)});
  }
  server_->RunForMs(100'000);
  for (const SessionId client : clients) EXPECT_EQ(server_->Receive(client), ":1\r\n");
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(Ask({"HLEN", Format("copy{}", i)}), Format(":{}\r\n", kFieldsOfHash));
  }
}

}  // namespace
}  // namespace cordwood::pipeline

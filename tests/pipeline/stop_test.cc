// The end of a server: what ran is answered, and nothing more runs.

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

TEST(Stop, NothingRunsBehindShutdown) {
  support::SimEnv env(1);
  SimServer server(env, {});
  ASSERT_TRUE(server.Start());
  const SessionId client = server.Connect();
  const SessionId other = server.Connect();
  server.Send(client, "SET a 1\r\nSHUTDOWN\r\nSET b 1\r\nPING\r\n");
  EXPECT_FALSE(server.pipeline().WantsInput(client));
  EXPECT_FALSE(server.pipeline().WantsInput(other));
  const storage::Seq newest = server.keyspace().store().last_seq();
  for (int i = 0; i < 20; ++i) {
    server.Tick();
    server.Settle();
  }
  EXPECT_EQ(server.keyspace().store().last_seq(), newest);
  EXPECT_EQ(server.Receive(client), "+OK\r\n");
}

/// A server with keys that are in no cache.
class StopWhileHeld : public ::testing::Test {
 protected:
  void SetUp() override {
    server_.emplace(env_, TinyStoreOptions());
    ASSERT_TRUE(server_->Start());
    for (int i = 0; i < 600; ++i) {
      ASSERT_EQ(server_->Ask({"SET", "key:" + std::to_string(i), std::string(100, 'v')}),
                "+OK\r\n");
    }
    ASSERT_EQ(server_->Ask({"COMPACT"}), "+OK\r\n");
    server_->Settle();
    server_.emplace(env_, TinyStoreOptions());
    ASSERT_TRUE(server_->Start());
  }

  void StopAndSettle() {
    server_->pipeline().StopInput();
    const storage::Seq newest = server_->keyspace().store().last_seq();
    env_.ClearFaults();
    for (int i = 0; i < 50; ++i) {
      server_->Tick();
      server_->RunForMs(100);
    }
    EXPECT_EQ(server_->keyspace().store().last_seq(), newest);
  }

  support::SimEnv env_{1};
  std::optional<SimServer> server_;
};

TEST_F(StopWhileHeld, ACommandWhoseBlocksComeDoesNotRun) {
  env_.StallReads(".sst", 2000);
  const SessionId writer = server_->Connect();
  const SessionId reader = server_->Connect();
  server_->SendCommand(writer, {"APPEND", "key:300", "more"});
  server_->SendCommand(reader, {"GET", "key:100"});
  ASSERT_EQ(server_->pipeline().Find(writer)->hold, Hold::kBlocks);
  StopAndSettle();
  EXPECT_EQ(server_->Receive(writer), "");
  EXPECT_EQ(server_->Receive(reader), "");
}

TEST_F(StopWhileHeld, AWriteThatWaitsForRoomDoesNotRun) {
  env_.StallSyncs(".wal", 5000);
  const SessionId writer = server_->Connect();
  std::string writes;
  for (int i = 0; i < 400 && server_->pipeline().Find(writer)->hold != Hold::kAdmission; ++i) {
    server_->SendCommand(server_->Connect(), {"SET", "new", std::string(10'000, 'v')});
    if (server_->pipeline().WantsInput(writer)) {
      server_->SendCommand(writer, {"SET", "mine", std::string(10'000, 'v')});
    }
  }
  ASSERT_EQ(server_->pipeline().Find(writer)->hold, Hold::kAdmission);
  StopAndSettle();
}

}  // namespace
}  // namespace cordwood::pipeline

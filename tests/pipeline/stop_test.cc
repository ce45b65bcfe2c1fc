// The end of a server: what ran is answered, and nothing more runs.

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace cordwood::pipeline

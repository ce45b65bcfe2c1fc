// What clients see when the log fails and the server stays up.

#include <gtest/gtest.h>

#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

TEST(StoreFailure, NobodyWaitsForWhatCannotCome) {
  support::SimEnv env(1);
  SimServer server(env, {});
  ASSERT_TRUE(server.Start());
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(server.Ask({"HSET", "big", "field:" + std::to_string(i), "v"}), ":1\r\n");
  }
  const SessionId writer = server.Connect();
  const SessionId sliced = server.Connect();
  const SessionId reader = server.Connect();
  env.FailNext(support::SimOp::kSync, ".wal", ErrorCode::kIo, /*sticky=*/true);
  server.SendCommand(writer, {"SET", "k", "v"});
  server.Send(sliced, "SET x 1\r\nHGETALL big\r\nPING\r\n");
  server.Settle();
  EXPECT_EQ(server.Receive(writer), "");
  EXPECT_TRUE(server.Closed(writer));
  EXPECT_EQ(server.Receive(sliced), "");
  EXPECT_TRUE(server.Closed(sliced));
  server.SendCommand(reader, {"HLEN", "big"});
  EXPECT_EQ(server.Receive(reader), ":1000\r\n");
  server.SendCommand(reader, {"SET", "k", "v"});
  EXPECT_TRUE(server.Receive(reader).starts_with("-MISCONF"));
  server.SendCommand(reader, {"HLEN", "big"});
  EXPECT_EQ(server.Receive(reader), ":1000\r\n");
}

}  // namespace
}  // namespace cordwood::pipeline

// Nobody keeps the loop to himself: long pipelines go on behind other connections.

#include <gtest/gtest.h>

#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

class Turns : public ::testing::Test {
 protected:
  Turns() : env_(1), server_(env_, {}) {}
  void SetUp() override { ASSERT_TRUE(server_.Start()); }

  // Puts bytes into the parser in one piece, and runs what one pass runs of them.
  void Deliver(SessionId id, const std::string& bytes) {
    const std::span<char> room = server_.pipeline().InputSpan(id, bytes.size());
    std::copy(bytes.begin(), bytes.end(), room.begin());
    server_.pipeline().Received(id, bytes.size());
  }
  static std::string Repeated(std::string_view text, int count) {
    std::string all;
    for (int i = 0; i < count; ++i) all += text;
    return all;
  }

  support::SimEnv env_;
  SimServer server_;
};

TEST_F(Turns, ALongPipelineGoesOnBehindOthers) {
  const SessionId first = server_.Connect();
  const SessionId second = server_.Connect();
  constexpr int kCommands = 20'000;
  Deliver(first, Repeated("PING\r\n", kCommands));
  EXPECT_TRUE(server_.pipeline().WantsTurn());
  EXPECT_FALSE(server_.pipeline().WantsInput(first));
  EXPECT_LT(server_.pipeline().ReadyOutput(first).size(), 7u * kCommands);
  server_.SendCommand(second, {"PING"});
  EXPECT_EQ(server_.Receive(second), "+PONG\r\n");
  EXPECT_TRUE(server_.pipeline().WantsTurn());
  server_.Settle();
  EXPECT_EQ(server_.Receive(first), Repeated("+PONG\r\n", kCommands));
  EXPECT_TRUE(server_.pipeline().WantsInput(first));
}

TEST_F(Turns, OneThatIsReadAsFastAsItIsSentToWaitsForItsTurn) {
  const std::string value(100 << 10, 'v');
  ASSERT_EQ(server_.Ask({"SET", "big", value}), "+OK\r\n");
  const SessionId client = server_.Connect();
  Deliver(client, Repeated("GET big\r\n", 100));
  server_.pipeline().EndPass();
  // All that a loop of sends gets at is what is ready now.
  size_t sent = 0;
  while (!server_.pipeline().ReadyOutput(client).empty()) {
    const size_t size = server_.pipeline().ReadyOutput(client).size();
    server_.pipeline().Sent(client, size);
    sent += size;
  }
  EXPECT_LT(sent, 20 * value.size());
  server_.Settle();
  EXPECT_GT(server_.Receive(client).size(), 80 * value.size());
}

TEST_F(Turns, ExpiryGoesOnUntilNothingIsDue) {
  const SessionId client = server_.Connect();
  std::string requests;
  for (int i = 0; i < 5000; ++i) requests += "SET key:" + std::to_string(i) + " v PX 100\r\n";
  server_.Send(client, requests);
  server_.Settle();
  env_.AdvanceMs(200);
  server_.Tick();  // one, and what follows of it
  server_.Settle();
  EXPECT_EQ(server_.Info()["expired_keys"], "5000");
  EXPECT_FALSE(server_.pipeline().WantsTurn());
}

}  // namespace
}  // namespace cordwood::pipeline

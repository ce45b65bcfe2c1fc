// Nobody keeps the loop to himself: long pipelines go on behind other connections.

#include <gtest/gtest.h>

#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

std::string Repeated(std::string_view text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

class Turns : public ::testing::Test {
 protected:
  Turns() : env_(1), server_(env_, {}) {}
  void SetUp() override {
    server_.config().enable_debug_command = config::AllowedFrom::kEverywhere;
    server_.facts().pause = [this](uint64_t ms) { env_.AdvanceMs(ms); };
    ASSERT_TRUE(server_.Start());
  }

  // Puts bytes into the parser in one piece, and runs what one pass runs of them.
  void Deliver(SessionId id, const std::string& bytes) {
    const std::span<char> room = server_.pipeline().InputSpan(id, bytes.size());
    std::copy(bytes.begin(), bytes.end(), room.begin());
    server_.pipeline().Received(id, bytes.size());
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

TEST_F(Turns, CommandsThatTakeLongHaveATurnEach) {
  constexpr int kCommands = 64;
  constexpr uint64_t kTakesNs = 2'000'000;
  const SessionId quick = server_.Connect();
  server_.Send(quick, Repeated("PING\r\n", 1000));
  server_.Settle();
  const SessionId slow = server_.Connect();
  Deliver(slow, Repeated("DEBUG SLEEP 0.002\r\n", kCommands));
  int turns = 0;
  for (; server_.pipeline().WantsTurn(); ++turns) {
    const uint64_t begin_ns = env_.MonotonicNs();
    server_.pipeline().Turn();
    EXPECT_LE(env_.MonotonicNs() - begin_ns, kTakesNs);
  }
  EXPECT_GE(turns, kCommands - 16) << "after quick ones the clock is not looked at more often";
  server_.Settle();
  EXPECT_EQ(server_.Receive(slow), Repeated("+OK\r\n", kCommands));
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

/// Looks at the clock take time: what stops after a while does so after a known number of them.
class TimedTurns : public ::testing::Test {
 protected:
  static constexpr uint64_t kClockNs = 50'000;
  static constexpr int kKeys = 5000;

  TimedTurns() : env_({.clock_ns = kClockNs}), server_(env_, {}) {}
  void SetUp() override {
    ASSERT_TRUE(server_.Start());
    server_.config().active_expire_effort = 10;
    const SessionId client = server_.Connect();
    std::string requests;
    for (int i = 0; i < kKeys; ++i) requests += "SET key:" + std::to_string(i) + " v PX 600000\r\n";
    server_.Send(client, requests);
    server_.Settle();
    ASSERT_EQ(server_.Receive(client), Repeated("+OK\r\n", kKeys));
    env_.AdvanceMs(600'000);
  }
  uint64_t Expired() { return server_.keyspace().stats().expired_keys; }

  support::SimEnv env_;
  SimServer server_;
};

TEST_F(TimedTurns, AStepOfExpiryEndsWhenItTookAMillisecond) {
  for (uint64_t before = 0; before < 1000; before = Expired()) {
    const uint64_t begin_ns = env_.MonotonicNs();
    if (before == 0) {
      server_.pipeline().Tick();
    } else {
      server_.pipeline().Turn();
    }
    EXPECT_GT(Expired(), before);
    EXPECT_LT(Expired(), before + 500) << "as many as effort 10 allows would take longer";
    EXPECT_LT(env_.MonotonicNs() - begin_ns, 1'600'000u);  // each look at the clock counts
    EXPECT_TRUE(server_.pipeline().WantsTurn()) << "it goes on behind others";
  }
  server_.Settle();
  EXPECT_EQ(Expired(), static_cast<uint64_t>(kKeys));
  EXPECT_FALSE(server_.pipeline().WantsTurn());
}

}  // namespace
}  // namespace cordwood::pipeline

// Writers that are held back, from bytes to bytes.

#include <gtest/gtest.h>

#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

class PacedWriters : public ::testing::Test {
 protected:
  PacedWriters() : env_(1), server_(env_, TinyStoreOptions()) {}
  void SetUp() override { ASSERT_TRUE(server_.Start()); }

  // Virtual milliseconds until it is answered.
  uint64_t MillisecondsFor(const std::vector<std::string_view>& argv, std::string_view reply) {
    const uint64_t start = env_.MonotonicNs();
    EXPECT_EQ(server_.Ask(argv), reply);
    return (env_.MonotonicNs() - start) / 1'000'000;
  }

  // Two values that fill all memtables, while nothing can be flushed.
  // Returns how many are held now.
  uint64_t HoldWriters() {
    env_.StallSyncs(".wal", 500);
    const std::string huge(4 << 20, 'v');
    const SessionId client = server_.Connect();
    server_.SendCommand(client, {"SET", "huge", huge});
    server_.SendCommand(client, {"SET", "huge", huge});
    return server_.pipeline().stats().held_for_admission;
  }
  void LetWritersGoOn() {
    for (int i = 0; i < 50; ++i) {
      server_.Tick();
      server_.Settle();
    }
  }

  support::SimEnv env_;
  SimServer server_;
};

TEST_F(PacedWriters, AHugeValueIsNotPaidForByThoseBehindIt) {
  const std::string huge(4 << 20, 'v');  // some hundred memtables
  EXPECT_EQ(server_.Ask({"SET", "huge", huge}), "+OK\r\n");
  EXPECT_LT(MillisecondsFor({"SET", "a", "1"}, "+OK\r\n"), 1100u);
  server_.Settle();
  EXPECT_EQ(server_.Ask({"SET", "huge", huge}), "+OK\r\n");
  server_.Settle();  // flushed
  EXPECT_LT(MillisecondsFor({"SET", "a", "2"}, "+OK\r\n"), 100u);
}

TEST_F(PacedWriters, WritersGoOnInTheOrderInWhichTheyCame) {
  const uint64_t held_before = HoldWriters();
  const SessionId pipelined = server_.Connect();
  const SessionId second = server_.Connect();
  server_.Send(pipelined, "APPEND order a\r\nAPPEND order b\r\nAPPEND order c\r\n");
  server_.SendCommand(second, {"APPEND", "order", "x"});
  EXPECT_EQ(server_.pipeline().stats().held_for_admission, held_before + 2);
  LetWritersGoOn();
  EXPECT_EQ(server_.Receive(pipelined), ":1\r\n:3\r\n:4\r\n");
  EXPECT_EQ(server_.Receive(second), ":2\r\n");
  EXPECT_EQ(server_.Ask({"GET", "order"}), "$4\r\naxbc\r\n");
}

TEST_F(PacedWriters, ANewcomerStandsBehindThoseWhoAreHeld) {
  const uint64_t held_before = HoldWriters();
  const SessionId held = server_.Connect();
  const SessionId newcomer = server_.Connect();
  server_.SendCommand(held, {"APPEND", "order", "a"});
  EXPECT_EQ(server_.pipeline().stats().held_for_admission, held_before + 1);
  env_.AdvanceMs(2000);
  // Its time has come, and nothing has looked yet.
  const std::string request = "APPEND order x\r\n";
  const std::span<char> room = server_.pipeline().InputSpan(newcomer, request.size());
  std::copy(request.begin(), request.end(), room.begin());
  server_.pipeline().Received(newcomer, request.size());
  LetWritersGoOn();
  EXPECT_EQ(server_.Receive(held), ":1\r\n");
  EXPECT_EQ(server_.Receive(newcomer), ":2\r\n");
}

}  // namespace
}  // namespace cordwood::pipeline

// CLIENT PAUSE: whose commands are held, and what else stands still.

#include <gtest/gtest.h>

#include "base/format.h"
#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

using Words = std::vector<std::string_view>;

class ClientPause : public ::testing::Test {
 protected:
  ClientPause() : env_(1), server_(env_, TinyStoreOptions()) {}
  void SetUp() override {
    ASSERT_TRUE(server_.Start());
    a_ = server_.Connect();
    b_ = server_.Connect();
  }
  // No time passes but what the disk takes.
  std::string Run(SessionId id, const Words& argv) {
    server_.SendCommand(id, argv);
    server_.Settle();
    return server_.Receive(id);
  }
  void Pause(std::string_view ms, std::string_view mode) {
    ASSERT_EQ(Run(a_, {"CLIENT", "PAUSE", ms, mode}), "+OK\r\n");
  }
  std::string Later(SessionId id, uint64_t ms) {
    server_.RunForMs(ms);
    return server_.Receive(id);
  }

  support::SimEnv env_;
  SimServer server_;
  SessionId a_ = 0;
  SessionId b_ = 0;
};

TEST_F(ClientPause, HoldsWritesUntilItIsOver) {
  Pause("1000", "WRITE");
  EXPECT_EQ(Run(b_, {"SET", "k", "v"}), "");
  EXPECT_EQ(Run(a_, {"GET", "k"}), "$-1\r\n");
  EXPECT_EQ(server_.InfoNumber("blocked_clients"), 1);
  EXPECT_EQ(Later(b_, 900), "");
  EXPECT_EQ(Later(b_, 200), "+OK\r\n");
  EXPECT_EQ(Run(a_, {"GET", "k"}), "$1\r\nv\r\n");
  EXPECT_EQ(server_.InfoNumber("blocked_clients"), 0);
}

TEST_F(ClientPause, EndsWhenTold) {
  Pause("100000", "WRITE");
  EXPECT_EQ(Run(b_, {"SET", "k", "v"}), "");
  const std::string line = Run(a_, {"CLIENT", "LIST", "ID", Format("{}", b_)});
  EXPECT_NE(line.find(" flags=b "), std::string::npos) << line;
  EXPECT_EQ(Run(a_, {"CLIENT", "UNBLOCK", Format("{}", b_)}), ":0\r\n");
  EXPECT_EQ(Run(a_, {"CLIENT", "UNPAUSE"}), "+OK\r\n");
  EXPECT_EQ(server_.Receive(b_), "+OK\r\n");
  EXPECT_EQ(Run(b_, {"SET", "k", "w"}), "+OK\r\n");
}

TEST_F(ClientPause, OfAllHoldsEverybody) {
  Pause("1000", "ALL");
  EXPECT_EQ(Run(a_, {"PING"}), "");
  EXPECT_EQ(Run(b_, {"GET", "k"}), "");
  EXPECT_EQ(Later(a_, 1100), "+PONG\r\n");
  EXPECT_EQ(server_.Receive(b_), "$-1\r\n");
}

TEST_F(ClientPause, GoesOnForTheLongerAndTheStricter) {
  Pause("500", "WRITE");
  Pause("100", "ALL");
  EXPECT_EQ(Run(b_, {"PING"}), "");
  EXPECT_EQ(Later(b_, 300), "");
  EXPECT_EQ(Later(b_, 300), "+PONG\r\n");
}

TEST_F(ClientPause, RefusesAtOnceWhatCannotRun) {
  Pause("1000", "ALL");
  EXPECT_EQ(Run(b_, {"SET", "k"}), "-ERR wrong number of arguments for 'set' command\r\n");
}

TEST_F(ClientPause, LetsGoInTheOrderOfComing) {
  const SessionId c = server_.Connect();
  Pause("1000", "WRITE");
  server_.Send(b_, Pipelined({{"APPEND", "k", "b1"}, {"APPEND", "k", "b2"}}));
  server_.Send(c, Pipelined({{"GET", "k"}, {"APPEND", "k", "c"}}));
  server_.Settle();
  EXPECT_EQ(server_.Receive(c), "$-1\r\n");
  EXPECT_EQ(Later(b_, 1100), ":2\r\n:4\r\n");
  EXPECT_EQ(server_.Receive(c), ":5\r\n");
  EXPECT_EQ(Run(a_, {"GET", "k"}), "$5\r\nb1b2c\r\n");
}

TEST_F(ClientPause, HoldsWhatIsQueuedAndExecOfWrites) {
  EXPECT_EQ(Run(b_, {"MULTI"}), "+OK\r\n");
  EXPECT_EQ(Run(b_, {"SET", "k", "v"}), "+QUEUED\r\n");
  Pause("1000", "WRITE");
  EXPECT_EQ(Run(b_, {"EXEC"}), "");
  EXPECT_EQ(Run(a_, {"MULTI"}), "+OK\r\n");
  EXPECT_EQ(Run(a_, {"GET", "k"}), "+QUEUED\r\n");
  EXPECT_EQ(Run(a_, {"EXEC"}), "*1\r\n$-1\r\n");
  EXPECT_EQ(Later(b_, 1100), "*1\r\n+OK\r\n");
}

TEST_F(ClientPause, BeginsBehindTheTransactionThatHasIt) {
  EXPECT_EQ(Run(a_, {"MULTI"}), "+OK\r\n");
  EXPECT_EQ(Run(a_, {"SET", "k", "1"}), "+QUEUED\r\n");
  EXPECT_EQ(Run(a_, {"CLIENT", "PAUSE", "1000", "WRITE"}), "+QUEUED\r\n");
  EXPECT_EQ(Run(a_, {"SET", "l", "1"}), "+QUEUED\r\n");
  EXPECT_EQ(Run(a_, {"EXEC"}), "*3\r\n+OK\r\n+OK\r\n+OK\r\n");
  EXPECT_EQ(Run(b_, {"SET", "k", "2"}), "");
  EXPECT_EQ(Run(a_, {"MGET", "k", "l"}), "*2\r\n$1\r\n1\r\n$1\r\n1\r\n");
}

TEST_F(ClientPause, RemovesNothingThatExpires) {
  ASSERT_EQ(Run(a_, {"SET", "k", "v", "PX", "100"}), "+OK\r\n");
  Pause("5000", "WRITE");
  server_.RunForMs(1000);
  server_.Tick();
  EXPECT_EQ(Run(a_, {"GET", "k"}), "$-1\r\n");
  EXPECT_EQ(server_.InfoNumber("expired_keys"), 0);
  EXPECT_EQ(Run(a_, {"DBSIZE"}), ":1\r\n");
  EXPECT_EQ(Run(a_, {"CLIENT", "UNPAUSE"}), "+OK\r\n");
  server_.Tick();
  EXPECT_EQ(server_.InfoNumber("expired_keys"), 1);
}

TEST_F(ClientPause, ServesNoWaiterButEndsItsTime) {
  const SessionId c = server_.Connect();
  EXPECT_EQ(Run(b_, {"BLPOP", "l", "0"}), "");
  EXPECT_EQ(Run(c, {"BLPOP", "other", "0.3"}), "");
  Pause("1000", "WRITE");
  const SessionId d = server_.Connect();
  EXPECT_EQ(Run(d, {"RPUSH", "l", "x"}), "");
  EXPECT_EQ(Later(c, 400), "*-1\r\n");
  EXPECT_EQ(server_.Receive(b_), "");
  EXPECT_EQ(Later(d, 700), ":1\r\n");
  EXPECT_EQ(server_.Receive(b_), "*2\r\n$1\r\nl\r\n$1\r\nx\r\n");
}

TEST_F(ClientPause, KeepsTheArgumentsOfWhoIsToGoOn) {
  Pause("3000", "WRITE");
  EXPECT_EQ(Run(b_, {"SET", "k", "v"}), "");
  env_.AdvanceMs(3100);
  server_.pipeline().EndPass();  // it is over, and nobody had a turn yet
  server_.pipeline().Tick();     // buffers of who is idle are given back
  server_.Settle();
  EXPECT_EQ(server_.Receive(b_), "+OK\r\n");
}

TEST_F(ClientPause, ForgetsWhoIsGone) {
  Pause("1000", "WRITE");
  EXPECT_EQ(Run(b_, {"SET", "k", "v"}), "");
  EXPECT_EQ(server_.InfoNumber("blocked_clients"), 1);
  server_.Disconnect(b_);
  EXPECT_EQ(server_.InfoNumber("blocked_clients"), 0);
  server_.RunForMs(1100);
  EXPECT_EQ(Run(a_, {"GET", "k"}), "$-1\r\n");
}

}  // namespace
}  // namespace cordwood::pipeline

// The commands of a connection run strictly in order: one that cannot run yet holds back those
// behind it, and nobody else.

#include <gtest/gtest.h>

#include "base/format.h"
#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

class CommandOrder : public ::testing::Test {
 protected:
  CommandOrder() : env_(1), server_(std::make_unique<SimServer>(env_, TinyStoreOptions())) {}

  // A key that is in a table and not in the cache.
  void SetUp() override {
    ASSERT_TRUE(server_->Start());
    ASSERT_EQ(server_->Ask({"SET", "cold", "1"}), "+OK\r\n");
    ASSERT_EQ(server_->Ask({"COMPACT"}), "+OK\r\n");
    server_->Settle();
    server_ = nullptr;
    server_ = std::make_unique<SimServer>(env_, TinyStoreOptions());
    ASSERT_TRUE(server_->Start());
    client_ = server_->Connect();
    other_ = server_->Connect();
    env_.StallReads(".sst", 2000);
  }

  std::string AskOther(const std::vector<std::string_view>& argv) {
    server_->SendCommand(other_, argv);
    server_->Settle();
    return server_->Receive(other_);
  }

  support::SimEnv env_;
  std::unique_ptr<SimServer> server_;
  SessionId client_ = 0;
  SessionId other_ = 0;
};

TEST_F(CommandOrder, AColdReadHoldsBackWhatIsBehindIt) {
  server_->Send(
      client_,
      Pipelined({{"GET", "cold"}, {"SET", "x", "mine"}, {"GET", "x"}, {"NOSUCH"}, {"PING"}}));
  server_->Settle();
  EXPECT_EQ(server_->Receive(client_), "");
  EXPECT_FALSE(server_->pipeline().WantsInput(client_)) << "nothing more is taken in";
  EXPECT_EQ(AskOther({"GET", "x"}), "$-1\r\n") << "it has not run";
  EXPECT_EQ(AskOther({"SET", "x", "theirs"}), "+OK\r\n");
  EXPECT_EQ(AskOther({"GET", "x"}), "$6\r\ntheirs\r\n");
  server_->RunForMs(10'000);
  const std::string replies = server_->Receive(client_);
  EXPECT_TRUE(replies.starts_with("$1\r\n1\r\n+OK\r\n$4\r\nmine\r\n-ERR unknown command"))
      << replies;
  EXPECT_TRUE(replies.ends_with("+PONG\r\n")) << replies;
  EXPECT_EQ(AskOther({"GET", "x"}), "$4\r\nmine\r\n");
}

TEST_F(CommandOrder, AColdWriteHoldsBackWhatIsBehindIt) {
  server_->Send(client_, Pipelined({{"SET", "x", "1"}, {"INCR", "cold"}, {"INCR", "x"}}));
  server_->Settle();
  EXPECT_EQ(server_->Receive(client_), "+OK\r\n");
  EXPECT_EQ(AskOther({"INCR", "x"}), ":2\r\n");
  server_->RunForMs(10'000);
  EXPECT_EQ(server_->Receive(client_), ":2\r\n:3\r\n");
}

// What arrived is kept as it came, however many bytes the held command is followed by.
TEST_F(CommandOrder, ManyCommandsBehindAHeldOneAllRun) {
  std::string bytes = Pipelined({{"GET", "cold"}});
  std::string expected = "$1\r\n1\r\n";
  for (int i = 1; i <= 2000; ++i) {
    bytes += Pipelined({{"INCR", "count"}});
    expected += Format(":{}\r\n", i);
  }
  server_->Send(client_, bytes);  // it lets time pass: a held session takes nothing in
  server_->RunForMs(10);
  EXPECT_EQ(server_->Receive(client_), expected);
}

TEST_F(CommandOrder, AHeldCommandDiesWithItsConnection) {
  server_->Send(client_, Pipelined({{"GET", "cold"}, {"SET", "x", "mine"}}));
  server_->Settle();
  server_->Disconnect(client_);
  server_->RunForMs(10'000);
  EXPECT_EQ(AskOther({"GET", "x"}), "$-1\r\n");
}

}  // namespace
}  // namespace cordwood::pipeline

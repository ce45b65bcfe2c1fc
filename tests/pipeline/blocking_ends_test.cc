// How a wait ends without what it was for: its time is over, CLIENT UNBLOCK, the client goes or is
// killed, the server stops. And what is told of those who wait.

#include "tests/pipeline/blocking_fixture.h"

namespace cordwood::pipeline {
namespace {

class BlockingEnds : public BlockingFixture {};

std::string IdText(SessionId id) { return Format("{}", id); }

TEST_F(BlockingEnds, WaitWithoutReplicas) {
  EXPECT_EQ(Ask(a_, {"WAIT", "0", "1000"}), ":0\r\n");
  EXPECT_EQ(Ask(a_, {"WAIT", "1", "100"}), "");
  EXPECT_EQ(After(99, a_), "");
  EXPECT_EQ(After(2, a_), ":0\r\n");
  EXPECT_EQ(Ask(a_, {"WAIT", "1", "0"}), "");
  EXPECT_EQ(After(100'000, a_), "");
  EXPECT_EQ(Ask(b_, {"CLIENT", "UNBLOCK", IdText(a_)}), ":1\r\n");
  EXPECT_EQ(Got(a_), ":0\r\n");
  EXPECT_EQ(Ask(b_, {"CLIENT", "UNBLOCK", IdText(a_)}), ":0\r\n");
  ExpectNoTrace();
}

// What stands behind a waiting command runs once that has ended, and not before.
TEST_F(BlockingEnds, HoldBackWhatIsBehind) {
  server_->Send(a_, Pipelined({{"WAIT", "1", "50"}, {"SET", "k", "v"}, {"PING"}}));
  EXPECT_EQ(Got(a_), "");
  EXPECT_EQ(Ask(b_, {"EXISTS", "k"}), ":0\r\n");
  EXPECT_EQ(After(60, a_), ":0\r\n+OK\r\n+PONG\r\n");
}

TEST_F(BlockingEnds, WithAnErrorIfThatIsAskedFor) {
  Ask(a_, {"WAIT", "1", "0"});
  EXPECT_EQ(Ask(b_, {"CLIENT", "UNBLOCK", IdText(a_), "ERROR"}), ":1\r\n");
  EXPECT_EQ(Got(a_), "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n");
  EXPECT_EQ(Ask(a_, {"PING"}), "+PONG\r\n");
}

TEST_F(BlockingEnds, LateDeadlinesAreForEver) {
  for (const std::string_view timeout : {"0", "9000000000000000000"}) {
    EXPECT_EQ(Ask(a_, {"WAIT", "1", timeout}), "");
    EXPECT_EQ(After(100'000, a_), "");
    Ask(b_, {"CLIENT", "UNBLOCK", IdText(a_)});
    EXPECT_EQ(Got(a_), ":0\r\n");
  }
}

TEST_F(BlockingEnds, AreToldInTheirOrderOfTime) {
  EXPECT_EQ(Ask(a_, {"WAIT", "1", "30"}), "");
  EXPECT_EQ(Ask(b_, {"WAIT", "1", "10"}), "");
  EXPECT_EQ(Ask(c_, {"WAIT", "1", "20"}), "");
  EXPECT_EQ(blocked().timeouts(), 3u);
  EXPECT_EQ(After(11, b_), ":0\r\n");
  EXPECT_EQ(Got(c_), "");
  EXPECT_EQ(After(10, c_), ":0\r\n");
  EXPECT_EQ(Got(a_), "");
  EXPECT_EQ(After(10, a_), ":0\r\n");
}

TEST_F(BlockingEnds, TheLoopIsWokenForTheFirstDeadline) {
  EXPECT_EQ(server_->pipeline().WakeNs(), std::nullopt);
  const uint64_t now_ns = env_.MonotonicNs();
  Ask(a_, {"WAIT", "1", "30"});
  ASSERT_TRUE(server_->pipeline().WakeNs());
  EXPECT_GE(*server_->pipeline().WakeNs(), now_ns + 30'000'000);
  EXPECT_LE(*server_->pipeline().WakeNs(), env_.MonotonicNs() + 30'000'000);
}

// --- clients that go ---

TEST_F(BlockingEnds, AClientThatGoesLeavesNoTrace) {
  Ask(a_, {"WAIT", "1", "1000"});
  server_->Disconnect(a_);
  ExpectNoTrace();
  server_->RunForMs(2000);
}

// The peer that has sent all may be gone altogether, and Redis closes it.
TEST_F(BlockingEnds, AClientThatSendsNoMoreIsClosed) {
  Ask(a_, {"WAIT", "1", "0"});
  EXPECT_TRUE(server_->pipeline().WantsInput(a_)) << "its end is noticed";
  server_->pipeline().InputEnded(a_);
  server_->Settle();
  EXPECT_TRUE(server_->Closed(a_));
  ExpectNoTrace();
}

TEST_F(BlockingEnds, SoIsOneThatComesToWaitAfterIt) {
  server_->Deliver(a_, Pipelined({{"SET", "k", "v"}}));
  server_->pipeline().InputEnded(a_);
  server_->Send(b_, Pipelined({{"WAIT", "1", "0"}}));
  EXPECT_EQ(Got(a_), "+OK\r\n") << "the replies to what it sent";
  EXPECT_TRUE(server_->Closed(a_));
  EXPECT_TRUE(Waits(b_));
}

TEST_F(BlockingEnds, LittleIsReadOfOneThatWaits) {
  Ask(a_, {"WAIT", "1", "0"});
  const std::string bytes(4096, 'x');
  size_t read = 0;
  while (server_->pipeline().WantsInput(a_) && read < (1 << 20)) {
    const std::span<char> room = server_->pipeline().InputSpan(a_, bytes.size());
    std::copy_n(bytes.data(), bytes.size(), room.data());
    server_->pipeline().Received(a_, bytes.size());
    read += bytes.size();
  }
  EXPECT_EQ(read, size_t{64} << 10);
}

TEST_F(BlockingEnds, AKilledClientLeavesNoTrace) {
  Ask(a_, {"WAIT", "1", "1000"});
  EXPECT_EQ(Ask(b_, {"CLIENT", "KILL", "ID", IdText(a_)}), ":1\r\n");
  EXPECT_TRUE(server_->Closed(a_));
  ExpectNoTrace();
}

TEST_F(BlockingEnds, WaitingIsNotIdling) {
  Ask(b_, {"CONFIG", "SET", "timeout", "1"});
  Ask(a_, {"WAIT", "1", "0"});
  for (int i = 0; i < 50; ++i) server_->Tick();
  EXPECT_FALSE(server_->Closed(a_));
  EXPECT_TRUE(Waits(a_));
}

TEST_F(BlockingEnds, TheServerStopsWithoutThem) {
  Ask(a_, {"WAIT", "1", "0"});
  server_->Send(b_, Pipelined({{"SHUTDOWN"}}));
  server_->Settle();
  EXPECT_EQ(server_->Receive(a_), "");
  EXPECT_FALSE(server_->pipeline().WantsInput(a_));
}

// --- what is told ---

TEST_F(BlockingEnds, InfoAndClientListTellOfThem) {
  Ask(a_, {"WAIT", "1", "1000"});
  EXPECT_EQ(server_->InfoNumber("blocked_clients"), 1);
  EXPECT_EQ(server_->InfoNumber("clients_in_timeout_table"), 1);
  EXPECT_EQ(server_->InfoNumber("total_blocking_keys"), 0);
  EXPECT_EQ(server_->InfoNumber("total_blocking_keys_on_nokey"), 0);
  const std::string line = Ask(b_, {"CLIENT", "LIST", "ID", IdText(a_)});
  EXPECT_NE(line.find(" flags=b "), std::string::npos) << line;
  EXPECT_NE(line.find(" cmd=wait "), std::string::npos) << line;
  server_->RunForMs(1001);
  EXPECT_EQ(server_->InfoNumber("blocked_clients"), 0);
  EXPECT_EQ(server_->Info()["cmdstat_wait"],
            "calls=1,usec=0,usec_per_call=0.00,rejected_calls=0,failed_calls=0");
}

// --- the log ---

TEST_F(BlockingEnds, WaitaofEndsWhenTheLogIsSynced) {
  config::Config config;
  config.appendfsync = config::AppendFsync::kEverySecond;
  Start(config);
  a_ = server_->Connect();
  EXPECT_EQ(Ask(a_, {"WAITAOF", "1", "0", "0"}), "*2\r\n:1\r\n:0\r\n") << "it wrote nothing";
  env_.StallSyncs(".wal", 5000);
  EXPECT_EQ(Ask(a_, {"SET", "k", "v"}), "+OK\r\n");
  EXPECT_EQ(Ask(a_, {"WAITAOF", "0", "0", "0"}), "*2\r\n:0\r\n:0\r\n");
  EXPECT_EQ(Ask(a_, {"WAITAOF", "1", "0", "100"}), "");
  EXPECT_EQ(After(101, a_), "*2\r\n:0\r\n:0\r\n") << "its time is over";
  EXPECT_EQ(Ask(a_, {"WAITAOF", "1", "0", "0"}), "");
  EXPECT_EQ(After(1000, a_), "");
  for (int ticks = 0; ticks < 150; ++ticks) {
    server_->Tick();
    server_->Settle();
  }
  EXPECT_EQ(Got(a_), "*2\r\n:1\r\n:0\r\n");
  EXPECT_EQ(Ask(a_, {"WAITAOF", "1", "1", "50"}), "");
  EXPECT_EQ(After(51, a_), "*2\r\n:1\r\n:0\r\n");
  ExpectNoTrace();
}

}  // namespace
}  // namespace cordwood::pipeline

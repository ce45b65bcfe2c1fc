// Sequences over sorted sets that drafts of the encoding got wrong: at the newest state and at D
// with the log stalled, after COMPACT, and after a restart by kill; and walks beside deletions.

#include <gtest/gtest.h>

#include "base/format.h"
#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

using Words = std::vector<std::string_view>;

config::Config SortedSetsInElements() {
  config::Config config;
  config.collection_max_inline_bytes = 0;
  return config;
}

std::string BulksReply(const std::vector<std::string>& texts) {
  std::string reply = Format("*{}\r\n", texts.size());
  for (const std::string& text : texts) AppendFormat(reply, "${}\r\n{}\r\n", text.size(), text);
  return reply;
}

class SortedSetWalks : public ::testing::Test {
 protected:
  SortedSetWalks() : env_(std::make_unique<support::SimEnv>(1)) { Start(); }

  void Start() {
    server_.reset();
    server_ = std::make_unique<SimServer>(*env_, TinyStoreOptions(), SortedSetsInElements());
    ASSERT_TRUE(server_->Start());
  }
  void KillAndStart() {
    std::unique_ptr<support::SimEnv> next = env_->Kill();
    server_.reset();
    env_ = std::move(next);
    Start();
  }
  std::string Ask(const Words& argv) {
    std::string reply = server_->Ask(argv);
    server_->Settle();
    return reply;
  }

  /// After `steps`, `probe` is answered with `reply`, wherever and whenever it is asked.
  void Shows(const std::vector<Words>& steps, const Words& probe, const std::string& reply) {
    const std::string before = Ask(probe);
    env_->StallSyncs(".wal", 2000);
    const SessionId writer = server_->Connect();
    for (const Words& step : steps) server_->SendCommand(writer, step);
    server_->SendCommand(writer, probe);
    EXPECT_EQ(Ask(probe), before) << "at D";
    server_->RunForMs(3000);
    EXPECT_TRUE(server_->Receive(writer).ends_with(reply)) << "the newest state";
    EXPECT_EQ(Ask(probe), reply) << "durable";
    Ask({"COMPACT"});
    server_->RunForMs(1000);
    EXPECT_EQ(Ask(probe), reply) << "merged";
    KillAndStart();
    EXPECT_EQ(Ask(probe), reply) << "after a kill";
  }

  std::unique_ptr<support::SimEnv> env_;
  std::unique_ptr<SimServer> server_;
};

// A hint that followed the pop must not lie inside of what comes below it without a new count.
TEST_F(SortedSetWalks, AMemberThatMovesBelowWhatWasPoppedIsFound) {
  Ask({"ZADD", "q", "5", "a", "7", "b"});
  Shows({{"ZPOPMIN", "q"}, {"ZADD", "q", "XX", "3", "b"}}, {"ZRANGE", "q", "0", "-1", "WITHSCORES"},
        BulksReply({"b", "3"}));
  EXPECT_EQ(Ask({"ZPOPMIN", "q"}), BulksReply({"b", "3"}));
  EXPECT_EQ(Ask({"EXISTS", "q"}), ":0\r\n");
}

TEST_F(SortedSetWalks, MinusZeroComesBackAsItWas) {
  Ask({"ZADD", "z", "-0", "a", "0", "b"});
  Shows({{"ZADD", "z", "-0", "c", "5", "d"}, {"ZADD", "z", "-0", "d"}},
        {"ZRANGE", "z", "0", "-1", "WITHSCORES"},
        BulksReply({"a", "-0", "b", "0", "c", "-0", "d", "-0"}));
}

TEST_F(SortedSetWalks, RemovedRangesStayGone) {
  for (int i = 0; i < 60; ++i) Ask({"ZADD", "z", Format("{}", i), Format("m{:02}", i)});
  Shows({{"ZREMRANGEBYSCORE", "z", "10", "(50"},
         {"ZREMRANGEBYRANK", "z", "0", "6"},
         {"ZADD", "z", "20", "m15"},
         {"ZREMRANGEBYSCORE", "z", "52", "+inf"}},
        {"ZRANGE", "z", "0", "-1", "WITHSCORES"},
        BulksReply({"m07", "7", "m08", "8", "m09", "9", "m15", "20", "m50", "50", "m51", "51"}));
}

// The newest state pops on while readers are at D: neither steps over all that was popped.
TEST_F(SortedSetWalks, AReadAtDBesideAPopLoopStepsOverFewEntries) {
  constexpr int kJobs = 1500;
  for (int i = 0; i < kJobs; ++i) Ask({"ZADD", "q", "1", Format("job{:05}", i)});
  for (int i = 0; i < 300; ++i) Ask({"ZPOPMIN", "q"});
  env_->StallSyncs(".wal", 2000);
  const SessionId writer = server_->Connect();
  for (int i = 0; i < 600; ++i) {
    server_->SendCommand(writer, {"ZPOPMIN", "q"});
    if (i % 50 == 0) {
      EXPECT_EQ(Ask({"ZRANGE", "q", "0", "0"}), BulksReply({"job00300"})) << i;
    }
  }
  server_->RunForMs(3000);
  EXPECT_EQ(Ask({"ZRANGE", "q", "0", "0"}), BulksReply({"job00900"}));
  EXPECT_EQ(Ask({"ZCARD", "q"}), Format(":{}\r\n", kJobs - 900));
}

TEST_F(SortedSetWalks, OneExecPopsAddsAndReads) {
  Ask({"ZADD", "z", "1", "a", "2", "b", "3", "c"});
  Shows({{"MULTI"},
         {"ZPOPMIN", "z", "2"},
         {"ZADD", "z", "0", "a", "4", "d"},
         {"ZREMRANGEBYSCORE", "z", "3", "3"},
         {"EXEC"}},
        {"ZRANGE", "z", "0", "-1", "WITHSCORES"}, BulksReply({"a", "0", "d", "4"}));
}

// Of many members most go: what stays is stored anew, beside other commands, and nothing of the
// rest is left.
TEST_F(SortedSetWalks, ALargeRemovalIsALongWrite) {
  std::vector<std::string> words = {"ZADD", "z"};
  constexpr int kMembers = 9000;
  for (int i = 0; i < kMembers; ++i) {
    words.push_back(Format("{}", i));
    words.push_back(Format("m{:05}", i));
  }
  EXPECT_EQ(Ask({words.begin(), words.end()}), Format(":{}\r\n", kMembers));
  const SessionId writer = server_->Connect();
  server_->SendCommand(writer, {"ZREMRANGEBYSCORE", "z", "10", "8989"});
  server_->RunForMs(3000);
  EXPECT_EQ(server_->Receive(writer), ":8980\r\n");
  EXPECT_EQ(Ask({"ZCARD", "z"}), ":20\r\n");
  EXPECT_EQ(Ask({"ZRANGE", "z", "9", "10"}), BulksReply({"m00009", "m08990"}));
  Ask({"COMPACT"});
  server_->RunForMs(1000);
  KillAndStart();
  EXPECT_EQ(Ask({"ZCARD", "z"}), ":20\r\n");
  EXPECT_EQ(Ask({"ZRANGE", "z", "9", "10"}), BulksReply({"m00009", "m08990"}));
  EXPECT_EQ(Ask({"DBSIZE"}), ":1\r\n");
}

}  // namespace
}  // namespace cordwood::pipeline

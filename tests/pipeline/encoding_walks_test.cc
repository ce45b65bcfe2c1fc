// Sequences over large hashes, transactions and gaps that drafts of the encoding got wrong: at the
// newest state and at D with the log stalled, after COMPACT, and after a restart.

#include <gtest/gtest.h>

#include <algorithm>

#include "base/format.h"
#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

constexpr int kFieldsBefore = 600;
constexpr int kFieldsLeft = 10;

config::Config Elements() {
  config::Config config;
  config.collection_max_inline_bytes = 0;
  return config;
}

class EncodingWalks : public ::testing::Test {
 protected:
  EncodingWalks() : env_(1) {}

  void SetUp() override {
    Start();
    std::vector<std::string> words = {"HSET", "h"};
    for (int i = 0; i < kFieldsBefore; ++i) {
      words.push_back(Field(i));
      words.push_back("v");
    }
    ASSERT_EQ(Tell({words.begin(), words.end()}), Format(":{}\r\n", kFieldsBefore));
  }

  void Start() {
    server_.reset();
    server_ = std::make_unique<SimServer>(env_, TinyStoreOptions(), Elements());
    ASSERT_TRUE(server_->Start());
    client_ = server_->Connect();
  }
  static std::string Field(int i) { return Format("field:{}", i); }
  std::string Tell(const std::vector<std::string_view>& argv) {
    server_->SendCommand(client_, argv);
    server_->Settle();
    for (int ticks = 0; server_->pipeline().Find(client_)->held() && ticks < 100; ++ticks) {
      server_->RunForMs(100);
    }
    return server_->Receive(client_);
  }
  /// Deletes all fields but the last few.
  std::vector<std::string> Shrink() const {
    std::vector<std::string> words = {"HDEL", "h"};
    for (int i = kFieldsLeft; i < kFieldsBefore; ++i) words.push_back(Field(i));
    return words;
  }
  std::string Compact() {
    std::string reply = server_->Ask({"COMPACT"});
    server_->RunForMs(1000);
    return reply;
  }
  static size_t CountOf(const std::string& reply) {
    return static_cast<size_t>(std::ranges::count(reply, '$'));
  }

  support::SimEnv env_;
  std::unique_ptr<SimServer> server_;
  SessionId client_ = 0;
};

TEST_F(EncodingWalks, AFieldThatIsSetInsideOfAGapIsThereOnceItIsDurable) {
  const std::vector<std::string> shrink = Shrink();
  Tell({shrink.begin(), shrink.end()});
  ASSERT_EQ(CountOf(Tell({"HGETALL", "h"})), 2u * kFieldsLeft);
  ASSERT_EQ(CountOf(Tell({"HGETALL", "h"})), 2u * kFieldsLeft);
  env_.StallSyncs(".wal", 2000);
  const SessionId writer = server_->Connect();
  server_->SendCommand(writer, {"HSET", "h", Field(300), "again"});
  // At D it is not there yet, and walks there must not learn that it never is.
  EXPECT_EQ(CountOf(Tell({"HGETALL", "h"})), 2u * kFieldsLeft);
  EXPECT_EQ(Tell({"HGET", "h", Field(300)}), "$-1\r\n");
  server_->RunForMs(3000);
  EXPECT_EQ(server_->Receive(writer), ":1\r\n");
  const auto is_there = [&] {
    return CountOf(Tell({"HGETALL", "h"})) == 2u * kFieldsLeft + 2 &&
           Tell({"HGET", "h", Field(300)}) == "$5\r\nagain\r\n";
  };
  EXPECT_TRUE(is_there());
  Compact();
  EXPECT_TRUE(is_there());
  std::unique_ptr<support::SimEnv> next = env_.Kill();
  server_.reset();
  SimServer again(*next, TinyStoreOptions(), Elements());
  ASSERT_TRUE(again.Start());
  EXPECT_EQ(CountOf(again.Ask({"HGETALL", "h"})), 2u * kFieldsLeft + 2);
}

// What EXEC deleted in runs that were undone was never deleted.
TEST_F(EncodingWalks, ADiscardedExecLeavesNoGapBehind) {
  for (int i = 0; i < 300; ++i) Tell({"SET", Format("k{:03}", i), std::string(300, 'v')});
  Compact();
  Start();
  const std::vector<std::string> shrink = Shrink();
  Tell({"MULTI"});
  Tell({shrink.begin(), shrink.end()});
  Tell({"HGETALL", "h"});
  Tell({"GET", "k150"});
  Tell({"SET", "new", "v"});
  server_->keyspace().store().SetMaxDiskBytes(1);
  server_->RunForMs(1000);
  const uint64_t reruns = server_->pipeline().stats().reruns;
  const std::string reply = Tell({"EXEC"});
  EXPECT_TRUE(reply.starts_with("-EXECABORT Transaction discarded because of: MISCONF")) << reply;
  server_->keyspace().store().SetMaxDiskBytes(0);
  server_->RunForMs(2000);
  EXPECT_GE(server_->pipeline().stats().reruns, reruns);
  EXPECT_EQ(CountOf(Tell({"HGETALL", "h"})), 2u * kFieldsBefore);
  EXPECT_EQ(CountOf(Tell({"HGETALL", "h"})), 2u * kFieldsBefore);
  EXPECT_EQ(Tell({"HLEN", "h"}), Format(":{}\r\n", kFieldsBefore));
}

TEST_F(EncodingWalks, AKeyThatIsDeletedAndMadeAnewInOneExecIsTheNewOne) {
  const std::vector<std::vector<std::string>> states = {
      {"MULTI"}, {"DEL", "h"}, {"HSET", "h", "a", "1"}, {"HLEN", "h"}, {"HGETALL", "h"}, {"EXEC"}};
  std::string reply;
  for (const auto& words : states) reply = Tell({words.begin(), words.end()});
  EXPECT_EQ(reply, "*4\r\n:1\r\n:1\r\n:1\r\n*2\r\n$1\r\na\r\n$1\r\n1\r\n");
  const auto holds = [&] { return Tell({"HGETALL", "h"}) == "*2\r\n$1\r\na\r\n$1\r\n1\r\n"; };
  EXPECT_TRUE(holds());
  Compact();
  EXPECT_TRUE(holds());
  Start();
  EXPECT_TRUE(holds());
  EXPECT_EQ(Tell({"DBSIZE"}), ":1\r\n");
}

// HDEL of all but a few, walks and a new field in one transaction: its own tombstones are seen by
// its own walks, and by nobody's gap.
TEST_F(EncodingWalks, AnExecSeesItsOwnDeletions) {
  const std::vector<std::string> shrink = Shrink();
  Tell({"MULTI"});
  Tell({shrink.begin(), shrink.end()});
  Tell({"HKEYS", "h"});
  Tell({"HSET", "h", Field(300), "again"});
  Tell({"HKEYS", "h"});
  const std::string reply = Tell({"EXEC"});
  const size_t second = reply.find("\r\n:1\r\n");
  ASSERT_NE(second, std::string::npos) << reply.substr(0, 80);
  EXPECT_EQ(CountOf(reply.substr(0, second)), static_cast<size_t>(kFieldsLeft));
  EXPECT_EQ(CountOf(reply.substr(second)), static_cast<size_t>(kFieldsLeft) + 1);
  EXPECT_EQ(CountOf(Tell({"HKEYS", "h"})), static_cast<size_t>(kFieldsLeft) + 1);
  Compact();
  EXPECT_EQ(CountOf(Tell({"HKEYS", "h"})), static_cast<size_t>(kFieldsLeft) + 1);
}

}  // namespace
}  // namespace cordwood::pipeline

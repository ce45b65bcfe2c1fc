// Commands whose blocks are not in the cache: neither the loop nor the executor waits for a file,
// and nobody waits for another's blocks.

#include <gtest/gtest.h>

#include "base/format.h"
#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

constexpr uint64_t kStallMs = 2000;

config::Config SmallHashes() {
  config::Config config;
  config.hash_max_listpack_entries = 4;
  return config;
}

class ColdReads : public ::testing::Test {
 protected:
  ColdReads() : env_(1) {}

  // Everything is in tables, and nothing of it in the cache.
  void SetUp() override {
    Start();
    for (int i = 0; i < 600; ++i) {
      ASSERT_EQ(Ask({"SET", Key(i), std::string(100, 'v')}), "+OK\r\n");
    }
    ASSERT_EQ(Ask({"SET", "counter", "41"}), "+OK\r\n");
    std::vector<std::string> words = {"HSET", "hash"};
    for (int i = 0; i < 1000; ++i) {
      words.push_back(Format("field:{}", i));
      words.push_back(std::string(100, 'v'));
    }
    ASSERT_EQ(Ask({words.begin(), words.end()}), ":1000\r\n");
    ASSERT_EQ(Ask({"COMPACT"}), "+OK\r\n");
    server_.reset();
    Start();
  }

  static std::string Key(int i) { return Format("key:{:03}", i); }
  static std::string Value(char c) { return "$100\r\n" + std::string(100, c) + "\r\n"; }

  void Start() {
    server_ = std::make_unique<SimServer>(env_, TinyStoreOptions(), SmallHashes());
    ASSERT_TRUE(server_->Start());
  }

  std::string Ask(const std::vector<std::string_view>& argv) {
    std::string reply = server_->Ask(argv);
    server_->Settle();
    return reply;
  }

  uint64_t Reruns() { return server_->pipeline().stats().reruns; }

  support::SimEnv env_;
  std::unique_ptr<SimServer> server_;
};

TEST_F(ColdReads, WhileFilesStallOthersAreAnsweredAtOnce) {
  // What the others ask for was read from tables a moment ago.
  ASSERT_EQ(Ask({"GET", Key(10)}), Value('v'));
  ASSERT_EQ(Ask({"GET", "counter"}), "$2\r\n41\r\n");
  const uint64_t reruns = Reruns();
  ASSERT_GT(reruns, 0u);
  ASSERT_EQ(Ask({"MGET", Key(10), "counter"}).substr(0, 4), "*2\r\n");
  ASSERT_EQ(Reruns(), reruns) << "it is in the cache";

  env_.StallReads(".sst", kStallMs);
  // Three times as many as there are tasks that fetch.
  std::vector<SessionId> cold;
  for (int i = 0; i < 6; ++i) {
    cold.push_back(server_->Connect());
    server_->SendCommand(cold.back(), {"GET", Key(100 + 80 * i)});
    ASSERT_EQ(server_->pipeline().Find(cold.back())->hold, Hold::kBlocks) << i;
  }
  for (int i = 0; i < 20; ++i) server_->Step();  // reads have begun

  const uint64_t start_ns = env_.MonotonicNs();
  const SessionId getter = server_->Connect();
  const SessionId setter = server_->Connect();
  const SessionId counter = server_->Connect();
  server_->SendCommand(getter, {"GET", Key(10)});
  EXPECT_EQ(server_->Receive(getter), Value('v')) << "in the same pass";
  server_->SendCommand(setter, {"SET", Key(500), "new"});  // whose old value is cold
  server_->SendCommand(counter, {"INCR", "counter"});
  server_->Settle();  // steps, and no time but what they take
  EXPECT_EQ(server_->Receive(setter), "+OK\r\n");
  EXPECT_EQ(server_->Receive(counter), ":42\r\n");
  EXPECT_LT(env_.MonotonicNs() - start_ns, 10'000'000u);
  for (const SessionId id : cold) EXPECT_EQ(server_->Receive(id), "");

  server_->RunForMs(20 * kStallMs);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(server_->Receive(cold[static_cast<size_t>(i)]), Value('v'));
  EXPECT_EQ(server_->Receive(cold[5]), "$3\r\nnew\r\n");
}

TEST_F(ColdReads, AWriteThatMustLookWaitsForItsBlocksAlone) {
  env_.StallReads(".sst", kStallMs);
  const SessionId cold = server_->Connect();
  const SessionId other = server_->Connect();
  server_->SendCommand(cold, {"APPEND", Key(300), "more"});
  server_->Settle();
  EXPECT_EQ(server_->Receive(cold), "");
  server_->SendCommand(other, {"SET", "new", "v"});
  server_->Settle();
  EXPECT_EQ(server_->Receive(other), "+OK\r\n");
  server_->RunForMs(4 * kStallMs);
  EXPECT_EQ(server_->Receive(cold), ":104\r\n");
}

// The first two runs meet closed tables. Each one of the copy then meets the next cold block of the
// hash, and has some that follow it fetched as well; the hash has more of them than that.
TEST_F(ColdReads, AfterThreeRerunsACommandReadsItself) {
  EXPECT_EQ(Ask({"COPY", "hash", "copy"}), ":1\r\n");
  const std::string info = Ask({"INFO", "stats"});
  EXPECT_NE(info.find("command_reruns:5\r\n"), std::string::npos) << info;
  EXPECT_EQ(info.find("blocking_reads:0\r\n"), std::string::npos) << info;
  EXPECT_EQ(Ask({"HLEN", "copy"}), ":1000\r\n");
}

TEST_F(ColdReads, AScanOfAColdHashGivesWholePages) {
  std::string cursor = "0";
  int pages = 0;
  do {
    const std::string page = Ask({"HSCAN", "hash", cursor, "COUNT", "200"});
    cursor = page.substr(page.find("\r\n", 4) + 2);
    cursor.resize(cursor.find("\r\n"));
    EXPECT_TRUE(page.find("*400\r\n") != std::string::npos || cursor == "0") << page.substr(0, 40);
    ++pages;
  } while (cursor != "0" && pages < 100);
  EXPECT_LE(pages, 6);
}

TEST_F(ColdReads, AReadThatFailsIsTheErrorOfThatCommandOnly) {
  env_.FailNext(support::SimOp::kRead, ".sst", ErrorCode::kIo, true);
  EXPECT_TRUE(Ask({"GET", Key(300)}).starts_with("-ERR ")) << "no nil";
  EXPECT_EQ(Ask({"SET", "new", "v"}), "+OK\r\n");
  EXPECT_EQ(Ask({"GET", "new"}), "$1\r\nv\r\n");
  env_.ClearFaults();
  EXPECT_EQ(Ask({"GET", Key(300)}), Value('v'));
}

}  // namespace
}  // namespace cordwood::pipeline

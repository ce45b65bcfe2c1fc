// Commands whose blocks are not in the cache: neither the loop nor the executor waits for a file,
// and nobody waits for another's blocks.

#include <gtest/gtest.h>

#include "base/format.h"
#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

constexpr uint64_t kReadStallMs = 2000;

config::Config SmallHashes() {
  config::Config config;
  config.collection_max_inline_bytes = 0;
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

  void Start(const storage::StoreOptions& options = TinyStoreOptions()) {
    server_ = std::make_unique<SimServer>(env_, options, SmallHashes());
    ASSERT_TRUE(server_->Start());
  }

  std::string Ask(const std::vector<std::string_view>& argv) {
    std::string reply = server_->Ask(argv);
    server_->Settle();
    return reply;
  }

  uint64_t OwnRuns() { return server_->pipeline().stats().own_runs; }
  uint64_t PinnedBytes() {
    uint64_t bytes = 0;
    for (const auto& [id, session] : server_->pipeline().sessions()) bytes += session->pinned_bytes;
    return bytes;
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

  env_.StallReads(".sst", kReadStallMs);
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

  server_->RunForMs(20 * kReadStallMs);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(server_->Receive(cold[static_cast<size_t>(i)]), Value('v'));
  EXPECT_EQ(server_->Receive(cold[5]), "$3\r\nnew\r\n");
}

// It waits in the middle of its work, and not for one block after the other.
TEST_F(ColdReads, VeryManyNamesHaveTheirBlocksFetchedTogether) {
  constexpr int kNames = 6000;
  std::vector<std::string> keys = {"MGET"};
  std::vector<std::string> fields = {"HMGET", "hash"};
  std::vector<std::string> removed = {"HDEL", "hash"};
  for (int i = 0; i < kNames; ++i) {
    keys.push_back(Key(i * 7 % 600));
    fields.push_back(Format("field:{}", i * 7 % 1000));
    removed.push_back(fields.back());
  }
  const std::string all = Format("*{}\r\n", kNames);
  const auto expect = [&](const std::vector<std::string>& words, const std::string& begin) {
    server_.reset();
    Start();
    EXPECT_TRUE(Ask({words.begin(), words.end()}).starts_with(begin)) << words[0];
    EXPECT_EQ(OwnRuns(), 1u);
    EXPECT_GE(Reruns(), 1u) << "they were cold";
    // The cache holds fewer blocks than one part of the names needs.
    EXPECT_LE(Reruns(), 100u) << words[0];
  };
  expect(keys, all + Value('v'));
  expect(fields, all + Value('v'));
  expect(removed, ":1000\r\n");
}

TEST_F(ColdReads, AWriteThatMustLookWaitsForItsBlocksAlone) {
  env_.StallReads(".sst", kReadStallMs);
  const SessionId cold = server_->Connect();
  const SessionId other = server_->Connect();
  server_->SendCommand(cold, {"APPEND", Key(300), "more"});
  server_->Settle();
  EXPECT_EQ(server_->Receive(cold), "");
  server_->SendCommand(other, {"SET", "new", "v"});
  server_->Settle();
  EXPECT_EQ(server_->Receive(other), "+OK\r\n");
  server_->RunForMs(4 * kReadStallMs);
  EXPECT_EQ(server_->Receive(cold), ":104\r\n");
}

// Each run of the copy meets the next cold blocks of the hash, and keeps those before.
TEST_F(ColdReads, ACommandThatFindsOneColdBlockBehindTheOtherReadsNoFile) {
  EXPECT_EQ(Ask({"COPY", "hash", "copy"}), ":1\r\n");
  EXPECT_EQ(OwnRuns(), 0u);
  EXPECT_EQ(Ask({"HLEN", "copy"}), ":1000\r\n");
}

TEST_F(ColdReads, NoCommandOverAHashReadsAFile) {
  for (const std::vector<std::string_view>& argv : std::vector<std::vector<std::string_view>>{
           {"HRANDFIELD", "hash", "100", "WITHVALUES"},
           {"HRANDFIELD", "hash", "-200"},
           {"MEMORY", "USAGE", "hash", "SAMPLES", "0"},
           {"HSCAN", "hash", "0", "COUNT", "900"},
           {"HGETALL", "hash"},
           {"HVALS", "hash"},
           {"HMGET", "hash", "field:1", "field:500", "field:999", "none"},
           {"RENAME", "hash", "moved"}}) {
    server_.reset();
    Start();
    const std::string reply = Ask(argv);
    EXPECT_FALSE(reply.empty() || reply.starts_with("-")) << argv[0] << ": " << reply;
    EXPECT_GT(Reruns(), 0u) << argv[0];
    EXPECT_EQ(OwnRuns(), 0u) << argv[0];
    EXPECT_EQ(PinnedBytes(), 0u) << argv[0] << ": let go when it is done";
  }
}

TEST_F(ColdReads, NoCommandOverAStringInChunksReadsAFile) {
  ASSERT_EQ(Ask({"APPEND", "chunks", std::string(400'000, 'c')}), ":400000\r\n");
  ASSERT_EQ(Ask({"COMPACT"}), "+OK\r\n");
  for (const std::vector<std::string_view>& argv : std::vector<std::vector<std::string_view>>{
           {"GET", "chunks"},
           {"MGET", "chunks", "chunks"},
           {"GETRANGE", "chunks", "100000", "300000"},
           {"STRLEN", "chunks"},
           {"DIGEST", "chunks"},
           {"APPEND", "chunks", "x"},
           {"SETRANGE", "chunks", "4000", std::string_view("over the edge of a chunk")},
           {"EXPIRE", "chunks", "1000"},
           {"COPY", "chunks", "copy"},
           {"RENAME", "chunks", "moved"},
           {"GETSET", "moved", "x"},
           {"GETDEL", "copy"}}) {
    server_.reset();
    Start();
    const std::string reply = Ask(argv);
    EXPECT_FALSE(reply.empty() || reply.starts_with("-")) << argv[0] << ": " << reply;
    EXPECT_GT(Reruns(), 0u) << argv[0];
    EXPECT_EQ(OwnRuns(), 0u) << argv[0];
    EXPECT_EQ(PinnedBytes(), 0u) << argv[0] << ": let go when it is done";
  }
}

// What is read ahead doubles: a copy costs a few times what it reads, and not its square.
TEST_F(ColdReads, ALongCopyReadsFarAhead) {
  storage::StoreOptions options = TinyStoreOptions();
  options.fragment_bytes = 4 << 20;
  server_.reset();
  Start(options);
  for (int begin = 0; begin < 20'000; begin += 500) {
    std::vector<std::string> words = {"HSET", "long"};
    for (int i = begin; i < begin + 500; ++i) {
      words.push_back(Format("field:{}", i));
      words.push_back(std::string(100, 'v'));
    }
    ASSERT_EQ(Ask({words.begin(), words.end()}), ":500\r\n");
  }
  ASSERT_EQ(Ask({"COMPACT"}), "+OK\r\n");
  server_.reset();
  Start(options);
  EXPECT_EQ(Ask({"COPY", "long", "copy"}), ":1\r\n");
  EXPECT_EQ(OwnRuns(), 1u);
  EXPECT_LT(Reruns(), 300u) << "of its table of 5 000 blocks, while what is written is merged";
  EXPECT_EQ(Ask({"HLEN", "copy"}), ":20000\r\n");
}

// The last resort: nine values of which a request has room for one.
TEST_F(ColdReads, ACommandThatNeedsMoreThanARequestMayTakeIsAnsweredAllTheSame) {
  const std::string value(150'000, 'x');
  for (int i = 0; i < 9; ++i) {
    ASSERT_EQ(Ask({"HSET", "large", Format("f{}", i), value}), ":1\r\n");
  }
  ASSERT_EQ(Ask({"COMPACT"}), "+OK\r\n");
  for (const std::vector<std::string_view>& argv :
       std::vector<std::vector<std::string_view>>{{"HVALS", "large"},
                                                  {"HSCAN", "large", "0", "COUNT", "20"},
                                                  {"HRANDFIELD", "large", "9", "WITHVALUES"}}) {
    server_.reset();
    Start();
    RequestLimits limits = server_->pipeline().request_limits();
    limits.request_bytes = 200'000;
    server_->pipeline().SetRequestLimits(limits);
    const std::string reply = Ask(argv);
    EXPECT_FALSE(reply.starts_with("-")) << reply;
    // A page of HSCAN is bounded by itself.
    const size_t values = argv[0] == "HSCAN" ? 5 : 9;
    EXPECT_GT(reply.size(), values * value.size()) << argv[0];
    EXPECT_EQ(PinnedBytes(), 0u);
  }
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

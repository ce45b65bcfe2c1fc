// Writes that are more than a batch should hold: others commit meanwhile, and what they overtake
// begins anew.

#include <gtest/gtest.h>

#include "base/format.h"
#include "pipeline/executor/own_runs.h"
#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

constexpr int kFieldsToCopy = 400;
constexpr uint64_t kPartElements = 16;
constexpr uint64_t kStallMs = 50;

class LongWrites : public ::testing::Test {
 protected:
  void SetUp() override {
    Start();
    std::vector<std::string> words = {"HSET", "h"};
    for (int i = 0; i < kFieldsToCopy; ++i) {
      words.push_back(Format("field:{}", i));
      words.emplace_back(100, 'v');
    }
    ASSERT_EQ(Ask({words.begin(), words.end()}), Format(":{}\r\n", kFieldsToCopy));
    ASSERT_EQ(Ask({"SET", "other", "v"}), "+OK\r\n");
    Ask({"COMPACT"});
    Start();
  }

  void Start() {
    server_.reset();
    config::Config config;
    config.collection_max_inline_bytes = 0;
    server_ = std::make_unique<SimServer>(env_, TinyStoreOptions(), config);
    ASSERT_TRUE(server_->Start());
    server_->keyspace().options().part_elements_max = kPartElements;
    first_seq_ = server_->keyspace().store().last_seq();
  }

  std::string Ask(const std::vector<std::string_view>& argv) {
    std::string reply = server_->Ask(argv);
    server_->Settle();
    return reply;
  }
  /// Sends a command, and lets it get to where it waits for a block in the middle of its work.
  SessionId Begin(const std::vector<std::string_view>& argv) {
    env_.StallReads(".sst", kStallMs);
    const SessionId client = server_->Connect();
    server_->SendCommand(client, argv);
    for (int i = 0; i < 10'000 && (stats().long_writes == 0 || parts() < 3); ++i) {
      server_->RunForMs(1);
    }
    EXPECT_GE(parts(), 3u);
    EXPECT_EQ(server_->Receive(client), "") << "it is not done";
    return client;
  }
  /// How many batches were written since the start.
  uint64_t parts() { return (server_->keyspace().store().last_seq() - first_seq_) / kPartElements; }
  void RunToTheEnd() {
    env_.ClearFaults();
    server_->RunForMs(20'000);
  }
  const PipelineStats& stats() { return server_->pipeline().stats(); }
  std::string Digest(std::string_view key) { return Ask({"DEBUG", "DIGEST-VALUE", key}); }
  /// Of everything, once it is merged.
  uint64_t EntriesOnDisk() {
    Ask({"COMPACT"});
    return server_->keyspace().store().Stats().entries_on_disk;
  }
  /// Elements, the record and its marker, of each; and the other key.
  static uint64_t EntriesOf(uint64_t hashes) { return hashes * (kFieldsToCopy + 2) + 1; }

  support::SimEnv env_{1};
  std::unique_ptr<SimServer> server_;
  storage::Seq first_seq_ = 0;
};

TEST_F(LongWrites, OthersWriteMeanwhile) {
  const SessionId copier = Begin({"COPY", "h", "copy"});
  EXPECT_EQ(Ask({"SET", "other", "w"}), "+OK\r\n");
  EXPECT_EQ(Ask({"HSET", "h2", "f", "v"}), ":1\r\n");
  EXPECT_EQ(Ask({"EXISTS", "copy"}), ":0\r\n");
  EXPECT_EQ(server_->Receive(copier), "");
  RunToTheEnd();
  EXPECT_EQ(server_->Receive(copier), ":1\r\n");
  EXPECT_EQ(stats().long_writes_overtaken, 0u);
  EXPECT_EQ(Ask({"GET", "other"}), "$1\r\nw\r\n");
  EXPECT_EQ(Ask({"HLEN", "copy"}), Format(":{}\r\n", kFieldsToCopy));
  Ask({"HSET", "h", "field:7", "changed"});
  EXPECT_EQ(Ask({"HGET", "copy", "field:7"}), "$100\r\n" + std::string(100, 'v') + "\r\n");
  Ask({"DEL", "h2"});
  EXPECT_EQ(EntriesOnDisk(), EntriesOf(2));
}

TEST_F(LongWrites, AChangeOfWhatIsCopiedIsInTheCopy) {
  const SessionId copier = Begin({"COPY", "h", "copy"});
  EXPECT_EQ(Ask({"HSET", "h", "field:1", "changed"}), ":0\r\n");
  EXPECT_EQ(Ask({"HDEL", "h", "field:2"}), ":1\r\n");
  RunToTheEnd();
  EXPECT_EQ(server_->Receive(copier), ":1\r\n");
  EXPECT_EQ(stats().long_writes_overtaken, 1u);
  EXPECT_EQ(Ask({"HGET", "copy", "field:1"}), "$7\r\nchanged\r\n");
  EXPECT_EQ(Ask({"HLEN", "copy"}), Format(":{}\r\n", kFieldsToCopy - 1));
  EXPECT_EQ(EntriesOnDisk(), EntriesOf(2) - 2);
}

TEST_F(LongWrites, ATargetThatAppearsMeanwhileIsNotOverwritten) {
  const SessionId copier = Begin({"COPY", "h", "copy"});
  EXPECT_EQ(Ask({"SET", "copy", "mine"}), "+OK\r\n");
  RunToTheEnd();
  EXPECT_EQ(server_->Receive(copier), ":0\r\n");
  EXPECT_EQ(Ask({"GET", "copy"}), "$4\r\nmine\r\n");
  EXPECT_EQ(EntriesOnDisk(), EntriesOf(1) + 1);
}

TEST_F(LongWrites, ASourceThatGoesMeanwhileIsNotCopied) {
  const SessionId copier = Begin({"COPY", "h", "copy"});
  EXPECT_EQ(Ask({"DEL", "h"}), ":1\r\n");
  RunToTheEnd();
  EXPECT_EQ(server_->Receive(copier), ":0\r\n");
  EXPECT_EQ(Ask({"DBSIZE"}), ":1\r\n");
  EXPECT_EQ(EntriesOnDisk(), EntriesOf(0));
}

TEST_F(LongWrites, ASourceThatExpiresMeanwhileIsNotCopied) {
  ASSERT_EQ(Ask({"PEXPIRE", "h", "60000"}), ":1\r\n");
  const SessionId copier = Begin({"COPY", "h", "copy"});
  env_.StallReads(".sst", 100'000);
  env_.AdvanceMs(61'000);
  RunToTheEnd();
  EXPECT_EQ(server_->Receive(copier), ":0\r\n");
  EXPECT_EQ(Ask({"EXISTS", "h", "copy"}), ":0\r\n");
}

TEST_F(LongWrites, AFlushMeanwhileLeavesNothingToCopy) {
  const SessionId copier = Begin({"COPY", "h", "copy"});
  EXPECT_EQ(Ask({"FLUSHALL"}), "+OK\r\n");
  RunToTheEnd();
  EXPECT_EQ(server_->Receive(copier), ":0\r\n");
  EXPECT_EQ(Ask({"DBSIZE"}), ":0\r\n");
  EXPECT_EQ(EntriesOnDisk(), 1u) << "which generation the database means";
}

TEST_F(LongWrites, AnotherDatabaseMayTakeTheNumberMeanwhile) {
  const SessionId copier = Begin({"COPY", "h", "copy", "DB", "2"});
  EXPECT_EQ(Ask({"SWAPDB", "1", "2"}), "+OK\r\n");
  RunToTheEnd();
  EXPECT_EQ(server_->Receive(copier), ":1\r\n");
  const SessionId client = server_->Connect();
  server_->Send(client, Pipelined({{"SELECT", "1"}, {"DBSIZE"}, {"SELECT", "2"}, {"DBSIZE"}}));
  RunToTheEnd();
  EXPECT_EQ(server_->Receive(client), "+OK\r\n:0\r\n+OK\r\n:1\r\n");
}

TEST_F(LongWrites, MoveTakesTheKeyAway) {
  const std::string digest = Digest("h");
  const SessionId mover = Begin({"MOVE", "h", "1"});
  EXPECT_EQ(Ask({"HLEN", "h"}), Format(":{}\r\n", kFieldsToCopy))
      << "it is there until it has moved";
  RunToTheEnd();
  EXPECT_EQ(server_->Receive(mover), ":1\r\n");
  EXPECT_EQ(Ask({"EXISTS", "h"}), ":0\r\n");
  EXPECT_EQ(EntriesOnDisk(), EntriesOf(1));
}

TEST_F(LongWrites, AClientThatGoesLeavesNothingBehind) {
  const SessionId copier = Begin({"COPY", "h", "copy"});
  server_->Disconnect(copier);
  RunToTheEnd();
  EXPECT_EQ(Ask({"EXISTS", "copy"}), ":0\r\n");
  EXPECT_EQ(server_->keyspace().pending_objects().given_up(), 0u);
  EXPECT_FALSE(server_->keyspace().reports_changes());
  EXPECT_EQ(EntriesOnDisk(), EntriesOf(1));
}

TEST_F(LongWrites, AStopLeavesWhatTheNextStartDrops) {
  const SessionId copier = Begin({"COPY", "h", "copy"});
  server_->pipeline().StopInput();
  server_->RunForMs(10'000);
  EXPECT_EQ(server_->Receive(copier), "");
  env_.ClearFaults();
  Start();
  EXPECT_EQ(server_->keyspace().pending_objects().given_up(), 1u);
  EXPECT_EQ(Ask({"EXISTS", "h", "copy"}), ":1\r\n");
  EXPECT_EQ(server_->keyspace().pending_objects().given_up(), 0u);
  EXPECT_EQ(EntriesOnDisk(), EntriesOf(1));
}

// Who comes again and again before it is done waits in the end; others do not.
TEST_F(LongWrites, OneThatIsOvertakenAgainAndAgainLocksItsKeys) {
  const SessionId copier = Begin({"COPY", "h", "copy"});
  const SessionId writer = server_->Connect();
  uint64_t written = 0;
  for (; stats().long_writes_overtaken < OwnRuns::kOvertakenMax; ++written) {
    ASSERT_LT(written, 100u);
    server_->SendCommand(writer, {"HSET", "h", "field:1", Format("{}", written)});
    const uint64_t before = stats().long_writes_overtaken;
    for (int i = 0; i < 10'000 && stats().long_writes_overtaken == before; ++i) {
      server_->RunForMs(1);
      server_->Receive(copier);
    }
    EXPECT_EQ(server_->Receive(writer), ":0\r\n");
  }
  server_->RunForMs(1);
  for (const std::vector<std::string_view>& command :
       std::vector<std::vector<std::string_view>>{{"HSET", "h", "field:1", "late"},
                                                  {"DEL", "copy"},
                                                  {"RENAME", "other", "copy"},
                                                  {"FLUSHALL"}}) {
    const SessionId late = server_->Connect();
    server_->SendCommand(late, command);
    EXPECT_EQ(server_->pipeline().Find(late)->hold, Hold::kExecutor) << command[0];
    server_->Disconnect(late);
  }
  server_->SendCommand(writer, {"HSET", "h", "field:1", "late"});
  const SessionId queue = server_->Connect();
  server_->Send(queue,
                Pipelined({{"MULTI"}, {"SET", "x", "y"}, {"HDEL", "h", "field:2"}, {"EXEC"}}));
  EXPECT_EQ(server_->pipeline().Find(queue)->hold, Hold::kExecutor);
  EXPECT_EQ(Ask({"SET", "other", "w"}), "+OK\r\n");
  EXPECT_EQ(Ask({"HLEN", "h"}), Format(":{}\r\n", kFieldsToCopy));
  RunToTheEnd();
  EXPECT_EQ(stats().long_writes_overtaken, OwnRuns::kOvertakenMax);
  EXPECT_EQ(server_->Receive(writer), ":0\r\n");
  EXPECT_EQ(server_->Receive(queue), "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n:1\r\n");
  EXPECT_EQ(Ask({"HGET", "copy", "field:1"}),
            Format("${}\r\n{}\r\n", Format("{}", written - 1).size(), written - 1));
  EXPECT_EQ(Ask({"HGET", "h", "field:1"}), "$4\r\nlate\r\n");
}

TEST_F(LongWrites, LocksGoWithTheirClient) {
  const SessionId copier = Begin({"COPY", "h", "copy"});
  Session& session = *server_->pipeline().Find(copier);
  session.guard->Lock();
  const SessionId writer = server_->Connect();
  server_->SendCommand(writer, {"HSET", "h", "field:1", "late"});
  EXPECT_EQ(server_->pipeline().Find(writer)->hold, Hold::kExecutor);
  server_->Disconnect(copier);
  RunToTheEnd();
  EXPECT_EQ(server_->Receive(writer), ":0\r\n");
}

TEST_F(LongWrites, TwoAtOnceEndOneAfterTheOther) {
  const SessionId first = Begin({"COPY", "h", "copy"});
  const SessionId second = server_->Connect();
  server_->SendCommand(second, {"COPY", "h", "copy"});
  const SessionId third = server_->Connect();
  server_->SendCommand(third, {"COPY", "h", "copy", "REPLACE"});
  RunToTheEnd();
  const std::string replies =
      server_->Receive(first) + server_->Receive(second) + server_->Receive(third);
  EXPECT_EQ(replies.size(), 12u);
  EXPECT_EQ(Digest("copy"), Digest("h"));
  EXPECT_EQ(EntriesOnDisk(), EntriesOf(2));
}

TEST_F(LongWrites, AFullDiskEndsIt) {
  const SessionId copier = Begin({"COPY", "h", "copy"});
  server_->keyspace().store().SetMaxDiskBytes(1);
  RunToTheEnd();
  EXPECT_TRUE(server_->Receive(copier).starts_with("-MISCONF"));
  server_->keyspace().store().SetMaxDiskBytes(0);
  server_->Tick();
  RunToTheEnd();
  EXPECT_EQ(server_->keyspace().pending_objects().given_up(), 0u);
  EXPECT_EQ(Ask({"EXISTS", "copy"}), ":0\r\n");
  EXPECT_EQ(EntriesOnDisk(), EntriesOf(1));
}

// An EXEC owns the executor, and what it builds comes with the rest of it.
TEST_F(LongWrites, InATransactionTheyArePartOfIt) {
  const SessionId client = server_->Connect();
  server_->Send(client, Pipelined({{"MULTI"},
                                   {"SET", "a", "1"},
                                   {"COPY", "h", "copy"},
                                   {"HSET", "copy", "field:1", "changed"},
                                   {"HGET", "copy", "field:1"},
                                   {"HGET", "copy", "field:2"},
                                   {"HLEN", "copy"},
                                   {"COPY", "copy", "again"},
                                   {"HSET", "new", "f", "v"},
                                   {"DEL", "copy"},
                                   {"EXEC"}}));
  RunToTheEnd();
  const std::string reply = server_->Receive(client);
  EXPECT_TRUE(
      reply.ends_with(Format("*9\r\n+OK\r\n:1\r\n:0\r\n$7\r\nchanged\r\n$100\r\n{}\r\n"
                             ":{}\r\n:1\r\n:1\r\n:1\r\n",
                             std::string(100, 'v'), kFieldsToCopy)))
      << reply;
  EXPECT_EQ(stats().long_writes, 0u);
  EXPECT_EQ(Ask({"HGET", "again", "field:1"}), "$7\r\nchanged\r\n");
  EXPECT_EQ(Ask({"HLEN", "again"}), Format(":{}\r\n", kFieldsToCopy));
  EXPECT_EQ(Ask({"HGET", "new", "f"}), "$1\r\nv\r\n");
  EXPECT_EQ(EntriesOnDisk(), EntriesOf(2) + 1 + 3);
}

TEST_F(LongWrites, ATransactionThatFailsDropsThem) {
  server_->keyspace().options().overlay_bytes_max = 1000;
  const SessionId client = server_->Connect();
  const std::string value(1000, 'v');
  server_->Send(client, Pipelined({{"MULTI"},
                                   {"COPY", "h", "copy"},
                                   {"SETRANGE", "x", "100000", value},
                                   {"SETRANGE", "y", "100000", value},
                                   {"SETRANGE", "z", "100000", value},
                                   {"EXEC"}}));
  RunToTheEnd();
  server_->Receive(client);
  server_->Disconnect(client);
  RunToTheEnd();
  EXPECT_EQ(server_->keyspace().pending_objects().given_up(), 0u);
}

TEST_F(LongWrites, ALongStringGoesIntoChunksInParts) {
  const std::string value(kPartElements * 4096 * 4, 'x');
  ASSERT_EQ(Ask({"SET", "s", value}), "+OK\r\n");
  EXPECT_EQ(Ask({"APPEND", "s", "end"}), Format(":{}\r\n", value.size() + 3));
  EXPECT_EQ(stats().long_writes, 1u);
  EXPECT_EQ(Ask({"GET", "s"}), Format("${}\r\n{}end\r\n", value.size() + 3, value));
  ASSERT_EQ(Ask({"COPY", "s", "t"}), ":1\r\n");
  EXPECT_EQ(stats().long_writes, 2u);
  EXPECT_EQ(Digest("t"), Digest("s"));
}

TEST_F(LongWrites, ALongWholeStringIsCopiedIntoChunks) {
  server_->keyspace().options().part_bytes_max = 100'000;
  server_->keyspace().options().part_elements_max = 1000;
  const std::string value((1 << 20) + 1, 'x');
  ASSERT_EQ(Ask({"SET", "s", value}), "+OK\r\n");
  ASSERT_EQ(Ask({"COPY", "s", "t"}), ":1\r\n");
  ASSERT_EQ(Ask({"MOVE", "s", "1"}), ":1\r\n");
  EXPECT_EQ(stats().long_writes, 2u);
  EXPECT_EQ(Ask({"GET", "t"}), Format("${}\r\n{}\r\n", value.size(), value));
  EXPECT_EQ(server_->InfoNumber("long_writes_overtaken"), 0);
}

// Power is lost after every step of a COPY: a start finds all of it or nothing.
TEST(LongWritesAndPowerLoss, LeaveAllOrNothing) {
  int whole = 0;
  int nothing = 0;
  int dropped = 0;
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE(seed);
    const uint64_t step = seed % 30;
    config::Config config;
    config.collection_max_inline_bytes = 0;
    auto env = std::make_unique<support::SimEnv>(seed);
    auto server = std::make_unique<SimServer>(*env, TinyStoreOptions(), config);
    ASSERT_TRUE(server->Start());
    std::vector<std::string> words = {"HSET", "h"};
    for (int i = 0; i < 100; ++i) {
      words.push_back(Format("field:{}", i));
      words.push_back("v");
    }
    ASSERT_EQ(server->Ask({words.begin(), words.end()}), ":100\r\n");
    server->keyspace().options().part_elements_max = 4;
    const SessionId copier = server->Connect();
    server->SendCommand(copier, {"COPY", "h", "copy"});
    for (uint64_t i = 0; i < step && server->Step(); ++i) {
    }
    const bool answered = server->Receive(copier) == ":1\r\n";
    std::unique_ptr<support::SimEnv> next = env->LosePower(seed);
    server.reset();
    env = std::move(next);
    server = std::make_unique<SimServer>(*env, TinyStoreOptions(), config);
    ASSERT_TRUE(server->Start());
    dropped += static_cast<int>(server->keyspace().pending_objects().given_up());
    const std::string length = server->Ask({"HLEN", "copy"});
    EXPECT_TRUE(length == ":100\r\n" || (length == ":0\r\n" && !answered)) << length;
    EXPECT_EQ(server->Ask({"DBSIZE"}), length == ":0\r\n" ? ":1\r\n" : ":2\r\n");
    server->Ask({"COMPACT"});
    server->Settle();
    EXPECT_EQ(server->keyspace().store().Stats().entries_on_disk, length == ":0\r\n" ? 102u : 204u);
    ++(length == ":0\r\n" ? nothing : whole);
    server.reset();
    if (::testing::Test::HasFailure()) break;
  }
  EXPECT_GT(whole, 5);
  EXPECT_GT(nothing, 5);
  EXPECT_GT(dropped, 5);
}

}  // namespace
}  // namespace cordwood::pipeline

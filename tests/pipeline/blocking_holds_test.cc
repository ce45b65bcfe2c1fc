// Those who wait while what serves them cannot go on at once: cold blocks, a full disk, a write
// that owns the executor, a log that is slow.

#include "base/random.h"
#include "tests/pipeline/blocking_fixture.h"
#include "tests/pipeline/full_disk_world.h"

namespace cordwood::pipeline {
namespace {

class BlockingHolds : public BlockingFixture {
 protected:
  // The destination of a move is in a table, and not in the cache.
  void SetUp() override {
    Start();
    ASSERT_EQ(server_->Ask({"RPUSH", "cold", "old"}), ":1\r\n");
    for (int i = 0; i < 200; ++i) server_->Ask({"SET", Format("c{:03}", i), std::string(100, 'v')});
    ASSERT_EQ(server_->Ask({"COMPACT"}), "+OK\r\n");
    server_->Settle();
    Start();
    a_ = server_->Connect();
    b_ = server_->Connect();
    c_ = server_->Connect();
  }

  /// It waits, and is cold when its element comes. `behind` waits behind it.
  void SendColdMove(std::string_view timeout = "0", SessionId behind = 0) {
    EXPECT_EQ(Ask(a_, {"BLMOVE", "q", "cold", "LEFT", "RIGHT", timeout}), "");
    if (behind != 0) {
      EXPECT_EQ(Ask(behind, {"BLPOP", "q", "0"}), "");
    }
    env_.StallReads(".sst", 2000);
    EXPECT_EQ(Ask(c_, {"RPUSH", "q", "1"}), ":1\r\n");
    ASSERT_EQ(server_->pipeline().Find(a_)->hold, Hold::kBlocks);
  }
};

// --- cold ---

TEST_F(BlockingHolds, OneThatTurnsColdKeepsItsPlaceAndOthersRun) {
  EXPECT_EQ(Ask(a_, {"BLMOVE", "q", "cold", "LEFT", "RIGHT", "0"}), "");
  EXPECT_EQ(Ask(b_, {"BLPOP", "q", "other", "0"}), "");
  env_.StallReads(".sst", 2000);
  EXPECT_EQ(Ask(c_, {"RPUSH", "q", "1", "2"}), ":2\r\n");
  ASSERT_EQ(server_->pipeline().Find(a_)->hold, Hold::kBlocks);
  EXPECT_EQ(Got(a_) + Got(b_), "") << "who is behind it waits, though there is enough";
  EXPECT_EQ(blocked().clients(), 2u);
  const std::string line = Ask(c_, {"CLIENT", "LIST", "ID", Format("{}", a_)});
  EXPECT_NE(line.find(" flags=b "), std::string::npos) << line;
  EXPECT_EQ(Ask(c_, {"SET", "k", "v"}), "+OK\r\n") << "others run";
  EXPECT_EQ(Ask(c_, {"LRANGE", "q", "0", "-1"}), ArrayReply({"1", "2"})) << "nothing is taken yet";
  server_->RunForMs(10'000);
  EXPECT_EQ(Got(a_), BulkReply("1"));
  EXPECT_EQ(Got(b_), ArrayReply({"q", "2"}));
  ExpectNoTrace();
}

TEST_F(BlockingHolds, OneBehindIsServedFromAnotherKeyMeanwhile) {
  EXPECT_EQ(Ask(a_, {"BLMOVE", "q", "cold", "LEFT", "RIGHT", "0"}), "");
  EXPECT_EQ(Ask(b_, {"BLPOP", "q", "other", "0"}), "");
  env_.StallReads(".sst", 2000);
  EXPECT_EQ(Ask(c_, {"RPUSH", "q", "1"}), ":1\r\n");
  EXPECT_EQ(Ask(c_, {"RPUSH", "other", "2"}), ":1\r\n");
  // It runs again from its first key on, as always.
  EXPECT_EQ(Got(b_), ArrayReply({"q", "1"}));
  server_->RunForMs(10'000);
  EXPECT_EQ(Got(a_), "") << "it found nothing, and waits on";
  EXPECT_EQ(Ask(c_, {"RPUSH", "q", "3"}), ":1\r\n");
  EXPECT_EQ(After(10'000, a_), BulkReply("3"));
}

// It stands in front of those who came later, also after a run for nothing.
TEST_F(BlockingHolds, OneThatFindsNothingAfterAllKeepsItsPlace) {
  EXPECT_EQ(Ask(a_, {"BLMOVE", "q", "cold", "LEFT", "RIGHT", "0"}), "");
  EXPECT_EQ(Ask(b_, {"BLPOP", "q", "0"}), "");
  env_.StallReads(".sst", 2000);
  EXPECT_EQ(Ask(c_, {"RPUSH", "q", "1"}), ":1\r\n");
  EXPECT_EQ(Ask(c_, {"LPOP", "q"}), BulkReply("1")) << "somebody else takes it";
  server_->RunForMs(10'000);
  env_.ClearFaults();
  EXPECT_EQ(Got(a_) + Got(b_), "");
  EXPECT_TRUE(Waits(a_));
  EXPECT_EQ(Ask(c_, {"RPUSH", "q", "2"}), ":1\r\n");
  server_->RunForMs(10'000);
  EXPECT_EQ(Got(a_), BulkReply("2"));
  EXPECT_EQ(Got(b_), "");
  EXPECT_EQ(Ask(c_, {"RPUSH", "q", "3"}), ":1\r\n");
  EXPECT_EQ(Got(b_), ArrayReply({"q", "3"}));
}

TEST_F(BlockingHolds, OneThatGoesWhileItIsColdTakesNothing) {
  SendColdMove("0", b_);
  server_->Disconnect(a_);
  EXPECT_EQ(Got(b_), ArrayReply({"q", "1"})) << "the next one's, at once";
  server_->RunForMs(10'000);
  ExpectNoTrace();
}

TEST_F(BlockingHolds, OneThatIsKilledWhileItIsColdTakesNothing) {
  SendColdMove("0", b_);
  EXPECT_EQ(Ask(c_, {"CLIENT", "KILL", "ID", Format("{}", a_)}), ":1\r\n");
  EXPECT_EQ(Got(b_), ArrayReply({"q", "1"})) << "the next one's, at once";
  server_->RunForMs(10'000);
  ExpectNoTrace();
}

TEST_F(BlockingHolds, ATimeThatIsOverWhileItIsColdEndsItOnlyIfItFindsNothing) {
  SendColdMove("1");
  EXPECT_EQ(After(1500, a_), "");
  EXPECT_EQ(Ask(c_, {"LPOP", "q"}), BulkReply("1"));
  EXPECT_EQ(After(10'000, a_), kNullArray);
  ExpectNoTrace();
}

TEST_F(BlockingHolds, SoDoesUnblock) {
  SendColdMove();
  EXPECT_EQ(Ask(c_, {"CLIENT", "UNBLOCK", Format("{}", a_), "ERROR"}), ":1\r\n");
  EXPECT_EQ(Ask(c_, {"LPOP", "q"}), BulkReply("1"));
  EXPECT_TRUE(After(10'000, a_).starts_with("-UNBLOCKED"));
  ExpectNoTrace();
}

// The first look may be cold as well, and the time counts from when the command came.
TEST_F(BlockingHolds, TheTimeOfAColdFirstLookCounts) {
  env_.StallReads(".sst", 500);
  EXPECT_EQ(Ask(a_, {"BLPOP", "cold", "0.1"}), "");
  EXPECT_EQ(After(5000, a_), ArrayReply({"cold", "old"}));
}

// What it looks at, one after the other, is more than its reruns may keep: lists that have expired.
TEST_F(BlockingHolds, AnOwnerThatFindsNothingWaits) {
  server_->pipeline().SetActiveExpire(false);
  Random random(1);
  std::vector<std::string> keys;
  for (int i = 0; i < 8; ++i) {
    keys.push_back(Format("expired{}", i));
    std::string value(600, ' ');  // that cannot be compressed
    for (char& c : value) c = static_cast<char>(random.Next());
    server_->Ask({"RPUSH", keys.back(), value});
    server_->Ask({"PEXPIRE", keys.back(), "1000"});
  }
  server_->Ask({"COMPACT"});
  server_->Settle();
  Start();
  server_->pipeline().SetActiveExpire(false);
  RequestLimits limits = server_->pipeline().request_limits();
  limits.request_bytes = 600;
  server_->pipeline().SetRequestLimits(limits);
  env_.AdvanceMs(2000);
  a_ = server_->Connect();
  b_ = server_->Connect();
  Argv argv = {"BLPOP"};
  argv.insert(argv.end(), keys.begin(), keys.end());
  argv.emplace_back("0");
  EXPECT_EQ(Ask(a_, argv), "");
  server_->RunForMs(100);
  ASSERT_EQ(server_->pipeline().stats().own_runs, 1u);
  EXPECT_TRUE(Waits(a_));
  EXPECT_EQ(blocked().keys(), keys.size());
  EXPECT_EQ(Ask(b_, {"RPUSH", keys[5], "x"}), ":1\r\n");
  EXPECT_EQ(After(100, a_), ArrayReply({keys[5], "x"}));
  ExpectNoTrace();
}

// --- what is slow or full ---

// The next pushes and pops need not wait for the log; what was taken is told once it is kept.
TEST_F(BlockingHolds, OnlyTheReplyWaitsForTheLog) {
  EXPECT_EQ(Ask(a_, {"BLPOP", "q", "0"}), "");
  EXPECT_EQ(Ask(b_, {"BLPOP", "q", "0"}), "");
  env_.StallSyncs(".wal", 1000);
  EXPECT_EQ(Ask(c_, {"RPUSH", "q", "1"}), "");
  const SessionId other = server_->Connect();
  EXPECT_EQ(Ask(other, {"RPUSH", "q", "2"}), "");
  EXPECT_EQ(blocked().clients(), 0u) << "both are served";
  EXPECT_EQ(Got(a_) + Got(b_), "");
  server_->RunForMs(10'000);
  EXPECT_EQ(Got(a_), ArrayReply({"q", "1"}));
  EXPECT_EQ(Got(b_), ArrayReply({"q", "2"}));
}

TEST_F(BlockingHolds, APowerCutTakesBackNothingThatWasTold) {
  EXPECT_EQ(Ask(a_, {"BLPOP", "q", "0"}), "");
  env_.StallSyncs(".wal", 1000);
  EXPECT_EQ(Ask(c_, {"RPUSH", "q", "1"}), "");
  const std::unique_ptr<support::SimEnv> after =
      env_.CopyAfterPowerLoss(1, support::PowerLoss::kDrop);
  EXPECT_EQ(Got(a_), "") << "not told";
  SimServer next(*after, TinyStoreOptions());
  ASSERT_TRUE(next.Start());
  EXPECT_EQ(next.Ask({"EXISTS", "q"}), ":0\r\n") << "neither the push nor the pop";
}

TEST_F(BlockingHolds, NobodyIsServedWhileAWriteOwnsTheExecutor) {
  std::vector<std::string> words = {"HSET", "h"};
  for (int i = 0; i < 1000; ++i) {
    words.push_back(Format("field:{}", i));
    words.push_back(std::string(100, 'v'));
  }
  config::Config config;
  config.collection_max_inline_bytes = 0;
  Start(config);
  server_->Ask({words.begin(), words.end()});
  server_->Ask({"COMPACT"});
  Start(config);
  RequestLimits limits = server_->pipeline().request_limits();
  limits.request_bytes = 4096;
  server_->pipeline().SetRequestLimits(limits);
  a_ = server_->Connect();
  b_ = server_->Connect();
  c_ = server_->Connect();
  EXPECT_EQ(Ask(a_, {"BLPOP", "q", "0"}), "");
  const SessionId timed = server_->Connect();
  EXPECT_EQ(Ask(timed, {"BLPOP", "q", "0.5"}), "");
  // The owner pushes itself, and is cold afterwards.
  env_.StallReads(".sst", 50);
  server_->Send(b_, Pipelined({{"MULTI"}, {"RPUSH", "q", "1"}, {"COPY", "h", "copy"}, {"EXEC"}}));
  for (int i = 0; i < 10'000 && server_->pipeline().stats().own_runs == 0; ++i) {
    server_->RunForMs(1);
  }
  ASSERT_EQ(server_->pipeline().stats().own_runs, 1u);
  server_->SendCommand(c_, {"RPUSH", "q", "2"});
  EXPECT_EQ(Got(c_), "") << "it waits for the owner";
  EXPECT_EQ(Got(a_), "");
  EXPECT_EQ(After(500, timed), kNullArray) << "time goes on";
  EXPECT_EQ(After(100'000, a_), ArrayReply({"q", "1"}));
  EXPECT_EQ(Got(c_), ":1\r\n") << "behind who waited";
}

// What it waits for came while there was room; the disk is full when it gets there.
TEST(BlockingOnAFullDisk, AMoveIsNeitherLostNorDelivered) {
  FullDiskWorld world({.seed = 1,
                       .disk_bytes = 4 << 20,
                       .segment_bytes = 64 << 10,
                       .memtable_bytes = 32 << 10,
                       .fragment_bytes = 64 << 10,
                       .filler = Filler::kOthers});
  ASSERT_TRUE(world.Start());
  ASSERT_EQ(world.Run({"RPUSH", "cold", "old"}), ":1\r\n");
  ASSERT_EQ(world.Run({"COMPACT"}), "+OK\r\n");
  world.Rest(10'000);
  ASSERT_TRUE(world.Restart());
  SimServer& server = world.server();
  const SessionId mover = server.Connect();
  const SessionId timed = server.Connect();
  server.SendCommand(mover, {"BLMOVE", "q", "cold", "LEFT", "RIGHT", "0"});
  server.SendCommand(timed, {"BLMOVE", "q", "cold", "LEFT", "RIGHT", "1000"});
  constexpr uint64_t kReadMs = 500'000;
  world.env().StallReads(".sst", kReadMs);
  ASSERT_EQ(world.Run({"RPUSH", "q", "x", "y"}), ":2\r\n");
  ASSERT_EQ(server.pipeline().Find(mover)->hold, Hold::kBlocks) << server.Receive(mover);
  world.env().ClearFaults();
  world.Fill();
  ASSERT_EQ(server.pipeline().Find(mover)->hold, Hold::kBlocks);
  world.Rest(kReadMs);
  ASSERT_EQ(server.pipeline().Find(mover)->hold, Hold::kBlocked);
  EXPECT_TRUE(server.pipeline().Find(mover)->waiting->lacks_room);
  EXPECT_EQ(world.Run({"LRANGE", "q", "0", "-1"}), ArrayReply({"x", "y"})) << "not lost";
  EXPECT_EQ(server.Receive(mover) + server.Receive(timed), "") << "not delivered";
  world.Rest(1'000'000);
  EXPECT_EQ(server.Receive(timed), kNullArray) << "it lacks room until its time is over";
  world.FreeSpaceOutside();
  ASSERT_TRUE(world.MsUntilWritable());
  world.Rest(1000);
  EXPECT_EQ(server.Receive(mover), BulkReply("x"));
  EXPECT_EQ(world.Run({"LRANGE", "cold", "0", "-1"}), ArrayReply({"old", "x"}));
  EXPECT_EQ(world.Run({"LRANGE", "q", "0", "-1"}), ArrayReply({"y"}));
}

}  // namespace
}  // namespace cordwood::pipeline

// MULTI, EXEC and WATCH, from bytes to bytes.

#include <gtest/gtest.h>

#include "base/format.h"
#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

constexpr std::string_view kQueued = "+QUEUED\r\n";
constexpr std::string_view kAborted = "*-1\r\n";

class Transactions : public ::testing::Test {
 protected:
  Transactions() : env_(1) {}
  void SetUp() override { Start(); }

  void Start(const config::Config& config = {}) {
    server_.reset();
    server_ = std::make_unique<SimServer>(env_, TinyStoreOptions(), config);
    ASSERT_TRUE(server_->Start());
    a_ = server_->Connect();
    b_ = server_->Connect();
  }

  /// The reply once everything has settled.
  std::string Tell(SessionId id, const std::vector<std::string_view>& argv) {
    server_->SendCommand(id, argv);
    server_->Settle();
    return server_->Receive(id);
  }
  std::string A(const std::vector<std::string_view>& argv) { return Tell(a_, argv); }
  std::string B(const std::vector<std::string_view>& argv) { return Tell(b_, argv); }
  /// Everything in tables, nothing in the cache.
  void GoCold(const config::Config& config = {}) {
    server_->Ask({"COMPACT"});
    server_->Settle();
    Start(config);
  }
  PipelineStats& stats() { return server_->pipeline().stats(); }

  support::SimEnv env_;
  std::unique_ptr<SimServer> server_;
  SessionId a_ = 0;
  SessionId b_ = 0;
};

TEST_F(Transactions, QueueAndRunAsOne) {
  EXPECT_EQ(A({"MULTI"}), "+OK\r\n");
  EXPECT_EQ(A({"SET", "k", "1"}), kQueued);
  EXPECT_EQ(A({"INCR", "k"}), kQueued);
  EXPECT_EQ(A({"GET", "k"}), kQueued);
  EXPECT_EQ(B({"EXISTS", "k"}), ":0\r\n");
  const storage::Seq before = server_->keyspace().store().last_seq();
  EXPECT_EQ(A({"EXEC"}), "*3\r\n+OK\r\n:2\r\n$1\r\n2\r\n");
  EXPECT_GT(server_->keyspace().store().last_seq(), before);
  EXPECT_EQ(B({"GET", "k"}), "$1\r\n2\r\n");
  EXPECT_EQ(A({"GET", "k"}), "$1\r\n2\r\n") << "commands run at once again";
}

TEST_F(Transactions, OutsideOfMultiThereIsNothingToRunOrDrop) {
  EXPECT_EQ(A({"EXEC"}), "-ERR EXEC without MULTI\r\n");
  EXPECT_EQ(A({"DISCARD"}), "-ERR DISCARD without MULTI\r\n");
  EXPECT_EQ(A({"UNWATCH"}), "+OK\r\n");
}

TEST_F(Transactions, DiscardDropsTheQueue) {
  A({"MULTI"});
  A({"SET", "k", "v"});
  EXPECT_EQ(A({"DISCARD"}), "+OK\r\n");
  EXPECT_EQ(A({"GET", "k"}), "$-1\r\n");
  EXPECT_EQ(A({"EXEC"}), "-ERR EXEC without MULTI\r\n");
}

TEST_F(Transactions, AnErrorWhileQueueingDropsAll) {
  A({"MULTI"});
  A({"SET", "a", "1"});
  EXPECT_EQ(A({"FOO"}), "-ERR unknown command 'FOO', with args beginning with: \r\n");
  EXPECT_EQ(A({"EXEC"}), "-EXECABORT Transaction discarded because of previous errors.\r\n");
  EXPECT_EQ(A({"EXISTS", "a"}), ":0\r\n");
  A({"MULTI"});
  EXPECT_EQ(A({"GET"}), "-ERR wrong number of arguments for 'get' command\r\n");
  EXPECT_EQ(A({"EXEC"}), "-EXECABORT Transaction discarded because of previous errors.\r\n");
  A({"MULTI"});
  EXPECT_EQ(A({"EXEC", "x"}),
            "-EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' "
            "command\r\n");
  EXPECT_EQ(A({"EXEC"}), "-ERR EXEC without MULTI\r\n");
}

TEST_F(Transactions, AnErrorWhileRunningDropsNothing) {
  A({"MULTI"});
  A({"SET", "a", "x"});
  A({"INCR", "a"});
  A({"SET", "b", "1"});
  EXPECT_EQ(A({"EXEC"}), "*3\r\n+OK\r\n-ERR value is not an integer or out of range\r\n+OK\r\n");
  EXPECT_EQ(A({"EXISTS", "a", "b"}), ":2\r\n");
}

TEST_F(Transactions, SelectAndResetInside) {
  A({"MULTI"});
  EXPECT_EQ(A({"SELECT", "2"}), kQueued);
  EXPECT_EQ(A({"SET", "in2", "1"}), kQueued);
  EXPECT_EQ(A({"EXEC"}), "*2\r\n+OK\r\n+OK\r\n");
  EXPECT_EQ(A({"GET", "in2"}), "$1\r\n1\r\n");
  A({"MULTI"});
  EXPECT_EQ(A({"RESET"}), "+RESET\r\n");
  EXPECT_EQ(A({"EXEC"}), "-ERR EXEC without MULTI\r\n");
  A({"MULTI"});
  EXPECT_EQ(A({"MULTI"}), "-ERR MULTI calls can not be nested\r\n");
  EXPECT_EQ(A({"WATCH", "a"}), "-ERR WATCH inside MULTI is not allowed\r\n");
  EXPECT_EQ(A({"EXEC"}), "*0\r\n") << "neither spoils the queue";
}

TEST_F(Transactions, HelloInsideChangesTheProtocolInTheMiddle) {
  A({"MULTI"});
  A({"GET", "none"});
  A({"HELLO", "3"});
  A({"GET", "none"});
  const std::string reply = A({"EXEC"});
  EXPECT_TRUE(reply.starts_with("*3\r\n$-1\r\n%")) << reply;
  EXPECT_TRUE(reply.ends_with("_\r\n")) << reply;
}

TEST_F(Transactions, AnExecThatIsRefusedChangesNothingOfItsClient) {
  A({"SET", "k", "of 0"});
  A({"MULTI"});
  A({"SELECT", "2"});
  A({"HELLO", "3"});
  A({"SET", "k", "of 2"});
  server_->keyspace().store().SetMaxDiskBytes(1);
  server_->RunForMs(1000);
  const std::string reply = A({"EXEC"});
  EXPECT_TRUE(reply.starts_with("-EXECABORT Transaction discarded because of: MISCONF")) << reply;
  EXPECT_EQ(A({"GET", "k"}), "$4\r\nof 0\r\n");
  EXPECT_EQ(A({"GET", "none"}), "$-1\r\n") << "and RESP2";
}

// What a command does to others belongs to what it writes: none of it without the other.
TEST_F(Transactions, AnExecThatDoesNotFitDoesNothingToOthers) {
  const std::string name((1 << 20) + 1, 'n');
  A({"MULTI"});
  A({"CLIENT", "KILL", "ID", Format("{}", b_)});
  A({"SET", name, "v"});
  EXPECT_TRUE(A({"EXEC"}).starts_with("-ERR key or field is too long"));
  EXPECT_FALSE(server_->Closed(b_));
  EXPECT_EQ(B({"PING"}), "+PONG\r\n");
}

TEST_F(Transactions, QuitEndsTheConnectionAtOnce) {
  A({"MULTI"});
  A({"SET", "k", "v"});
  EXPECT_EQ(A({"QUIT"}), "+OK\r\n");
  EXPECT_TRUE(server_->Closed(a_));
  EXPECT_EQ(B({"EXISTS", "k"}), ":0\r\n");
}

TEST_F(Transactions, CommandsCountWhenTheyRun) {
  A({"MULTI"});
  A({"SET", "k", "v"});
  A({"INCR", "k"});
  const uint64_t before = stats().commands_processed;
  A({"EXEC"});
  EXPECT_EQ(stats().commands_processed - before, 3u);
  const std::string info = server_->Ask({"INFO", "commandstats"});
  EXPECT_NE(info.find("cmdstat_incr:calls=1,"), std::string::npos) << info;
  EXPECT_NE(info.find("failed_calls=1"), std::string::npos) << info;
}

TEST_F(Transactions, TheQueueIsBoundedAsOneRequestIs) {
  RequestLimits limits = server_->pipeline().request_limits();
  limits.request_bytes = 100'000;
  server_->pipeline().SetRequestLimits(limits);
  A({"MULTI"});
  const std::string value(40'000, 'v');
  std::string reply;
  for (int i = 0; i < 4 && !reply.starts_with('-'); ++i) reply = A({"SET", "k", value});
  EXPECT_TRUE(reply.starts_with("-ERR the commands since MULTI take more than 100000 bytes"))
      << reply;
  EXPECT_EQ(A({"EXEC"}), "-EXECABORT Transaction discarded because of previous errors.\r\n");
}

TEST_F(Transactions, ADrawOfOneIsNotTheDrawOfAnother) {
  A({"HSET", "h", "a", "1", "b", "2", "c", "3", "d", "4", "e", "5", "f", "6", "g", "7"});
  A({"MULTI"});
  for (int i = 0; i < 20; ++i) A({"HRANDFIELD", "h"});
  const std::string reply = A({"EXEC"});
  std::set<char> drawn;
  for (size_t at = reply.find("$1\r\n"); at != std::string::npos;
       at = reply.find("$1\r\n", at + 4)) {
    drawn.insert(reply[at + 4]);
  }
  EXPECT_GT(drawn.size(), 2u) << reply;
}

// --- durability and visibility ---

TEST_F(Transactions, OfReadsAloneWaitForNoSync) {
  A({"SET", "k", "old"});
  env_.StallSyncs(".wal", 2000);
  server_->SendCommand(b_, {"SET", "k", "new"});
  server_->Send(a_, Pipelined({{"MULTI"}, {"GET", "k"}, {"DBSIZE"}, {"EXEC"}}));
  EXPECT_EQ(server_->Receive(a_), "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n$3\r\nold\r\n:1\r\n");
  server_->RunForMs(3000);
  EXPECT_EQ(server_->Receive(b_), "+OK\r\n");
}

TEST_F(Transactions, ThatWriteWaitForTheirSync) {
  env_.StallSyncs(".wal", 2000);
  server_->Send(a_, Pipelined({{"MULTI"}, {"SET", "k", "v"}, {"EXEC"}}));
  server_->Settle();
  EXPECT_EQ(server_->Receive(a_), "+OK\r\n+QUEUED\r\n");
  server_->RunForMs(3000);
  EXPECT_EQ(server_->Receive(a_), "*1\r\n+OK\r\n");
}

TEST_F(Transactions, OfReadsSeeOneState) {
  A({"MSET", "x", "1", "y", "1"});
  server_->Send(a_, Pipelined({{"MULTI"}, {"GET", "x"}, {"GET", "y"}}));
  server_->Receive(a_);
  B({"MSET", "x", "2", "y", "2"});
  EXPECT_EQ(A({"EXEC"}), "*2\r\n$1\r\n2\r\n$1\r\n2\r\n");
}

// --- cold blocks ---

TEST_F(Transactions, AHundredColdKeysAreFetchedInOneOrTwoRounds) {
  for (int i = 0; i < 2000; ++i) A({"SET", Format("k{:05}", i), std::string(100, 'v')});
  GoCold();
  A({"MULTI"});
  for (int i = 0; i < 100; ++i) {
    const std::string key = Format("k{:05}", 20 * i);
    ASSERT_EQ(A({i % 2 == 0 ? "GET" : "STRLEN", key}), kQueued);
  }
  const uint64_t reruns = stats().reruns;
  const std::string reply = A({"EXEC"});
  EXPECT_TRUE(reply.starts_with("*100\r\n$100\r\n")) << reply.substr(0, 100);
  EXPECT_GE(stats().reruns - reruns, 1u);
  EXPECT_LE(stats().reruns - reruns, 2u);
  EXPECT_EQ(stats().own_runs, 0u);
}

TEST_F(Transactions, WritesToColdKeysRunOnce) {
  for (int i = 0; i < 2000; ++i) A({"SET", Format("k{:05}", i), "10"});
  GoCold();
  A({"MULTI"});
  for (int i = 0; i < 100; ++i) A({"INCR", Format("k{:05}", 20 * i)});
  A({"SELECT", "1"});
  const std::string reply = A({"EXEC"});
  EXPECT_TRUE(reply.starts_with("*101\r\n:11\r\n:11\r\n")) << reply.substr(0, 100);
  EXPECT_EQ(A({"GET", "k00020"}), "$-1\r\n") << "database 1";
  EXPECT_EQ(B({"GET", "k00020"}), "$2\r\n11\r\n");
}

// SETRANGE writes whole chunks before it finds that it needs the old end of another: what stands
// behind it must not take that half of a string for damage.
TEST_F(Transactions, ACommandThatIsColdHalfWayDoesNotMisleadThoseBehindIt) {
  const std::string old(100'100, 'o');
  A({"APPEND", "s", old.substr(0, 100'000)});
  A({"APPEND", "s", old.substr(100'000)});
  for (int i = 0; i < 300; ++i) A({"SET", Format("k{:03}", i), std::string(300, 'v')});
  GoCold();
  const std::string patch(60'000, 'n');
  A({"MULTI"});
  A({"SETRANGE", "s", "90000", patch});
  A({"GETRANGE", "s", "0", "3"});
  A({"GETRANGE", "s", "-1", "-1"});
  A({"APPEND", "s", "z"});
  A({"STRLEN", "s"});
  A({"GETRANGE", "s", "89998", "90001"});
  server_->SendCommand(a_, {"EXEC"});
  server_->RunForMs(10'000);
  EXPECT_EQ(server_->Receive(a_),
            "*6\r\n:150000\r\n$4\r\noooo\r\n$1\r\nn\r\n:150001\r\n:150001\r\n$4\r\noonn\r\n");
}

TEST_F(Transactions, LargeCollectionsAreReadInTurns) {
  config::Config config;
  config.collection_max_inline_bytes = 0;
  Start(config);
  for (int i = 0; i < 3000; ++i) A({"HSET", "h", Format("f{}", i), std::string(20, 'v')});
  GoCold(config);
  A({"MULTI"});
  A({"HGETALL", "h"});
  A({"HLEN", "h"});
  EXPECT_TRUE(A({"EXEC"}).starts_with("*2\r\n*6000\r\n"));
  EXPECT_EQ(stats().own_runs, 1u);
  // One that writes owns the executor meanwhile; what others write waits, what they read does not.
  GoCold(config);
  A({"MULTI"});
  A({"HSET", "h", "new", "v"});
  A({"HGETALL", "h"});
  env_.StallReads(".sst", 2000);
  server_->SendCommand(a_, {"EXEC"});
  while (stats().own_runs == 0) server_->RunForMs(100);
  server_->SendCommand(b_, {"SET", "other", "v"});
  EXPECT_EQ(server_->pipeline().Find(b_)->hold, Hold::kExecutor);
  EXPECT_EQ(server_->Ask({"GET", "other"}), "$-1\r\n");
  env_.ClearFaults();
  server_->RunForMs(60'000);
  EXPECT_TRUE(server_->Receive(a_).starts_with("*2\r\n:1\r\n*6002\r\n"));
  EXPECT_EQ(server_->Receive(b_), "+OK\r\n");
}

// --- WATCH ---

TEST_F(Transactions, AWatchedKeyThatWasChangedAborts) {
  A({"SET", "k", "1"});
  const std::vector<std::vector<std::string_view>> changes = {
      {"SET", "k", "2"},       {"DEL", "k"},
      {"SET", "k", "3"},       {"EXPIRE", "k", "9"},
      {"PERSIST", "k"},        {"RENAME", "k", "k2"},
      {"RENAME", "k2", "k"},   {"APPEND", "k", "x"},
      {"APPEND", "k", ""},     {"FLUSHDB"},
      {"HSET", "k", "f", "v"}, {"HSET", "k", "f", "w"},
      {"HDEL", "k", "f"},      {"SET", "k", "1"},
      {"SWAPDB", "0", "1"},    {"SWAPDB", "0", "1"},
      {"COPY", "k", "k2"},     {"COPY", "k2", "k", "REPLACE"},
      {"MOVE", "k", "3"},      {"FLUSHALL"}};
  for (const auto& change : changes) {
    const bool leaves_it = change[0] == "COPY" && change[1] == "k";
    const bool was_empty = change[0] == "FLUSHALL";
    EXPECT_EQ(A({"WATCH", "k"}), "+OK\r\n");
    EXPECT_FALSE(B(change).starts_with('-')) << change[0];
    EXPECT_EQ(A({"MULTI"}), "+OK\r\n");
    EXPECT_EQ(A({"PING"}), kQueued);
    EXPECT_EQ(A({"EXEC"}), leaves_it || was_empty ? "*1\r\n+PONG\r\n" : kAborted)
        << change[0] << ' ' << (change.size() > 1 ? change[1] : "");
  }
}

// Some writes put elements and no record.
TEST_F(Transactions, AWriteOfElementsAloneAborts) {
  A({"SETRANGE", "s", "9000", "end"});
  std::vector<std::string> words = {"HSET", "h"};
  for (int i = 0; i < 200; ++i) words.insert(words.end(), {Format("field:{}", i), "v"});
  A({words.begin(), words.end()});
  const std::vector<std::vector<std::string_view>> changes = {
      {"SETRANGE", "s", "3", "x"}, {"APPEND", "s", ""}, {"HSET", "h", "field:7", "w"}};
  for (const auto& change : changes) {
    A({"WATCH", change[1]});
    B(change);
    A({"MULTI"});
    A({"PING"});
    EXPECT_EQ(A({"EXEC"}), kAborted) << change[0];
  }
}

TEST_F(Transactions, WhatChangesNothingDoesNotAbort) {
  A({"SET", "k", "1"});
  A({"WATCH", "k", "none"});
  B({"GET", "k"});
  B({"SETNX", "k", "2"});
  B({"SET", "other", "2"});
  B({"DEL", "none"});
  B({"EXPIRE", "none", "10"});
  B({"SETRANGE", "k", "0", ""});
  A({"MULTI"});
  A({"SET", "k", "mine"});
  EXPECT_EQ(A({"EXEC"}), "*1\r\n+OK\r\n");
}

TEST_F(Transactions, ExecDiscardAndUnwatchEndTheWatch) {
  for (const std::string_view end : {"EXEC", "DISCARD", "UNWATCH", "RESET"}) {
    A({"SET", "k", "1"});
    A({"WATCH", "k"});
    if (end == "EXEC" || end == "DISCARD") A({"MULTI"});
    A({end});
    B({"SET", "k", "2"});
    A({"MULTI"});
    A({"PING"});
    EXPECT_EQ(A({"EXEC"}), "*1\r\n+PONG\r\n") << end;
    EXPECT_TRUE(server_->pipeline().watches().empty()) << end;
  }
  A({"WATCH", "k"});
  server_->Disconnect(a_);
  EXPECT_TRUE(server_->pipeline().watches().empty());
  EXPECT_EQ(server_->pipeline().watches().clients(), 0u);
}

TEST_F(Transactions, UnwatchInsideIsOfNoUseToThisExec) {
  A({"WATCH", "k"});
  B({"SET", "k", "2"});
  A({"MULTI"});
  A({"UNWATCH"});
  EXPECT_EQ(A({"EXEC"}), kAborted);
}

TEST_F(Transactions, AWatchedKeyThatExpiresAborts) {
  A({"SET", "x", "foo", "PX", "60"});
  A({"WATCH", "x"});
  env_.AdvanceMs(150);
  A({"MULTI"});
  A({"PING"});
  EXPECT_EQ(A({"EXEC"}), kAborted);
  // Also if it was removed meanwhile.
  A({"SET", "y", "foo", "PX", "60"});
  A({"WATCH", "y"});
  server_->RunForMs(400);
  server_->Tick();
  server_->Settle();
  EXPECT_EQ(B({"DBSIZE"}), ":0\r\n");
  A({"MULTI"});
  A({"PING"});
  EXPECT_EQ(A({"EXEC"}), kAborted);
}

TEST_F(Transactions, AKeyThatHadExpiredBeforeWatchDoesNotAbort) {
  server_->pipeline().SetActiveExpire(false);
  A({"SET", "x", "foo", "PX", "1"});
  env_.AdvanceMs(5);
  A({"WATCH", "x"});
  EXPECT_EQ(B({"EXISTS", "x"}), ":0\r\n");
  server_->pipeline().SetActiveExpire(true);
  server_->Tick();
  server_->Settle();
  EXPECT_EQ(B({"DBSIZE"}), ":0\r\n");
  A({"MULTI"});
  A({"PING"});
  EXPECT_EQ(A({"EXEC"}), "*1\r\n+PONG\r\n");
}

TEST_F(Transactions, AFlushTouchesOnlyKeysThatExist) {
  A({"SET", "there", "1"});
  A({"WATCH", "none"});
  B({"FLUSHDB"});
  A({"MULTI"});
  A({"PING"});
  EXPECT_EQ(A({"EXEC"}), "*1\r\n+PONG\r\n");
  // The new meaning of the number is watched.
  A({"WATCH", "none"});
  B({"FLUSHALL"});
  B({"SET", "none", "1"});
  A({"MULTI"});
  A({"PING"});
  EXPECT_EQ(A({"EXEC"}), kAborted);
}

TEST_F(Transactions, ASwapTouchesWhatExistsOnEitherSide) {
  A({"WATCH", "k"});
  B({"SWAPDB", "0", "1"});
  A({"MULTI"});
  A({"PING"});
  EXPECT_EQ(A({"EXEC"}), "*1\r\n+PONG\r\n") << "on neither";
  B({"SELECT", "1"});
  B({"SET", "k", "1"});
  A({"WATCH", "k"});
  B({"SWAPDB", "0", "1"});
  A({"MULTI"});
  A({"PING"});
  EXPECT_EQ(A({"EXEC"}), kAborted) << "on the other";
  A({"WATCH", "k"});
  B({"SET", "k", "of 1"});
  A({"MULTI"});
  A({"PING"});
  EXPECT_EQ(A({"EXEC"}), "*1\r\n+PONG\r\n") << "the key of another database";
}

// B's INCR is executed and not durable when A watches: A sees it, or its EXEC does nothing.
TEST_F(Transactions, WatchWaitsForWhatItMayHaveMet) {
  A({"SET", "n", "0"});
  env_.StallSyncs(".wal", 2000);
  server_->SendCommand(b_, {"INCR", "n"});
  server_->SendCommand(a_, {"WATCH", "n"});
  server_->Settle();
  EXPECT_EQ(server_->Receive(a_), "") << "it depends on the INCR";
  server_->RunForMs(3000);
  EXPECT_EQ(server_->Receive(a_), "+OK\r\n");
  EXPECT_EQ(A({"GET", "n"}), "$1\r\n1\r\n");
}

// What EXEC tells of a change is no sooner told than the change itself.
TEST_F(Transactions, AnAbortWaitsForWhatCausedIt) {
  A({"WATCH", "n"});
  A({"MULTI"});
  A({"GET", "n"});
  env_.StallSyncs(".wal", 2000);
  server_->SendCommand(b_, {"INCR", "n"});
  server_->SendCommand(a_, {"EXEC"});
  server_->Settle();
  EXPECT_EQ(server_->Receive(a_), "");
  server_->RunForMs(3000);
  EXPECT_EQ(server_->Receive(a_), kAborted);
}

TEST_F(Transactions, ClientListTellsOfTheQueue) {
  A({"MULTI"});
  A({"PING"});
  const std::string list = B({"CLIENT", "LIST", "ID", Format("{}", a_)});
  EXPECT_NE(list.find(" flags=x "), std::string::npos) << list;
  EXPECT_NE(list.find(" multi=1 "), std::string::npos) << list;
}

}  // namespace
}  // namespace cordwood::pipeline

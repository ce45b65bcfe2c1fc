// What DEBUG does to a running server, and who may use it.

#include <gtest/gtest.h>

#include <string>

#include "base/format.h"
#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

using config::AllowedFrom;

class DebugOnAServer : public ::testing::Test {
 protected:
  DebugOnAServer() : env_(1), server_(env_, TinyStoreOptions()) {}
  void SetUp() override {
    server_.facts().pause = [this](uint64_t ms) { paused_ms_ += ms; };
    server_.facts().purge_memory = [this] { return ++purges_ == 1; };
    ASSERT_TRUE(server_.Start());
  }

  void Allow(AllowedFrom from) { server_.config().enable_debug_command = from; }

  /// What a connection is told.
  std::string Ask(bool is_local) {
    const SessionId id = server_.pipeline().Open({.address = "192.0.2.1:5", .is_local = is_local});
    server_.SendCommand(id, {"DEBUG", "PROTOCOL", "integer"});
    return server_.Receive(id);
  }

  void RunAndTick() {
    for (int i = 0; i < 20; ++i) {
      server_.RunForMs(100);
      server_.Tick();
      server_.Settle();
    }
  }

  uint64_t paused_ms_ = 0;
  int purges_ = 0;
  support::SimEnv env_;
  SimServer server_;
};

TEST_F(DebugOnAServer, IsForWhomTheOptionSays) {
  server_.config().protected_mode = false;
  const std::string yes = ":12345\r\n";
  EXPECT_TRUE(Ask(true).starts_with("-ERR DEBUG command not allowed."));
  EXPECT_TRUE(Ask(false).starts_with("-ERR DEBUG command not allowed."));
  Allow(AllowedFrom::kThisMachine);
  EXPECT_EQ(Ask(true), yes);
  EXPECT_TRUE(Ask(false).starts_with("-ERR DEBUG command not allowed."));
  Allow(AllowedFrom::kEverywhere);
  EXPECT_EQ(Ask(true), yes);
  EXPECT_EQ(Ask(false), yes);
  EXPECT_EQ(server_.Ask({"CONFIG", "GET", "enable-debug-command"}),
            "*2\r\n$20\r\nenable-debug-command\r\n$3\r\nyes\r\n");
  EXPECT_TRUE(server_.Ask({"CONFIG", "SET", "enable-debug-command", "no"}).starts_with("-ERR"));
}

TEST_F(DebugOnAServer, SleepStopsIt) {
  Allow(AllowedFrom::kEverywhere);
  EXPECT_EQ(server_.Ask({"DEBUG", "SLEEP", "1.5"}), "+OK\r\n");
  EXPECT_EQ(paused_ms_, 1500u);
}

TEST_F(DebugOnAServer, WithoutActiveExpireOnlyWhatIsAskedForIsGone) {
  Allow(AllowedFrom::kEverywhere);
  EXPECT_EQ(server_.Ask({"DEBUG", "SET-ACTIVE-EXPIRE", "0"}), "+OK\r\n");
  EXPECT_EQ(server_.Ask({"SET", "k", "v", "PX", "10"}), "+OK\r\n");
  RunAndTick();
  EXPECT_EQ(server_.Ask({"DBSIZE"}), ":1\r\n");
  EXPECT_EQ(server_.Ask({"EXISTS", "k"}), ":0\r\n");
  EXPECT_EQ(server_.Ask({"DEBUG", "SET-ACTIVE-EXPIRE", "1"}), "+OK\r\n");
  RunAndTick();
  EXPECT_EQ(server_.Ask({"DBSIZE"}), ":0\r\n");
}

TEST_F(DebugOnAServer, DigestIsTheSameAfterAMerge) {
  Allow(AllowedFrom::kEverywhere);
  EXPECT_EQ(server_.Ask({"DEBUG", "POPULATE", "3000"}), "+OK\r\n");
  for (int i = 0; i < 300; ++i) server_.Ask({"HSET", "h", Format("f{}", i), "v"});
  const std::string digest = server_.Ask({"DEBUG", "DIGEST"});
  EXPECT_EQ(digest.size(), 43u) << digest;
  EXPECT_EQ(server_.Ask({"COMPACT"}), "+OK\r\n");
  server_.Settle();
  EXPECT_EQ(server_.Ask({"DEBUG", "DIGEST"}), digest);
  EXPECT_EQ(server_.Ask({"DEL", "key:7"}), ":1\r\n");
  EXPECT_NE(server_.Ask({"DEBUG", "DIGEST"}), digest);
}

TEST_F(DebugOnAServer, PurgeAsksTheProcess) {
  EXPECT_EQ(server_.Ask({"MEMORY", "PURGE"}), "+OK\r\n");
  EXPECT_EQ(server_.Ask({"MEMORY", "PURGE"}), "-ERR Error purging dirty pages\r\n");
}

// The store is closed and opened again beneath the connections, with what was set meanwhile.
TEST_F(DebugOnAServer, ReloadsTheStore) {
  Allow(AllowedFrom::kEverywhere);
  env_.ForbidMainIo(false);
  const SessionId client = server_.Connect();
  const auto tell = [&](const std::vector<std::string_view>& argv) {
    server_.SendCommand(client, argv);
    server_.Settle();
    return server_.Receive(client);
  };
  for (int i = 0; i < 300; ++i) tell({"SET", Format("k{}", i), std::string(100, 'v')});
  tell({"HSET", "h", "f", "v"});
  tell({"SET", "x", "v", "PX", "1000"});
  tell({"SELECT", "3"});
  tell({"SET", "in 3", "v"});
  tell({"SWAPDB", "3", "4"});
  tell({"CONFIG", "SET", "appendfsync", "no"});
  const storage::Seq last_seq = server_.keyspace().store().last_seq();
  for (const std::string_view how : {"RELOAD", "LOADAOF", "RELOAD"}) {
    server_.Send(client, Pipelined({{"SET", "late", how}, {"DEBUG", how}}));
    server_.Settle();
    EXPECT_EQ(server_.Receive(client), "+OK\r\n+OK\r\n");
  }
  EXPECT_GE(server_.keyspace().store().last_seq(), last_seq + 3);
  EXPECT_EQ(tell({"DBSIZE"}), ":1\r\n") << "late, in database 3";
  EXPECT_EQ(tell({"SELECT", "4"}), "+OK\r\n");
  EXPECT_EQ(tell({"GET", "in 3"}), "$1\r\nv\r\n");
  tell({"SELECT", "0"});
  // What filters could not tell when it was written is counted by a merge.
  tell({"COMPACT"});
  EXPECT_EQ(tell({"DBSIZE"}), ":302\r\n");
  EXPECT_EQ(tell({"HGETALL", "h"}), "*2\r\n$1\r\nf\r\n$1\r\nv\r\n");
  EXPECT_EQ(tell({"GET", "k7"}).substr(0, 6), "$100\r\n");
  // Expiry goes on, and so does what was set.
  env_.AdvanceMs(2000);
  RunAndTick();
  EXPECT_EQ(tell({"DBSIZE"}), ":301\r\n");
  env_.StallSyncs(".wal", 100'000);
  EXPECT_EQ(tell({"SET", "y", "1"}), "+OK\r\n") << "appendfsync no";
}

TEST_F(DebugOnAServer, ReloadWaitsForThoseWhoRead) {
  Allow(AllowedFrom::kEverywhere);
  env_.ForbidMainIo(false);
  for (int i = 0; i < 300; ++i) server_.Ask({"SET", Format("k{}", i), std::string(300, 'v')});
  server_.Ask({"DEBUG", "RELOAD"});
  env_.StallReads(".sst", 500);
  const SessionId reader = server_.Connect();
  server_.SendCommand(reader, {"GET", "k150"});
  const SessionId gone = server_.Connect();
  server_.SendCommand(gone, {"GET", "k10"});
  server_.Disconnect(gone);  // its blocks are still being fetched
  server_.Ask({"DEBUG", "RELOAD"});
  server_.RunForMs(2000);
  EXPECT_EQ(server_.Receive(reader).substr(0, 6), "$300\r\n");
  EXPECT_EQ(server_.Ask({"GET", "k10"}).substr(0, 6), "$300\r\n");
}

TEST_F(DebugOnAServer, ReloadTakesTheOptionsOfRedis) {
  Allow(AllowedFrom::kEverywhere);
  env_.ForbidMainIo(false);
  EXPECT_EQ(server_.Ask({"DEBUG", "RELOAD", "NOSAVE", "noflush", "MERGE"}), "+OK\r\n");
  EXPECT_EQ(server_.Ask({"DEBUG", "RELOAD", "NOW"}),
            "-ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.\r\n");
}

}  // namespace
}  // namespace cordwood::pipeline

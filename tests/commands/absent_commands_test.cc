#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/commands/redis_server.h"
#include "tests/commands/runner.h"

namespace cordwood::commands {
namespace {

const std::vector<std::vector<std::string>> kSameInRedis = {
    {"CLUSTER"},
    {"CLUSTER", "INFO"},
    {"CLUSTER", "INFO", "x"},
    {"CLUSTER", "FOO"},
    {"CLUSTER", "SLOTS"},
    {"CLUSTER", "KEYSLOT", "k"},
    {"FAILOVER"},
    {"FAILOVER", "ABORT"},
    {"FAILOVER", "ABORT", "x"},
    {"FAILOVER", "TO", "a", "1"},
    {"FAILOVER", "TO", "a", "x"},
    {"FAILOVER", "TO", "a", "1", "ABORT"},
    {"FAILOVER", "TO", "a", "1", "FORCE", "TIMEOUT", "5"},
    {"FAILOVER", "TIMEOUT", "0"},
    {"FAILOVER", "TIMEOUT", "x"},
    {"FAILOVER", "FOO"},
    {"FUNCTION"},
    {"FUNCTION", "FOO"},
    {"FUNCTION", "FLUSH"},
    {"FUNCTION", "FLUSH", "async"},
    {"FUNCTION", "FLUSH", "SYNC"},
    {"FUNCTION", "FLUSH", "x"},
    {"FUNCTION", "LIST"},
    {"FUNCTION", "LIST", "WITHCODE"},
    {"FUNCTION", "LIST", "LIBRARYNAME", "x", "withcode"},
    {"FUNCTION", "LIST", "LIBRARYNAME"},
    {"FUNCTION", "LIST", "WITHCODE", "WITHCODE"},
    {"MODULE"},
    {"MODULE", "LIST"},
    {"MODULE", "FOO"},
    {"MEMORY", "PURGE"},
    {"READONLY"},
    {"READWRITE"},
    {"REPLICAOF", "no", "ONE"},
    {"REPLICAOF", "no"},
    {"ROLE"},
    {"SHUTDOWN", "ABORT"},
    {"SLAVEOF", "NO", "one"},
};

TEST(AbsentCommands, ReplyWhatRedisRepliesWithoutThem) {
  if (!RedisServer::Installed()) GTEST_SKIP() << "redis-server is not installed";
  RedisServer redis;
  CommandRunner runner;
  for (const int version : {2, 3}) {
    redis.Run({"HELLO", std::to_string(version)});
    runner.UseResp(version);
    for (const std::vector<std::string>& command : kSameInRedis) {
      const std::string ours = runner.Run({command.begin(), command.end()});
      EXPECT_EQ(ours, redis.Run(command)) << command[0] << " " << command.back();
    }
  }
}

TEST(AbsentCommands, ReplicationIsRefused) {
  CommandRunner runner;
  EXPECT_EQ(runner.Run({"REPLICAOF", "127.0.0.1", "6379"}),
            ErrorReply("ERR replication is not supported; REPLICAOF takes NO ONE"));
  EXPECT_EQ(runner.Run({"REPLICAOF", "NO", "TWO"}),
            ErrorReply("ERR replication is not supported; REPLICAOF takes NO ONE"));
}

TEST(AbsentCommands, EverythingIsSavedAtAnyTime) {
  CommandRunner runner;
  runner.host().wall_us = 1'700'000'000'900'000;
  EXPECT_EQ(runner.Run({"LASTSAVE"}), Integer(1'700'000'000));
}

TEST(MemoryPurge, AsksTheAllocator) {
  CommandRunner runner;
  EXPECT_EQ(runner.Run({"MEMORY", "PURGE"}), kOk);
  EXPECT_EQ(runner.host().purges, 1);
  runner.host().purge_fails = true;
  EXPECT_EQ(runner.Run({"MEMORY", "PURGE"}), ErrorReply("ERR Error purging dirty pages"));
}

}  // namespace
}  // namespace cordwood::commands

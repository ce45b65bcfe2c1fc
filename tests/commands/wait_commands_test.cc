// What WAIT, WAITAOF and CLIENT UNBLOCK reply at once: as within a transaction, where nothing
// waits.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/commands/redis_server.h"
#include "tests/commands/runner.h"

namespace cordwood::commands {
namespace {

const std::vector<std::vector<std::string>> kSameInRedis = {
    {"WAIT"},
    {"WAIT", "0"},
    {"WAIT", "0", "0"},
    {"WAIT", "-1", "5"},
    {"WAIT", "0", "-5"},
    {"WAIT", "x", "5"},
    {"WAIT", "1", "x"},
    {"WAIT", "1", "1.5"},
    {"WAIT", "99999999999999999999", "1"},
    {"BLPOP", "a"},
    {"BLPOP", "a", "x"},
    {"BLPOP", "a", "nan"},
    {"BLPOP", "a", "-inf"},
    {"BLPOP", "a", "-1"},
    {"BLPOP", "a", "-0.0001"},
    {"BLPOP", "a", "0x1p-4"},
    {"BLPOP", "a", "1e3"},
    {"BLPOP", "a", "str", "1"},
    {"BRPOP", "a", "b", "1"},
    {"BRPOP", "a", "", "1"},
    {"BRPOP", "str", "-1"},
    {"BLMPOP", "1", "0", "a", "LEFT"},
    {"BLMPOP", "x", "0", "a", "LEFT"},
    {"BLMPOP", "x", "1", "a", "LEFT"},
    {"BLMPOP", "-1", "1", "a", "LEFT"},
    {"BLMPOP", "1", "2", "a", "LEFT"},
    {"BLMPOP", "1", "1", "a", "LEFT"},
    {"BLMPOP", "1", "1", "a", "LEFT", "COUNT", "0"},
    {"BLMPOP", "1", "1", "a", "LEFT", "COUNT", "1", "COUNT", "2"},
    {"BLMPOP", "1", "1", "a", "UP"},
    {"BLMPOP", "1", "2", "a", "str", "RIGHT"},
    {"BLMOVE", "a", "b", "LEFT", "RIGHT", "1"},
    {"BLMOVE", "a", "b", "X", "LEFT", "x"},
    {"BLMOVE", "a", "b", "LEFT", "LEFT", "x"},
    {"BLMOVE", "str", "b", "LEFT", "LEFT", "1"},
    {"BLMOVE", "a", "str", "LEFT", "LEFT", "1"},
    {"BRPOPLPUSH", "a", "b", "1"},
    {"BRPOPLPUSH", "a", "b", "x"},
    {"BRPOPLPUSH", "str", "b", "1"},
    {"RPUSH", "l", "1", "2", "3", "4", "5", "6", "7", "8"},
    {"BLMOVE", "l", "str", "LEFT", "LEFT", "1"},
    {"BLPOP", "a", "l", "1"},
    {"BRPOP", "a", "l", "1"},
    {"BLMPOP", "1", "2", "a", "l", "LEFT", "COUNT", "2"},
    {"BLMOVE", "l", "m", "LEFT", "RIGHT", "1"},
    {"BRPOPLPUSH", "l", "l", "1"},
    {"BLMOVE", "l", "l", "LEFT", "LEFT", "1"},
    {"BLMPOP", "1", "1", "l", "RIGHT", "COUNT", "100"},
    {"EXISTS", "l", "m"},
    {"CLIENT", "UNBLOCK"},
    {"CLIENT", "UNBLOCK", "x"},
    {"CLIENT", "UNBLOCK", "999"},
    {"CLIENT", "UNBLOCK", "-1", "error"},
    {"CLIENT", "UNBLOCK", "x", "FOO"},
    {"CLIENT", "UNBLOCK", "1", "TIMEOUT", "EXTRA"},
};

/// What Redis replies within a transaction, where nothing waits.
std::string AskWithoutWaiting(RedisServer& redis, const std::vector<std::string>& command) {
  const std::vector<std::string> replies = redis.Run({{"MULTI"}, command, {"EXEC"}});
  if (replies[1].starts_with('-')) return replies[1];
  constexpr std::string_view kOne = "*1\r\n";
  return replies[2].substr(kOne.size());
}

TEST(WaitCommands, ReplyWhatRedisReplies) {
  if (!RedisServer::Installed()) GTEST_SKIP() << "redis-server is not installed";
  RedisServer redis;
  CommandRunner runner;
  for (const int version : {2, 3}) {
    redis.Run({"HELLO", std::to_string(version)});
    runner.UseResp(version);
    redis.Run({"SET", "str", "s"});
    runner.Run({"SET", "str", "s"});
    for (const std::vector<std::string>& command : kSameInRedis) {
      EXPECT_EQ(runner.Run({command.begin(), command.end()}), AskWithoutWaiting(redis, command))
          << testing::PrintToString(command);
    }
  }
}

// 7.0 takes them for negative.
TEST(WaitCommands, ATimeoutThatNoClockReachesIsOutOfRange) {
  CommandRunner runner;
  for (const std::string_view timeout :
       {"1e18", "inf", "9223372036854775807", "9223372036854775"}) {
    EXPECT_EQ(runner.Run({"BLPOP", "k", timeout}), "-ERR timeout is out of range\r\n");
  }
  EXPECT_EQ(runner.Run({"BLPOP", "k", "9e15"}), "*-1\r\n");
  EXPECT_EQ(runner.Run({"WAIT", "1", "9223372036854775807"}), "-ERR timeout is out of range\r\n");
}

TEST(WaitCommands, WaitaofTellsOfTheLog) {
  CommandRunner runner;
  EXPECT_EQ(runner.Run({"WAITAOF", "1", "0", "0"}), "*2\r\n:1\r\n:0\r\n");
  EXPECT_EQ(runner.Run({"WAITAOF", "1", "1", "0"}), "*2\r\n:1\r\n:0\r\n");
  runner.host().synced = false;
  EXPECT_EQ(runner.Run({"WAITAOF", "1", "0", "0"}), "*2\r\n:0\r\n:0\r\n");
  EXPECT_EQ(runner.Run({"WAITAOF", "0", "0", "0"}), "*2\r\n:0\r\n:0\r\n");
  EXPECT_EQ(runner.Run({"WAITAOF", "2", "0", "0"}),
            "-ERR value is out of range, value must between 0 and 1\r\n");
  EXPECT_EQ(runner.Run({"WAITAOF", "0", "-1", "0"}),
            "-ERR value is out of range, must be positive\r\n");
  EXPECT_EQ(runner.Run({"WAITAOF", "0", "x", "0"}),
            "-ERR value is not an integer or out of range\r\n");
  EXPECT_EQ(runner.Run({"WAITAOF", "0", "0", "-1"}), "-ERR timeout is negative\r\n");
}

TEST(WaitCommands, UnblockEndsWhatWaits) {
  using Ending = Blocked::Ending;
  CommandRunner runner;
  runner.host().waiting = {8, 9};
  EXPECT_EQ(runner.Run({"CLIENT", "UNBLOCK", "8"}), ":1\r\n");
  EXPECT_EQ(runner.Run({"CLIENT", "UNBLOCK", "9", "error"}), ":1\r\n");
  EXPECT_EQ(runner.Run({"CLIENT", "UNBLOCK", "7"}), ":0\r\n");
  const std::vector<std::pair<uint64_t, Ending>> expected = {{8, Ending::kTimeout},
                                                             {9, Ending::kError}};
  EXPECT_EQ(runner.host().unblocked, expected);
}

}  // namespace
}  // namespace cordwood::commands

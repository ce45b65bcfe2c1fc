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
    {"CLIENT", "UNBLOCK"},
    {"CLIENT", "UNBLOCK", "x"},
    {"CLIENT", "UNBLOCK", "999"},
    {"CLIENT", "UNBLOCK", "-1", "error"},
    {"CLIENT", "UNBLOCK", "x", "FOO"},
    {"CLIENT", "UNBLOCK", "1", "TIMEOUT", "EXTRA"},
};

TEST(WaitCommands, ReplyWhatRedisReplies) {
  if (!RedisServer::Installed()) GTEST_SKIP() << "redis-server is not installed";
  RedisServer redis;
  CommandRunner runner;
  for (const std::vector<std::string>& command : kSameInRedis) {
    EXPECT_EQ(runner.Run({command.begin(), command.end()}), redis.Run(command))
        << testing::PrintToString(command);
  }
}

TEST(WaitCommands, ATimeoutThatNoClockReachesIsOutOfRange) {
  CommandRunner runner;
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

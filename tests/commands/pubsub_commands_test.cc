// What the commands of pub/sub reply to the connection itself, beside redis-server.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/commands/redis_server.h"
#include "tests/commands/runner.h"

namespace cordwood::commands {
namespace {

// In RESP3, which lets a subscriber ask for anything. Each has one reply.
const std::vector<std::vector<std::string>> kSameInRedis = {
    {"SUBSCRIBE"},
    {"PSUBSCRIBE"},
    {"SSUBSCRIBE"},
    {"UNSUBSCRIBE"},
    {"PUNSUBSCRIBE"},
    {"SUNSUBSCRIBE"},
    {"UNSUBSCRIBE", "never"},
    {"PUNSUBSCRIBE", "never*"},
    {"SUNSUBSCRIBE", "never"},
    {"SUBSCRIBE", "a"},
    {"SUBSCRIBE", "a"},
    {"SUBSCRIBE", ""},
    {"PSUBSCRIBE", "a*"},
    {"PSUBSCRIBE", "["},
    {"PSUBSCRIBE", "a*"},
    {"SSUBSCRIBE", "a"},
    {"PUBSUB"},
    {"PUBSUB", "NOSUCH"},
    {"PUBSUB", "CHANNELS", "a*"},
    {"PUBSUB", "CHANNELS", "a", "b"},
    {"PUBSUB", "SHARDCHANNELS"},
    {"PUBSUB", "SHARDCHANNELS", "x*"},
    {"PUBSUB", "NUMPAT"},
    {"PUBSUB", "NUMPAT", "x"},
    {"PUBSUB", "NUMSUB"},
    {"PUBSUB", "NUMSUB", "a", "b", "none", "a"},
    {"PUBSUB", "SHARDNUMSUB", "a", "b"},
    {"PUBSUB", "SHARDNUMSUB"},
    {"PUBLISH", "a"},
    {"PUBLISH", "none", "m", "n"},
    {"PUBLISH", "none", "m"},
    {"SPUBLISH", "none", "m"},
    {"PING"},
    {"PING", "x"},
    {"UNSUBSCRIBE", "none"},
    {"UNSUBSCRIBE", "a"},
    {"PUNSUBSCRIBE", "a*"},
    {"PUNSUBSCRIBE"},
    {"SUNSUBSCRIBE"},
    {"UNSUBSCRIBE"},
};

TEST(PubSubCommands, ReplyAsRedisDoes) {
  if (!RedisServer::Installed()) GTEST_SKIP() << "redis-server is not installed";
  RedisServer redis;
  CommandRunner runner;
  redis.Run(std::vector<std::string>{"HELLO", "3"});
  runner.UseResp(3);
  for (const std::vector<std::string>& command : kSameInRedis) {
    EXPECT_EQ(runner.Run({command.begin(), command.end()}), redis.Run(command))
        << testing::PrintToString(command);
  }
}

TEST(PubSubCommands, CountWhomTheySendTo) {
  CommandRunner runner;
  runner.UseResp(3);
  runner.host().others_subscribed = 7;
  EXPECT_EQ(runner.Run({"PUBLISH", "c", "m"}), Integer(7));
  runner.Run({"SUBSCRIBE", "c"});
  runner.Run({"PSUBSCRIBE", "?", "x", "*"});
  EXPECT_EQ(runner.Run({"PUBLISH", "c", "m2"}), Integer(10)) << "with its own";
  EXPECT_EQ(runner.Run({"SPUBLISH", "c", "m3"}), Integer(7));
  using Messages = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(runner.host().published, (Messages{{"c", "m"}, {"c", "m2"}, {"c", "m3"}}));
}

}  // namespace
}  // namespace cordwood::commands

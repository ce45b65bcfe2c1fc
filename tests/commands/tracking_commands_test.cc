// CLIENT TRACKING, CACHING, GETREDIR and TRACKINGINFO: what they reply, beside Redis where it is
// installed, and what they ask of the table.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/format.h"
#include "base/number.h"
#include "tests/commands/redis_server.h"
#include "tests/commands/runner.h"

namespace cordwood::commands {
namespace {

using RedisArgv = std::vector<std::string>;

// Each stands on its own. ME is the client's own number.
constexpr std::string_view kTrackingStreams[] = {
    "TRACKING ON|TRACKINGINFO|GETREDIR|TRACKING OFF|TRACKINGINFO|GETREDIR",
    "tracking on|trackinginfo|tracking off",
    "TRACKING|TRACKING MAYBE|TRACKING ON NOTHING|TRACKING MAYBE NOTHING|TRACKING OFF NOTHING",
    "TRACKING ON REDIRECT|TRACKING ON REDIRECT x|TRACKING ON REDIRECT 0|TRACKING ON REDIRECT -3",
    "TRACKING ON REDIRECT 99999|TRACKING OFF REDIRECT 99999|TRACKING ON REDIRECT ME REDIRECT ME",
    "TRACKING ON REDIRECT ME|TRACKINGINFO|GETREDIR|TRACKING ON|GETREDIR",
    "TRACKING ON PREFIX a|TRACKING ON PREFIX|TRACKING ON BCAST PREFIX|TRACKINGINFO",
    "TRACKING ON BCAST|TRACKINGINFO|TRACKING ON|TRACKING ON BCAST|TRACKING OFF|TRACKING ON",
    "TRACKING ON|TRACKING ON BCAST|TRACKING ON BCAST OPTIN",
    "TRACKING ON BCAST OPTIN|TRACKING ON OPTOUT BCAST|TRACKING ON OPTIN OPTOUT",
    "TRACKING ON OPTIN|TRACKING ON OPTOUT|TRACKING ON|TRACKING ON OPTOUT|TRACKING ON OPTIN",
    "TRACKING ON OPTIN NOLOOP|TRACKINGINFO|TRACKING ON OPTIN|TRACKINGINFO",
    "TRACKING ON BCAST PREFIX foo PREFIX ba|TRACKINGINFO|TRACKING ON BCAST PREFIX x|TRACKINGINFO",
    "TRACKING ON BCAST PREFIX foo|TRACKING ON BCAST PREFIX fo|TRACKING ON BCAST PREFIX foobar",
    "TRACKING ON BCAST PREFIX foo|TRACKING ON BCAST PREFIX foo|TRACKING ON BCAST|TRACKINGINFO",
    "TRACKING ON BCAST PREFIX foo PREFIX fo|TRACKINGINFO|TRACKING ON BCAST PREFIX x PREFIX x",
    "CACHING YES|CACHING NO|CACHING MAYBE|CACHING|CACHING YES NO",
    "TRACKING ON|CACHING YES|CACHING NO|CACHING MAYBE",
    "TRACKING ON OPTIN|CACHING NO|TRACKINGINFO|CACHING YES|TRACKINGINFO",
    "TRACKING ON OPTOUT|CACHING YES|TRACKINGINFO|caching no|TRACKINGINFO",
    "TRACKING ON OPTIN|CACHING YES|TRACKING ON OPTIN|TRACKINGINFO|TRACKING OFF|TRACKINGINFO",
    "GETREDIR x|TRACKINGINFO x",
};

std::vector<std::string> Words(std::string_view text, char separator) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const size_t end = std::min(text.find(separator), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

TEST(TrackingCommands, ReplyAsRedis) {
  if (!RedisServer::Installed()) GTEST_SKIP() << "redis-server is not installed";
  RedisServer redis;
  for (const char* const protocol : {"2", "3"}) {
    redis.Run(RedisArgv{"HELLO", protocol});
    const std::string id_reply = redis.Run(RedisArgv{"CLIENT", "ID"});
    const std::string id = id_reply.substr(1, id_reply.size() - 3);
    for (const std::string_view stream : kTrackingStreams) {
      CommandRunner runner;
      runner.UseResp(protocol[0] - '0');
      runner.client().id = static_cast<uint64_t>(ParseInt64(id).value());
      runner.host().connected = {runner.client().id};
      for (const std::string& text : Words(stream, '|')) {
        RedisArgv argv = {"CLIENT"};
        for (const std::string& word : Words(text, ' ')) argv.push_back(word == "ME" ? id : word);
        EXPECT_EQ(runner.Run({argv.begin(), argv.end()}), redis.Run(argv))
            << text << " of " << stream << " in RESP" << protocol;
      }
      redis.Run(RedisArgv{"CLIENT", "TRACKING", "OFF"});
    }
  }
}

// There Redis replies the error, switches tracking on and replies OK as well.
TEST(TrackingCommands, PrefixesThatOverlapEachOtherAreRefused) {
  CommandRunner runner;
  EXPECT_EQ(runner.Run({"CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "x", "PREFIX", "fo",
                        "PREFIX", "foo"}),
            ErrorReply("ERR Prefix 'fo' overlaps with another provided prefix 'foo'. Prefixes for "
                       "a single client must not overlap."));
  EXPECT_FALSE(runner.client().tracking.on);
  EXPECT_EQ(runner.host().tracking_updates, 0);
}

TEST(TrackingCommands, TheTableIsToldOfWhatCounts) {
  CommandRunner runner;
  runner.Execute({"MULTI"});
  runner.Execute({"GET", "before"});
  runner.Execute({"CLIENT", "TRACKING", "ON", "OPTIN"});
  runner.Execute({"GET", "not asked for"});
  runner.Execute({"CLIENT", "CACHING", "YES"});
  runner.Execute({"MGET", "a", "b"});
  runner.Execute({"SET", "written", "1"});
  runner.Execute({"FLUSHDB"});
  runner.Execute({"EXEC"});
  EXPECT_EQ(runner.host().tracking_updates, 1);
  EXPECT_EQ(runner.host().remembered, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(runner.host().invalidations_of_all, 1);
  runner.Execute({"RESET"});
  EXPECT_EQ(runner.host().tracking_updates, 2);
  EXPECT_FALSE(runner.client().tracking.on);
}

TEST(TrackingCommands, WhatChangesEverythingSaysSo) {
  CommandRunner runner;
  for (const char* const command : {"FLUSHALL", "FLUSHDB"}) runner.Run({command});
  EXPECT_EQ(runner.host().invalidations_of_all, 2) << "also of nothing, as Redis";
  runner.Run({"SWAPDB", "1", "1"});
  runner.Run({"FLUSHALL", "NEVER"});
  EXPECT_EQ(runner.host().invalidations_of_all, 2);
  runner.Run({"SWAPDB", "0", "1"});
  EXPECT_EQ(runner.host().invalidations_of_all, 3);
}

}  // namespace
}  // namespace cordwood::commands

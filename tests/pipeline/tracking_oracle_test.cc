// What one client is sent that tracks, replies and invalidations, beside what Redis sends: at
// random.
//
// Left out is where we differ on purpose (docs/COMPATIBILITY.md), and a key that one transaction
// changes twice: Redis may tell of both.

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "tests/commands/redis_server.h"
#include "tests/pipeline/blocking_fixture.h"
#include "tests/support/seeds.h"

namespace cordwood::pipeline {
namespace {

using OracleArgv = std::vector<std::string>;

const std::vector<OracleArgv> kModes = {
    {}, {"BCAST"}, {"BCAST", "PREFIX", "a", "PREFIX", "l"}, {"OPTIN"}, {"OPTOUT"}};

OracleArgv RandomWord(Random& random, const std::string& key) {
  const std::vector<OracleArgv> on_strings = {
      {"GET", key},           {"GET", key},    {"SET", key, "1"},       {"SET", key, "2", "NX"},
      {"INCR", key},          {"DEL", key},    {"EXPIRE", key, "1000"}, {"PERSIST", key},
      {"APPEND", key, "1"},   {"EXISTS", key}, {"GETDEL", key},         {"HSET", key, "f", "v"},
      {"MGET", key, "other"}, {"TTL", key},    {"STRLEN", key},         {"LPUSH", key, "x"}};
  const std::vector<OracleArgv> on_lists = {{"LPUSH", key, "x"},  {"LRANGE", key, "0", "-1"},
                                            {"LPOP", key},        {"LREM", key, "0", "y"},
                                            {"RPUSHX", key, "y"}, {"LLEN", key}};
  const std::vector<OracleArgv>& on_it = key[0] == 'l' ? on_lists : on_strings;
  return on_it[random.Below(on_it.size())];
}

std::vector<OracleArgv> RandomStream(Random& random, size_t commands) {
  std::vector<OracleArgv> stream = {{"CLIENT", "TRACKING", "ON"}};
  const OracleArgv& mode = kModes[random.Below(kModes.size())];
  stream[0].insert(stream[0].end(), mode.begin(), mode.end());
  const std::vector<std::string> keys = {"a1", "a2", "b", "l1", "l2"};
  const auto any_key = [&] { return keys[random.Below(keys.size())]; };
  while (stream.size() < commands) {
    switch (random.Below(12)) {
      case 0:
        stream.push_back({"CLIENT", "CACHING", random.OneIn(2) ? "YES" : "NO"});
        break;
      case 1:
        stream.push_back({"CLIENT", random.OneIn(2) ? "TRACKINGINFO" : "GETREDIR"});
        break;
      case 2:
        if (random.OneIn(3)) stream.push_back({"FLUSHDB"});
        stream.push_back({"SELECT", random.OneIn(3) ? "1" : "0"});
        break;
      case 3: {
        std::set<std::string> used;
        stream.push_back({"MULTI"});
        for (int i = 0; i < 3; ++i) {
          const std::string key = any_key();
          if (used.insert(key).second) stream.push_back(RandomWord(random, key));
        }
        stream.push_back({random.OneIn(5) ? "DISCARD" : "EXEC"});
        break;
      }
      case 4:
        stream.push_back({"MSET", "b", "1", "a1", "2"});
        break;
      default:
        stream.push_back(RandomWord(random, any_key()));
    }
  }
  return stream;
}

class TrackingOracle : public BlockingFixture {};

TEST_F(TrackingOracle, TellsWhatRedisTells) {
  if (!commands::RedisServer::Installed()) GTEST_SKIP() << "redis-server is not installed";
  constexpr size_t kCommands = 80;
  for (const uint64_t seed : support::Seeds(5, 300)) {
    SCOPED_TRACE(Format("CORDWOOD_SEED={}", seed));
    Random random(seed);
    std::vector<OracleArgv> stream = RandomStream(random, kCommands);
    std::string told;
    for (const OracleArgv& words : stream) told += Format("{} ", words[0]);
    // Behind these all that Redis sent has come.
    stream.insert(stream.end(), 3, {"PING"});
    commands::RedisServer redis;
    redis.Run(OracleArgv{"HELLO", "3"});
    Start();
    const SessionId id = server_->Connect();
    Ask(id, {"FLUSHALL"});  // of an earlier seed
    Ask(id, {"HELLO", "3"});
    std::string of_redis;
    std::string ours;
    for (const OracleArgv& words : stream) {
      // With a reply may come what it was told.
      for (const std::string& value : redis.Run(std::vector<OracleArgv>{words})) of_redis += value;
      ours += Ask(id, {words.begin(), words.end()});
    }
    ASSERT_TRUE(of_redis.ends_with("+PONG\r\n"));
    ASSERT_TRUE(ours.starts_with(of_redis)) << [&] {
      const size_t same = std::ranges::mismatch(of_redis, ours).in1 - of_redis.begin();
      const size_t from = same < 200 ? 0 : same - 200;
      return told + "\nRedis:\n" + of_redis.substr(from, 300) + "\nours:\n" +
             ours.substr(from, 300);
    }();
  }
}

}  // namespace
}  // namespace cordwood::pipeline

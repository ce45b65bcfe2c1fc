// Commands that name very many keys or elements have many turns, whatever they do with them.

#include <gtest/gtest.h>

#include <algorithm>

#include "base/format.h"
#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

using NameWords = std::vector<std::string>;

constexpr int kNames = 6000;

std::string Repeated(std::string_view text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

class ManyNames : public ::testing::Test {
 protected:
  // A look at the clock takes long, so that turns are short.
  ManyNames() : env_(support::SimOptions{.seed = 1, .clock_ns = 250'000}), server_(env_, {}) {}
  void SetUp() override {
    ASSERT_TRUE(server_.Start());
    other_ = server_.Connect();
  }

  static std::string Name(int i) { return Format("name:{}", i * 7919 % kNames); }
  /// The words, and for each name what stands in front of it, itself, and what stands behind it.
  static NameWords WithNames(NameWords words, const NameWords& before = {},
                             const NameWords& behind = {}) {
    for (int i = 0; i < kNames; ++i) {
      words.insert(words.end(), before.begin(), before.end());
      words.push_back(Name(i));
      words.insert(words.end(), behind.begin(), behind.end());
    }
    return words;
  }
  static std::string OfEach(std::string_view element) {
    return Format("*{}\r\n", kNames) + Repeated(element, kNames);
  }

  /// The turns of a command before it is committed; others are served between them.
  int TurnsOf(const NameWords& words, const std::string& expected) {
    server_.Settle();
    const SessionId id = server_.Connect();
    server_.Send(id, Pipelined({{words.begin(), words.end()}}));
    int turns = 0;
    for (; turns < 1'000'000; ++turns) {
      const Session* const session = server_.pipeline().Find(id);
      if (session->own_run == nullptr || session->own_run->commits()) break;
      if (turns % 16 == 0) {
        server_.SendCommand(other_, {"PING"});
        EXPECT_EQ(server_.Receive(other_), "+PONG\r\n");
      }
      server_.RunLoop();
    }
    server_.Settle();
    EXPECT_EQ(server_.Receive(id), expected) << words[0];
    server_.Disconnect(id);
    return turns;
  }
  void HasManyTurns(const NameWords& words, const std::string& expected) {
    EXPECT_GE(TurnsOf(words, expected), 3) << words[0] << " of " << words[1];
  }
  std::string Ask(const std::vector<std::string_view>& words) {
    std::string reply = server_.Ask(words);
    server_.Settle();
    return reply;
  }
  static std::string Count(int count = kNames) { return Format(":{}\r\n", count); }

  support::SimEnv env_;
  SimServer server_;
  SessionId other_ = 0;
};

TEST_F(ManyNames, OfKeys) {
  HasManyTurns(WithNames({"MSET"}, {}, {"v"}), "+OK\r\n");
  HasManyTurns(WithNames({"MSETNX"}, {}, {"w"}), ":0\r\n");
  HasManyTurns(WithNames({"EXISTS"}), Count());
  HasManyTurns(WithNames({"TOUCH"}), Count());
  HasManyTurns(WithNames({"MGET"}), OfEach("$1\r\nv\r\n"));
  HasManyTurns(WithNames({"DEL"}), Count());
  HasManyTurns(WithNames({"MSETNX"}, {}, {"w"}), ":1\r\n");
  HasManyTurns(WithNames({"WATCH"}), "+OK\r\n");
  HasManyTurns(WithNames({"UNLINK"}), Count());
  HasManyTurns(WithNames({"MGET"}), OfEach("$-1\r\n"));
}

TEST_F(ManyNames, OfHashes) {
  HasManyTurns(WithNames({"HSET", "h"}, {}, {"v"}), Count());
  HasManyTurns(WithNames({"HSET", "h"}, {}, {"w"}), Count(0));
  HasManyTurns(WithNames({"HMGET", "h"}), OfEach("$1\r\nw\r\n"));
  HasManyTurns(WithNames({"HDEL", "h"}), Count());
  HasManyTurns(WithNames({"HMGET", "h"}), OfEach("$-1\r\n"));
  Ask({"HSET", "small", "name:1", "v", "name:2", "v"});
  HasManyTurns(WithNames({"HDEL", "small"}), Count(2));
  Ask({"HSET", "small", "a", "v"});
  HasManyTurns(WithNames({"HMGET", "small"}), OfEach("$-1\r\n"));
}

TEST_F(ManyNames, OfSets) {
  HasManyTurns(WithNames({"SADD", "s"}), Count());
  HasManyTurns(WithNames({"SMISMEMBER", "s"}), OfEach(":1\r\n"));
  HasManyTurns(WithNames({"SREM", "s"}), Count());
  HasManyTurns(WithNames({"SMISMEMBER", "s"}), OfEach(":0\r\n"));
}

TEST_F(ManyNames, OfLists) {
  HasManyTurns(WithNames({"RPUSH", "l"}), Count());
  EXPECT_EQ(Ask({"LINDEX", "l", "1"}), "$9\r\nname:1919\r\n");
}

TEST_F(ManyNames, OfSortedSets) {
  HasManyTurns(WithNames({"ZADD", "z"}, {"1"}), Count());
  HasManyTurns(WithNames({"ZADD", "z"}, {"1"}), Count(0));
  HasManyTurns(WithNames({"ZADD", "z", "XX", "CH", "GT"}, {"2"}), Count());
  HasManyTurns(WithNames({"ZADD", "z", "NX"}, {"3"}), Count(0));
  HasManyTurns(WithNames({"ZMSCORE", "z"}), OfEach("$1\r\n2\r\n"));
  HasManyTurns(WithNames({"ZREM", "z"}), Count());
  EXPECT_EQ(Ask({"EXISTS", "z"}), ":0\r\n");
  Ask({"ZADD", "small", "5", "name:1", "5", "name:2"});
  HasManyTurns(WithNames({"ZADD", "small", "XX", "CH"}, {"7"}), Count(2));
  HasManyTurns(WithNames({"ZADD", "small"}, {"8"}), Count(kNames - 2));
  Ask({"DEL", "small"});
  Ask({"ZADD", "small", "5", "name:1", "5", "a"});
  HasManyTurns(WithNames({"ZREM", "small"}), Count(1));
  HasManyTurns(WithNames({"ZMSCORE", "small"}), OfEach("$-1\r\n"));
}

TEST_F(ManyNames, OfPositions) {
  HasManyTurns(WithNames({"GEOADD", "g"}, {"13.361389", "38.115556"}), Count());
  HasManyTurns(WithNames({"GEOHASH", "g"}), OfEach("$11\r\nsqc8b49rny0\r\n"));
}

// What is popped need not be named.
TEST_F(ManyNames, OfPoppedMembers) {
  Ask({"ZADD", "z", "1", "a"});
  ASSERT_GE(TurnsOf(WithNames({"ZADD", "z"}, {"2"}), Count()), 3);
  std::string popped = Format("*{}\r\n$1\r\na\r\n$1\r\n1\r\n", 2 * kNames);
  std::vector<std::string> names;
  for (int i = 0; i < kNames; ++i) names.push_back(Name(i));
  std::ranges::sort(names);
  names.pop_back();  // the last one stays
  for (const std::string& name : names) {
    AppendFormat(popped, "${}\r\n{}\r\n$1\r\n2\r\n", name.size(), name);
  }
  HasManyTurns({"ZPOPMIN", "z", Format("{}", kNames)}, popped);
  EXPECT_EQ(Ask({"ZCARD", "z"}), ":1\r\n");
}

// A connection that waits for nothing is shown the visible state, in one piece.
TEST_F(ManyNames, AreReadAtOneState) {
  TurnsOf(WithNames({"MSET"}, {}, {"v"}), "+OK\r\n");
  const SessionId reader = server_.Connect();
  const NameWords get = WithNames({"MGET"});
  server_.Send(reader, Pipelined({{get.begin(), get.end()}}));
  ASSERT_NE(server_.pipeline().Find(reader)->own_run, nullptr);
  for (int i = 0; i < kNames; i += 100) {
    server_.SendCommand(other_, {"SET", Format("name:{}", i), "w"});
    server_.RunLoop();
  }
  server_.Settle();
  EXPECT_EQ(server_.Receive(reader), OfEach("$1\r\nv\r\n"));
}

TEST_F(ManyNames, SeeWhatTheirConnectionWroteBefore) {
  const SessionId client = server_.Connect();
  const NameWords set = WithNames({"MSET"}, {}, {"v"});
  const NameWords get = WithNames({"MGET"});
  env_.StallSyncs(".wal", 50);
  server_.Send(client, Pipelined({{set.begin(), set.end()}, {get.begin(), get.end()}}));
  server_.RunForMs(10'000);
  EXPECT_EQ(server_.Receive(client), "+OK\r\n" + OfEach("$1\r\nv\r\n"));
}

}  // namespace
}  // namespace cordwood::pipeline

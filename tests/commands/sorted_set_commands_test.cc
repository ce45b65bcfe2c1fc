// Sorted sets: what is added and taken away, and what is read of it.

#include <gtest/gtest.h>

#include <set>

#include "base/format.h"
#include "protocol/reply_reader.h"
#include "tests/commands/runner.h"

namespace cordwood::commands {
namespace {

constexpr std::string_view kWrongTypeReply =
    "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";
constexpr std::string_view kEmpty = "*0\r\n";

/// Each test runs on sorted sets in their records and on ones in elements.
class SortedSetCommandsTest : public testing::TestWithParam<bool> {
 protected:
  SortedSetCommandsTest() {
    if (GetParam()) runner_.keyspace().options().inline_bytes_max = 0;
  }

  std::string Run(const CommandRunner::Argv& argv) { return runner_.Run(argv); }
  std::string All(std::string_view key = "z") {
    return Run({"ZRANGE", key, "0", "-1", "WITHSCORES"});
  }
  void AddNumbers(int count) {
    std::vector<std::string> texts;
    for (int i = 0; i < count; ++i) {
      texts.push_back(Format("{}", i));
      texts.push_back(Format("m{:05}", i));
    }
    CommandRunner::Argv argv = {"ZADD", "z"};
    argv.insert(argv.end(), texts.begin(), texts.end());
    EXPECT_EQ(Run(argv), Integer(count));
  }

  CommandRunner runner_;
};

INSTANTIATE_TEST_SUITE_P(BothForms, SortedSetCommandsTest, testing::Bool(),
                         [](const auto& form) { return form.param ? "Elements" : "Inline"; });

// --- writes ---

TEST_P(SortedSetCommandsTest, ZAddTellsHowManyAreNew) {
  EXPECT_EQ(Run({"ZADD", "z", "2", "b", "1", "a"}), Integer(2));
  EXPECT_EQ(Run({"ZADD", "z", "3", "a", "4", "c", "5", "c"}), Integer(1));
  EXPECT_EQ(All(), Bulks({"b", "2", "a", "3", "c", "5"}));
  EXPECT_EQ(Run({"ZADD", "z", "CH", "3", "a", "6", "b", "7", "d", "8", "d"}), Integer(3));
  EXPECT_EQ(Run({"ZCARD", "z"}), Integer(4));
  EXPECT_EQ(Run({"TYPE", "z"}), "+zset\r\n");
  EXPECT_EQ(Run({"OBJECT", "ENCODING", "z"}), Bulk("listpack"));
  EXPECT_EQ(Run({"ZADD", "z", "1", ""}), Integer(1));
  EXPECT_EQ(Run({"ZSCORE", "z", ""}), Bulk("1"));
}

TEST_P(SortedSetCommandsTest, EveryMemberOfOneAdditionCountsForTheEncoding) {
  for (const size_t bytes : {65u, 500u, 600u, 10'000u, 100'000u}) {
    const std::string large(bytes, 'x');
    Run({"DEL", "z"});
    Run({"ZADD", "z", "1", large, "2", "b"});
    EXPECT_EQ(Run({"OBJECT", "ENCODING", "z"}), Bulk("skiplist")) << bytes;
    Run({"DEL", "z"});
    Run({"ZADD", "z", "2", "b", "1", large});
    EXPECT_EQ(Run({"OBJECT", "ENCODING", "z"}), Bulk("skiplist")) << bytes;
  }
}

TEST_P(SortedSetCommandsTest, ZAddHasConditions) {
  EXPECT_EQ(Run({"ZADD", "z", "XX", "1", "a"}), Integer(0));
  EXPECT_EQ(Run({"EXISTS", "z"}), Integer(0));
  EXPECT_EQ(Run({"ZADD", "z", "NX", "1", "a", "2", "a"}), Integer(1));
  EXPECT_EQ(Run({"ZADD", "z", "NX", "CH", "5", "a", "2", "b"}), Integer(1));
  EXPECT_EQ(Run({"ZADD", "z", "XX", "CH", "5", "a", "2", "c"}), Integer(1));
  EXPECT_EQ(Run({"ZADD", "z", "GT", "CH", "4", "a", "3", "b", "1", "d"}), Integer(2));
  EXPECT_EQ(Run({"ZADD", "z", "LT", "XX", "CH", "4", "a", "4", "b", "1", "e"}), Integer(1));
  EXPECT_EQ(All(), Bulks({"d", "1", "b", "3", "a", "4"}));
  EXPECT_EQ(Run({"ZADD", "z", "INCR", "1.5", "a"}), Bulk("5.5"));
  EXPECT_EQ(Run({"ZADD", "z", "NX", "INCR", "1", "a"}), kNil);
  EXPECT_EQ(Run({"ZADD", "z", "XX", "INCR", "1", "none"}), kNil);
  EXPECT_EQ(Run({"ZADD", "none", "XX", "INCR", "1", "none"}), kNil);
  EXPECT_EQ(Run({"ZADD", "z", "GT", "INCR", "-1", "a"}), kNil);
  EXPECT_EQ(Run({"ZADD", "z", "LT", "INCR", "-1", "a"}), Bulk("4.5"));
}

TEST_P(SortedSetCommandsTest, ZAddRefusesWhatMakesNoSense) {
  const std::string syntax = "-ERR syntax error\r\n";
  const std::string no_float = "-ERR value is not a valid float\r\n";
  EXPECT_EQ(Run({"ZADD", "z", "1", "a", "2"}), syntax);
  EXPECT_EQ(Run({"ZADD", "z", "NX", "CH"}), syntax);
  EXPECT_EQ(Run({"ZADD", "z", "NX", "XX", "1", "a"}),
            "-ERR XX and NX options at the same time are not compatible\r\n");
  for (const CommandRunner::Argv& options :
       std::vector<CommandRunner::Argv>{{"GT", "NX"}, {"LT", "NX"}, {"GT", "LT"}}) {
    EXPECT_EQ(Run({"ZADD", "z", options[0], options[1], "1", "a"}),
              "-ERR GT, LT, and/or NX options at the same time are not compatible\r\n");
  }
  EXPECT_EQ(Run({"ZADD", "z", "INCR", "1", "a", "2", "b"}),
            "-ERR INCR option supports a single increment-element pair\r\n");
  EXPECT_EQ(Run({"ZADD", "z", "1", "a", "x", "b"}), no_float);
  EXPECT_EQ(Run({"ZADD", "z", "nan", "a"}), no_float);
  EXPECT_EQ(Run({"ZINCRBY", "z", "x", "a"}), no_float);
  EXPECT_EQ(Run({"EXISTS", "z"}), Integer(0));
  EXPECT_EQ(Run({"ZADD", "z", "inf", "a", "-inf", "b"}), Integer(2));
  EXPECT_EQ(Run({"ZINCRBY", "z", "-inf", "a"}), "-ERR resulting score is not a number (NaN)\r\n");
  EXPECT_EQ(All(), Bulks({"b", "-inf", "a", "inf"}));
}

TEST_P(SortedSetCommandsTest, ZIncrByAddsAndCreates) {
  EXPECT_EQ(Run({"ZINCRBY", "z", "2.5", "a"}), Bulk("2.5"));
  EXPECT_EQ(Run({"ZINCRBY", "z", "-3", "a"}), Bulk("-0.5"));
  EXPECT_EQ(Run({"ZINCRBY", "z", "0.1", "b"}), Bulk("0.1"));
  EXPECT_EQ(All(), Bulks({"a", "-0.5", "b", "0.1"}));
}

TEST_P(SortedSetCommandsTest, ZRemRemovesTheKeyWithItsLastMember) {
  Run({"ZADD", "z", "1", "a", "2", "b", "3", "c"});
  EXPECT_EQ(Run({"ZREM", "z", "b", "x", "b"}), Integer(1));
  EXPECT_EQ(All(), Bulks({"a", "1", "c", "3"}));
  EXPECT_EQ(Run({"ZREM", "z", "a", "c", "c"}), Integer(2));
  EXPECT_EQ(Run({"EXISTS", "z"}), Integer(0));
  EXPECT_EQ(Run({"ZREM", "z", "a"}), Integer(0));
}

TEST_P(SortedSetCommandsTest, ThousandsInOneCommandCountAsOneByOne) {
  constexpr int kMembers = 3000;
  std::vector<std::string> texts;
  for (int i = 0; i < 2 * kMembers; ++i) {
    texts.push_back(Format("{}", i));
    texts.push_back(Format("m{}", i * 7919 % kMembers));
  }
  CommandRunner::Argv add = {"ZADD", "z", "CH"};
  add.insert(add.end(), texts.begin(), texts.end());
  EXPECT_EQ(Run(add), Integer(2 * kMembers));
  EXPECT_EQ(Run({"ZCARD", "z"}), Integer(kMembers));
  EXPECT_EQ(Run({"ZCOUNT", "z", "-inf", "2999"}), Integer(0));
  EXPECT_EQ(Run({"ZCOUNT", "z", "3000", "+inf"}), Integer(kMembers));
  EXPECT_EQ(Run({"OBJECT", "ENCODING", "z"}), Bulk("skiplist"));
}

// --- single members ---

TEST_P(SortedSetCommandsTest, ScoresAreReadByName) {
  Run({"ZADD", "z", "1", "a", "-0", "b", "0x10", "c", "1e400", "x"});
  EXPECT_EQ(Run({"EXISTS", "z"}), Integer(0)) << "out of range";
  Run({"ZADD", "z", "1", "a", "-0", "b", "0x10", "c"});
  EXPECT_EQ(Run({"ZSCORE", "z", "c"}), Bulk("16"));
  EXPECT_EQ(Run({"ZSCORE", "z", "x"}), kNil);
  EXPECT_EQ(Run({"ZSCORE", "none", "x"}), kNil);
  EXPECT_EQ(Run({"ZMSCORE", "z", "b", "x", "a"}), "*3\r\n$2\r\n-0\r\n$-1\r\n$1\r\n1\r\n");
  EXPECT_EQ(Run({"ZMSCORE", "none", "b", "x"}), "*2\r\n$-1\r\n$-1\r\n");
  runner_.UseResp(3);
  EXPECT_EQ(Run({"ZSCORE", "z", "c"}), ",16\r\n");
  EXPECT_EQ(Run({"ZMSCORE", "z", "b", "x", "a"}), "*3\r\n,-0\r\n_\r\n,1\r\n");
  EXPECT_EQ(Run({"ZINCRBY", "z", "0.5", "c"}), ",16.5\r\n");
}

TEST_P(SortedSetCommandsTest, ZScanRepliesMembersAndScores) {
  Run({"ZADD", "z", "1.5", "a", "2", "b"});
  EXPECT_EQ(Run({"ZSCAN", "z", "0", "MATCH", "a"}), "*2\r\n" + Bulk("0") + Bulks({"a", "1.5"}));
  AddNumbers(500);
  std::set<std::string> seen;
  std::string cursor = "0";
  do {
    protocol::ReplyReader reader;
    reader.Feed(Run({"ZSCAN", "z", cursor}));
    const auto page = **reader.Next();
    cursor = page.items[0].text;
    for (size_t i = 0; i < page.items[1].items.size(); i += 2) {
      seen.insert(page.items[1].items[i].text + "=" + page.items[1].items[i + 1].text);
    }
  } while (cursor != "0");
  EXPECT_EQ(seen.size(), 502u);
  EXPECT_TRUE(seen.contains("a=1.5"));
  EXPECT_TRUE(seen.contains("m00499=499"));
}

TEST_P(SortedSetCommandsTest, ZRandMemberDraws) {
  EXPECT_EQ(Run({"ZRANDMEMBER", "z"}), kNil);
  EXPECT_EQ(Run({"ZRANDMEMBER", "z", "3"}), kEmpty);
  Run({"ZADD", "z", "1", "a"});
  EXPECT_EQ(Run({"ZRANDMEMBER", "z"}), Bulk("a"));
  EXPECT_EQ(Run({"ZRANDMEMBER", "z", "-2", "WITHSCORES"}), Bulks({"a", "1", "a", "1"}));
  EXPECT_EQ(Run({"ZRANDMEMBER", "z", "0"}), kEmpty);
  EXPECT_EQ(Run({"ZRANDMEMBER", "z", "1", "x"}), "-ERR syntax error\r\n");
  runner_.UseResp(3);
  EXPECT_EQ(Run({"ZRANDMEMBER", "z", "5", "WITHSCORES"}), "*1\r\n*2\r\n$1\r\na\r\n,1\r\n");
}

// --- ranges ---

TEST_P(SortedSetCommandsTest, RangesByIndexCountFromBothEnds) {
  Run({"ZADD", "z", "1", "a", "2", "b", "3", "c", "4", "d"});
  EXPECT_EQ(Run({"ZRANGE", "z", "1", "2"}), Bulks({"b", "c"}));
  EXPECT_EQ(Run({"ZRANGE", "z", "-2", "-1"}), Bulks({"c", "d"}));
  EXPECT_EQ(Run({"ZRANGE", "z", "-100", "0"}), Bulks({"a"}));
  EXPECT_EQ(Run({"ZRANGE", "z", "3", "100"}), Bulks({"d"}));
  EXPECT_EQ(Run({"ZRANGE", "z", "2", "1"}), kEmpty);
  EXPECT_EQ(Run({"ZRANGE", "z", "4", "9"}), kEmpty);
  EXPECT_EQ(Run({"ZRANGE", "none", "0", "-1"}), kEmpty);
  EXPECT_EQ(Run({"ZRANGE", "z", "0", "1", "REV", "WITHSCORES"}), Bulks({"d", "4", "c", "3"}));
  EXPECT_EQ(Run({"ZREVRANGE", "z", "1", "2"}), Bulks({"c", "b"}));
  EXPECT_EQ(Run({"ZREVRANGE", "z", "-1", "-1"}), Bulks({"a"}));
  runner_.UseResp(3);
  EXPECT_EQ(Run({"ZRANGE", "z", "0", "1", "WITHSCORES"}),
            "*2\r\n*2\r\n$1\r\na\r\n,1\r\n*2\r\n$1\r\nb\r\n,2\r\n");
}

TEST_P(SortedSetCommandsTest, RangesByScoreLeaveBoundsOut) {
  Run({"ZADD", "z", "1", "a", "2", "b", "2", "c", "3", "d"});
  EXPECT_EQ(Run({"ZRANGEBYSCORE", "z", "1", "2"}), Bulks({"a", "b", "c"}));
  EXPECT_EQ(Run({"ZRANGEBYSCORE", "z", "(1", "(3"}), Bulks({"b", "c"}));
  EXPECT_EQ(Run({"ZRANGEBYSCORE", "z", "-inf", "+inf", "WITHSCORES", "LIMIT", "1", "2"}),
            Bulks({"b", "2", "c", "2"}));
  EXPECT_EQ(Run({"ZRANGEBYSCORE", "z", "3", "1"}), kEmpty);
  EXPECT_EQ(Run({"ZREVRANGEBYSCORE", "z", "(3", "1"}), Bulks({"c", "b", "a"}));
  EXPECT_EQ(Run({"ZRANGE", "z", "+inf", "2", "BYSCORE", "REV", "LIMIT", "0", "2"}),
            Bulks({"d", "c"}));
  EXPECT_EQ(Run({"ZRANGE", "z", "-inf", "inf", "BYSCORE", "LIMIT", "-1", "2"}), kEmpty);
  EXPECT_EQ(Run({"ZRANGE", "z", "-inf", "inf", "BYSCORE", "LIMIT", "1", "-1"}),
            Bulks({"b", "c", "d"}));
  EXPECT_EQ(Run({"ZRANGE", "z", "-inf", "inf", "BYSCORE", "LIMIT", "9", "1"}), kEmpty);
  EXPECT_EQ(Run({"ZRANGE", "z", "-inf", "inf", "BYSCORE", "LIMIT", "0", "0"}), kEmpty);
  EXPECT_EQ(Run({"ZRANGE", "none", "1", "2", "BYSCORE"}), kEmpty);
  EXPECT_EQ(Run({"ZCOUNT", "z", "(1", "2"}), Integer(2));
  EXPECT_EQ(Run({"ZCOUNT", "z", "2", "1"}), Integer(0));
  EXPECT_EQ(Run({"ZCOUNT", "none", "1", "2"}), Integer(0));
}

TEST_P(SortedSetCommandsTest, RangesByNameAreOfOneScore) {
  Run({"ZADD", "z", "0", "a", "0", "b", "0", "c", "0", "d"});
  EXPECT_EQ(Run({"ZRANGEBYLEX", "z", "-", "+"}), Bulks({"a", "b", "c", "d"}));
  EXPECT_EQ(Run({"ZRANGEBYLEX", "z", "[b", "(d"}), Bulks({"b", "c"}));
  EXPECT_EQ(Run({"ZRANGEBYLEX", "z", "(b", "[d", "LIMIT", "1", "1"}), Bulks({"d"}));
  EXPECT_EQ(Run({"ZREVRANGEBYLEX", "z", "[c", "-"}), Bulks({"c", "b", "a"}));
  EXPECT_EQ(Run({"ZRANGE", "z", "+", "(a", "BYLEX", "REV", "LIMIT", "0", "2"}), Bulks({"d", "c"}));
  EXPECT_EQ(Run({"ZLEXCOUNT", "z", "[b", "+"}), Integer(3));
  EXPECT_EQ(Run({"ZLEXCOUNT", "z", "+", "-"}), Integer(0));
  EXPECT_EQ(Run({"ZLEXCOUNT", "none", "-", "+"}), Integer(0));
  Run({"ZADD", "z", "1", "A"});
  EXPECT_EQ(Run({"ZRANGEBYLEX", "z", "-", "+"}), Bulks({"a", "b", "c", "d", "A"}));
}

TEST_P(SortedSetCommandsTest, RangesByNameOfSeveralScoresGoByTheOrder) {
  Run({"ZADD", "z", "1", "a", "2", "b", "3", "c", "4", "d", "5", "a2"});
  EXPECT_EQ(Run({"ZRANGEBYLEX", "z", "[b", "[c"}), Bulks({"b", "c"}));
  EXPECT_EQ(Run({"ZREVRANGEBYLEX", "z", "[c", "[b"}), Bulks({"c", "b"}));
  EXPECT_EQ(Run({"ZRANGEBYLEX", "z", "-", "(b"}), Bulks({"a"}));
  EXPECT_EQ(Run({"ZRANGEBYLEX", "z", "[x", "+"}), kEmpty);
  EXPECT_EQ(Run({"ZRANGEBYLEX", "z", "[c", "[b"}), kEmpty);
  EXPECT_EQ(Run({"ZLEXCOUNT", "z", "(a", "(d"}), Integer(2));
  EXPECT_EQ(Run({"ZRANGESTORE", "y", "z", "[b", "[d", "BYLEX", "LIMIT", "1", "2"}), Integer(2));
  EXPECT_EQ(All("y"), Bulks({"c", "3", "d", "4"}));
  EXPECT_EQ(Run({"ZREMRANGEBYLEX", "z", "[x", "+"}), Integer(0));
  EXPECT_EQ(Run({"ZREMRANGEBYLEX", "z", "(a", "(d"}), Integer(2));
  EXPECT_EQ(All(), Bulks({"a", "1", "d", "4", "a2", "5"}));
}

TEST_P(SortedSetCommandsTest, RangesRefuseWhatMakesNoSense) {
  const std::string syntax = "-ERR syntax error\r\n";
  const std::string no_float = "-ERR min or max is not a float\r\n";
  const std::string no_name = "-ERR min or max not valid string range item\r\n";
  EXPECT_EQ(Run({"ZRANGE", "z", "a", "1"}), kNotInt);
  EXPECT_EQ(Run({"ZRANGE", "z", "0", "1", "LIMIT", "0", "1"}),
            "-ERR syntax error, LIMIT is only supported in combination with either BYSCORE or "
            "BYLEX\r\n");
  EXPECT_EQ(Run({"ZRANGE", "z", "-", "+", "BYLEX", "WITHSCORES"}),
            "-ERR syntax error, WITHSCORES not supported in combination with BYLEX\r\n");
  EXPECT_EQ(Run({"ZRANGE", "z", "0", "1", "BYSCORE", "BYLEX"}), syntax);
  EXPECT_EQ(Run({"ZREVRANGE", "z", "0", "1", "REV"}), syntax);
  EXPECT_EQ(Run({"ZRANGEBYSCORE", "z", "0", "1", "LIMIT", "0"}), syntax);
  EXPECT_EQ(Run({"ZRANGEBYSCORE", "z", "0", "1", "LIMIT", "x", "1"}), kNotInt);
  EXPECT_EQ(Run({"ZRANGEBYSCORE", "z", "x", "1"}), no_float);
  EXPECT_EQ(Run({"ZCOUNT", "z", "0", "nan"}), no_float);
  EXPECT_EQ(Run({"ZREMRANGEBYSCORE", "z", "[1", "2"}), no_float);
  EXPECT_EQ(Run({"ZRANGEBYLEX", "z", "a", "+"}), no_name);
  EXPECT_EQ(Run({"ZLEXCOUNT", "z", "-", "b"}), no_name);
  EXPECT_EQ(Run({"ZREMRANGEBYLEX", "z", "", "b"}), no_name);
}

TEST_P(SortedSetCommandsTest, LongRangesAreWhole) {
  constexpr int kMembers = 5000;
  AddNumbers(kMembers);
  const auto names = [](int from, int to) {
    std::vector<std::string> listed;
    for (int i = from; i != to; i += from < to ? 1 : -1) listed.push_back(Format("m{:05}", i));
    return listed;
  };
  const auto bulks = [](const std::vector<std::string>& texts) {
    return Bulks({texts.begin(), texts.end()});
  };
  EXPECT_EQ(Run({"ZRANGE", "z", "0", "-1"}), bulks(names(0, kMembers)));
  EXPECT_EQ(Run({"ZRANGE", "z", "2400", "2499"}), bulks(names(2400, 2500)));
  EXPECT_EQ(Run({"ZRANGE", "z", "4500", "4999"}), bulks(names(4500, 5000)));
  EXPECT_EQ(Run({"ZREVRANGE", "z", "1000", "3999"}), bulks(names(3999, 999)));
  EXPECT_EQ(Run({"ZRANGEBYSCORE", "z", "(99", "4000"}), bulks(names(100, 4001)));
  EXPECT_EQ(Run({"ZRANGEBYSCORE", "z", "100", "inf", "LIMIT", "3000", "1000"}),
            bulks(names(3100, 4100)));
  EXPECT_EQ(Run({"ZREVRANGEBYSCORE", "z", "4000", "(99", "LIMIT", "10", "-1"}),
            bulks(names(3990, 99)));
  EXPECT_EQ(Run({"ZRANGEBYSCORE", "z", "100", "inf", "LIMIT", "4900", "10"}), kEmpty);
  EXPECT_EQ(Run({"ZCOUNT", "z", "10", "4989"}), Integer(4980));
  EXPECT_EQ(Run({"ZRANK", "z", "m04321"}), Integer(4321));
  EXPECT_EQ(Run({"ZREVRANK", "z", "m00678"}), Integer(4321));
  EXPECT_GT(runner_.slices(), 0u);
}

TEST_P(SortedSetCommandsTest, RanksAreIndexes) {
  Run({"ZADD", "z", "1", "a", "2", "b", "2.5", "c"});
  EXPECT_EQ(Run({"ZRANK", "z", "c"}), Integer(2));
  EXPECT_EQ(Run({"ZREVRANK", "z", "c"}), Integer(0));
  EXPECT_EQ(Run({"ZRANK", "z", "x"}), kNil);
  EXPECT_EQ(Run({"ZRANK", "none", "x"}), kNil);
  EXPECT_EQ(Run({"ZRANK", "z", "c", "WITHSCORE"}), "*2\r\n:2\r\n$3\r\n2.5\r\n");
  EXPECT_EQ(Run({"ZREVRANK", "z", "x", "withscore"}), "*-1\r\n");
  EXPECT_EQ(Run({"ZRANK", "none", "x", "withscore"}), "*-1\r\n");
  EXPECT_EQ(Run({"ZRANK", "z", "c", "WITHSCORES"}), "-ERR syntax error\r\n");
  EXPECT_EQ(Run({"ZRANK", "z", "c", "WITHSCORE", "x"}),
            "-ERR wrong number of arguments for 'zrank' command\r\n");
  runner_.UseResp(3);
  EXPECT_EQ(Run({"ZRANK", "z", "c", "WITHSCORE"}), "*2\r\n:2\r\n,2.5\r\n");
  EXPECT_EQ(Run({"ZRANK", "z", "x", "WITHSCORE"}), "_\r\n");
}

// --- removals ---

TEST_P(SortedSetCommandsTest, RangesAreRemoved) {
  const auto fill = [&] {
    Run({"DEL", "z"});
    Run({"ZADD", "z", "0", "a", "0", "b", "0", "c", "1", "d", "2", "e"});
  };
  fill();
  EXPECT_EQ(Run({"ZREMRANGEBYRANK", "z", "1", "-2"}), Integer(3));
  EXPECT_EQ(All(), Bulks({"a", "0", "e", "2"}));
  EXPECT_EQ(Run({"ZREMRANGEBYRANK", "z", "5", "9"}), Integer(0));
  EXPECT_EQ(Run({"ZREMRANGEBYRANK", "z", "-1", "-1"}), Integer(1));
  EXPECT_EQ(Run({"ZREMRANGEBYRANK", "z", "0", "-1"}), Integer(1));
  EXPECT_EQ(Run({"EXISTS", "z"}), Integer(0));
  EXPECT_EQ(Run({"ZREMRANGEBYRANK", "z", "0", "-1"}), Integer(0));
  fill();
  EXPECT_EQ(Run({"ZREMRANGEBYSCORE", "z", "(0", "1"}), Integer(1));
  EXPECT_EQ(Run({"ZREMRANGEBYSCORE", "z", "-inf", "(0"}), Integer(0));
  EXPECT_EQ(Run({"ZREMRANGEBYLEX", "z", "[b", "[b"}), Integer(1));
  EXPECT_EQ(All(), Bulks({"a", "0", "c", "0", "e", "2"}));
  EXPECT_EQ(Run({"ZREMRANGEBYLEX", "z", "-", "+"}), Integer(3));
  EXPECT_EQ(Run({"EXISTS", "z"}), Integer(0));
}

TEST_P(SortedSetCommandsTest, ManyAreRemovedAtOnce) {
  AddNumbers(12'000);
  EXPECT_EQ(Run({"ZREMRANGEBYSCORE", "z", "100", "(11900"}), Integer(11'800));
  EXPECT_EQ(Run({"ZCARD", "z"}), Integer(200));
  EXPECT_EQ(Run({"ZRANGE", "z", "99", "100"}), Bulks({"m00099", "m11900"}));
  EXPECT_EQ(Run({"ZSCORE", "z", "m00100"}), kNil);
  EXPECT_EQ(Run({"ZSCORE", "z", "m11900"}), Bulk("11900"));
  Run({"DEL", "z"});
  AddNumbers(10'000);
  const std::string popped = Run({"ZPOPMAX", "z", "9000"});
  EXPECT_TRUE(popped.starts_with("*18000\r\n$6\r\nm09999\r\n$4\r\n9999\r\n"));
  EXPECT_EQ(Run({"ZCARD", "z"}), Integer(1000));
  EXPECT_EQ(Run({"ZPOPMAX", "z"}), Bulks({"m00999", "999"}));
  EXPECT_EQ(Run({"ZREMRANGEBYRANK", "z", "0", "-1"}), Integer(999));
  EXPECT_EQ(Run({"EXISTS", "z"}), Integer(0));
}

// --- pops ---

TEST_P(SortedSetCommandsTest, PopsTakeOffTheEnds) {
  Run({"ZADD", "z", "1", "a", "2", "b", "3", "c", "4", "d", "5", "e"});
  EXPECT_EQ(Run({"ZPOPMIN", "z"}), Bulks({"a", "1"}));
  EXPECT_EQ(Run({"ZPOPMAX", "z", "2"}), Bulks({"e", "5", "d", "4"}));
  EXPECT_EQ(Run({"ZPOPMIN", "z", "0"}), kEmpty);
  EXPECT_EQ(Run({"ZPOPMIN", "none"}), kEmpty);
  EXPECT_EQ(Run({"ZPOPMIN", "z", "-1"}), "-ERR value is out of range, must be positive\r\n");
  EXPECT_EQ(Run({"ZPOPMIN", "z", "x"}), "-ERR value is out of range, must be positive\r\n");
  EXPECT_EQ(Run({"ZPOPMIN", "z", "1", "x"}), "-ERR syntax error\r\n");
  runner_.UseResp(3);
  EXPECT_EQ(Run({"ZPOPMIN", "z", "1"}), "*1\r\n*2\r\n$1\r\nb\r\n,2\r\n");
  EXPECT_EQ(Run({"ZPOPMIN", "z"}), "*2\r\n$1\r\nc\r\n,3\r\n");
  EXPECT_EQ(Run({"EXISTS", "z"}), Integer(0));
}

TEST_P(SortedSetCommandsTest, ZMPopTakesTheFirstThatIsThere) {
  Run({"ZADD", "z", "1", "a", "2", "b", "3", "c"});
  EXPECT_EQ(Run({"ZMPOP", "2", "none", "z", "MIN"}),
            "*2\r\n$1\r\nz\r\n*1\r\n*2\r\n$1\r\na\r\n$1\r\n1\r\n");
  EXPECT_EQ(Run({"ZMPOP", "1", "z", "max", "COUNT", "5"}),
            "*2\r\n$1\r\nz\r\n*2\r\n*2\r\n$1\r\nc\r\n$1\r\n3\r\n*2\r\n$1\r\nb\r\n$1\r\n2\r\n");
  EXPECT_EQ(Run({"ZMPOP", "1", "z", "MIN"}), "*-1\r\n");
  EXPECT_EQ(Run({"ZMPOP", "0", "z", "MIN"}), "-ERR numkeys should be greater than 0\r\n");
  EXPECT_EQ(Run({"ZMPOP", "1", "z", "LEFT"}), "-ERR syntax error\r\n");
  EXPECT_EQ(Run({"ZMPOP", "1", "z", "MIN", "COUNT", "0"}),
            "-ERR count should be greater than 0\r\n");
  EXPECT_EQ(Run({"ZMPOP", "2", "z", "MIN"}), "-ERR syntax error\r\n");
}

TEST_P(SortedSetCommandsTest, PopsThatNeedNotWaitReply) {
  Run({"ZADD", "z", "1", "a", "2", "b", "3", "c"});
  EXPECT_EQ(Run({"BZPOPMIN", "none", "z", "0"}), Bulks({"z", "a", "1"}));
  EXPECT_EQ(Run({"BZPOPMAX", "z", "0"}), Bulks({"z", "c", "3"}));
  EXPECT_EQ(Run({"BZPOPMAX", "z", "x"}), "-ERR timeout is not a float or out of range\r\n");
  EXPECT_EQ(Run({"BZMPOP", "-1", "1", "z", "MIN"}), "-ERR timeout is negative\r\n");
  runner_.UseResp(3);
  EXPECT_EQ(Run({"BZMPOP", "1", "1", "z", "MIN", "COUNT", "3"}),
            "*2\r\n$1\r\nz\r\n*1\r\n*2\r\n$1\r\nb\r\n,2\r\n");
}

// --- other types, other names ---

TEST_P(SortedSetCommandsTest, OtherTypesAreRefused) {
  Run({"SET", "s", "v"});
  for (const CommandRunner::Argv& argv :
       std::vector<CommandRunner::Argv>{{"ZADD", "s", "1", "a"},
                                        {"ZINCRBY", "s", "1", "a"},
                                        {"ZREM", "s", "a"},
                                        {"ZCARD", "s"},
                                        {"ZSCORE", "s", "a"},
                                        {"ZMSCORE", "s", "a"},
                                        {"ZRANGE", "s", "0", "1"},
                                        {"ZRANGEBYSCORE", "s", "0", "1"},
                                        {"ZRANGEBYLEX", "s", "-", "+"},
                                        {"ZCOUNT", "s", "0", "1"},
                                        {"ZLEXCOUNT", "s", "-", "+"},
                                        {"ZRANK", "s", "a"},
                                        {"ZREMRANGEBYRANK", "s", "0", "1"},
                                        {"ZREMRANGEBYSCORE", "s", "0", "1"},
                                        {"ZREMRANGEBYLEX", "s", "-", "+"},
                                        {"ZPOPMIN", "s"},
                                        {"ZMPOP", "1", "s", "MIN"},
                                        {"BZPOPMIN", "s", "0"},
                                        {"ZRANDMEMBER", "s"},
                                        {"ZSCAN", "s", "0"}}) {
    EXPECT_EQ(Run(argv), kWrongTypeReply) << argv[0];
  }
}

TEST_P(SortedSetCommandsTest, AValueLivesOnUnderAnotherName) {
  Run({"ZADD", "z", "1", "a", "-0", "b", "3", "c"});
  const std::string all = All();
  EXPECT_EQ(Run({"COPY", "z", "copy"}), Integer(1));
  EXPECT_EQ(All("copy"), all);
  EXPECT_EQ(Run({"RENAME", "copy", "other"}), kOk);
  EXPECT_EQ(All("other"), all);
  const auto digest = [&](std::string_view key) { return Run({"DEBUG", "DIGEST-VALUE", key}); };
  EXPECT_EQ(digest("other"), digest("z"));
  Run({"ZADD", "other", "4", "c"});
  EXPECT_NE(digest("other"), digest("z"));
  EXPECT_EQ(Run({"MOVE", "z", "1"}), Integer(1));
  Run({"SELECT", "1"});
  EXPECT_EQ(All(), all);
  EXPECT_EQ(Run({"SCAN", "0", "TYPE", "zset"}), "*2\r\n" + Bulk("0") + Bulks({"z"}));
  EXPECT_NE(Run({"MEMORY", "USAGE", "z"}), kNil);
}

// --- cases from the issue trackers of others ---

// dragonflydb/dragonfly#3561
TEST_P(SortedSetCommandsTest, LexRangesHaveLimits) {
  EXPECT_EQ(Run({"ZADD", "f", "0", "one_a", "0", "two_a", "0", "two_b", "0", "three_a"}),
            Integer(4));
  EXPECT_EQ(Run({"ZRANGEBYLEX", "f", "-", "+", "LIMIT", "1", "2"}), Bulks({"three_a", "two_a"}));
  EXPECT_EQ(Run({"ZRANGEBYLEX", "f", "-", "+", "LIMIT", "1", "-1"}),
            Bulks({"three_a", "two_a", "two_b"}));
  EXPECT_EQ(Run({"ZRANGEBYLEX", "f", "-", "+", "LIMIT", "-1", "2"}), kEmpty);
}

// dragonflydb/dragonfly#2850
TEST_P(SortedSetCommandsTest, WhatConditionsCount) {
  EXPECT_EQ(Run({"ZADD", "z", "5", "m"}), Integer(1));
  EXPECT_EQ(Run({"ZADD", "z", "GT", "CH", "3", "m", "9", "n"}), Integer(1));
  EXPECT_EQ(Run({"ZADD", "z", "GT", "INCR", "-1", "m"}), kNil);
  EXPECT_EQ(Run({"ZADD", "z", "XX", "INCR", "1", "no"}), kNil);
  EXPECT_EQ(Run({"ZADD", "z", "NX", "INCR", "1", "m"}), kNil);
  EXPECT_EQ(Run({"ZADD", "z", "LT", "CH", "1", "m"}), Integer(1));
  EXPECT_EQ(All(), Bulks({"m", "1", "n", "9"}));
}

}  // namespace
}  // namespace cordwood::commands

// ZINTER, ZUNION, ZDIFF, ZINTERCARD and what stores their results.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/format.h"
#include "base/number.h"
#include "tests/commands/runner.h"
#include "tests/commands/set_replies.h"

namespace cordwood::commands {
namespace {

/// Each test runs on sorted sets in their records and on ones in elements.
class SortedSetOperations : public testing::TestWithParam<bool> {
 protected:
  SortedSetOperations() {
    if (GetParam()) runner_.keyspace().options().inline_bytes_max = 0;
  }

  std::string Run(const CommandRunner::Argv& argv) { return runner_.Run(argv); }
  /// Members and scores in their order.
  std::string Content(std::string_view key) {
    return Run({"ZRANGE", key, "0", "-1", "WITHSCORES"});
  }

  CommandRunner runner_;
};

INSTANTIATE_TEST_SUITE_P(BothForms, SortedSetOperations, testing::Bool(),
                         [](const auto& form) { return form.param ? "Elements" : "Inline"; });

TEST_P(SortedSetOperations, AddUpScores) {
  Run({"ZADD", "a", "1", "one", "2", "two", "3", "three"});
  Run({"ZADD", "b", "10", "two", "20", "three", "30", "four"});
  EXPECT_EQ(Run({"ZUNION", "2", "a", "b", "WITHSCORES"}),
            Bulks({"one", "1", "two", "12", "three", "23", "four", "30"}));
  EXPECT_EQ(Run({"ZUNION", "2", "a", "b"}), Bulks({"one", "two", "three", "four"}));
  EXPECT_EQ(Run({"ZINTER", "2", "a", "b", "WITHSCORES"}), Bulks({"two", "12", "three", "23"}));
  EXPECT_EQ(Run({"ZDIFF", "2", "a", "b", "WITHSCORES"}), Bulks({"one", "1"}));
  EXPECT_EQ(Run({"ZDIFF", "2", "b", "a", "WITHSCORES"}), Bulks({"four", "30"}));
  EXPECT_EQ(Run({"ZINTERCARD", "2", "a", "b"}), Integer(2));
  EXPECT_EQ(Run({"ZINTERCARD", "2", "a", "b", "LIMIT", "1"}), Integer(1));
  EXPECT_EQ(Run({"ZINTERCARD", "2", "a", "b", "limit", "0"}), Integer(2));
  runner_.UseResp(3);
  EXPECT_EQ(Run({"ZINTER", "2", "a", "b", "WITHSCORES"}),
            "*2\r\n*2\r\n" + Bulk("two") + ",12\r\n*2\r\n" + Bulk("three") + ",23\r\n");
  EXPECT_EQ(Run({"ZDIFF", "1", "none", "WITHSCORES"}), "*0\r\n");
}

TEST_P(SortedSetOperations, WeighAndAggregate) {
  Run({"ZADD", "a", "1", "x", "2", "y"});
  Run({"ZADD", "b", "10", "x", "1", "y"});
  EXPECT_EQ(Run({"ZUNION", "2", "a", "b", "WEIGHTS", "2", "0.5", "WITHSCORES"}),
            Bulks({"y", "4.5", "x", "7"}));
  EXPECT_EQ(Run({"ZUNION", "2", "a", "b", "aggregate", "min", "WITHSCORES"}),
            Bulks({"x", "1", "y", "1"}));
  EXPECT_EQ(Run({"ZINTER", "2", "a", "b", "AGGREGATE", "MAX", "WITHSCORES"}),
            Bulks({"y", "2", "x", "10"}));
  EXPECT_EQ(Run({"ZINTER", "2", "a", "b", "WITHSCORES", "WEIGHTS", "-1", "0", "AGGREGATE", "SUM"}),
            Bulks({"y", "-2", "x", "-1"}));
  EXPECT_EQ(Run({"ZUNION", "1", "a", "WEIGHTS", "1", "WEIGHTS", "3", "WITHSCORES"}),
            Bulks({"x", "3", "y", "6"}))
      << "the last weights count";
}

TEST_P(SortedSetOperations, AMemberOfASetCountsOne) {
  Run({"SADD", "one", "100", "101", "102", "103"});
  Run({"SADD", "two", "100", "200", "201", "202"});
  Run({"ZADD", "three", "1", "500", "1", "501", "1", "502", "1", "503", "1", "100"});
  EXPECT_EQ(Run({"ZINTERSTORE", "to", "3", "one", "two", "three", "WEIGHTS", "0", "0", "1"}),
            Integer(1));
  EXPECT_EQ(Content("to"), Bulks({"100", "1"}));
  EXPECT_EQ(Run({"ZUNION", "2", "one", "three", "WEIGHTS", "2", "3", "WITHSCORES"}),
            Bulks({"101", "2", "102", "2", "103", "2", "500", "3", "501", "3", "502", "3", "503",
                   "3", "100", "5"}));
  EXPECT_EQ(Run({"ZDIFF", "2", "one", "three"}), Bulks({"101", "102", "103"}));
  EXPECT_EQ(Run({"ZINTERCARD", "2", "one", "two"}), Integer(1));
}

TEST_P(SortedSetOperations, AScoreIsAlwaysANumber) {
  Run({"ZADD", "foo", "inf", "e1"});
  Run({"ZADD", "bar", "-inf", "e1", "0", "e2"});
  EXPECT_EQ(Run({"ZUNIONSTORE", "baz", "3", "foo", "bar", "foo"}), Integer(2));
  EXPECT_EQ(Run({"ZSCORE", "baz", "e1"}), Bulk("0"));
  Run({"ZADD", "foo2", "inf", "e1"});
  EXPECT_EQ(Run({"ZUNIONSTORE", "q", "2", "foo", "foo2", "WEIGHTS", "1", "0"}), Integer(1));
  EXPECT_EQ(Run({"ZSCORE", "q", "e1"}), Bulk("inf"));
  // Redis forgets what was added before something that is no number, but only in intersections.
  Run({"ZADD", "five", "5", "e1"});
  EXPECT_EQ(Run({"ZINTER", "2", "five", "foo", "WEIGHTS", "1", "0", "WITHSCORES"}),
            Bulks({"e1", "0"}));
  EXPECT_EQ(
      Run({"ZINTER", "2", "five", "foo", "WEIGHTS", "1", "0", "AGGREGATE", "MIN", "WITHSCORES"}),
      Bulks({"e1", "5"}));
  EXPECT_EQ(Run({"ZUNION", "2", "five", "foo", "WEIGHTS", "1", "0", "WITHSCORES"}),
            Bulks({"e1", "5"}));
}

TEST_P(SortedSetOperations, AddFromTheSmallestSetOn) {
  // (1 + 1e16) - 1e16 is 0, 1 + (1e16 - 1e16) is 1.
  Run({"ZADD", "one", "1", "m"});
  Run({"ZADD", "two", "10000000000000000", "m", "0", "x"});
  Run({"ZADD", "three", "-10000000000000000", "m", "0", "x", "0", "y"});
  for (const std::string_view command : {"ZUNION", "ZINTER"}) {
    const std::string reply = Run({command, "3", "three", "two", "one", "WITHSCORES"});
    EXPECT_NE(reply.find(Bulk("m") + Bulk("0")), std::string::npos) << reply;
  }
}

TEST_P(SortedSetOperations, MinusZeroStays) {
  Run({"ZADD", "a", "0", "m"});
  EXPECT_EQ(Run({"ZUNION", "1", "a", "WEIGHTS", "-1", "WITHSCORES"}), Bulks({"m", "-0"}));
  EXPECT_EQ(Run({"ZUNIONSTORE", "d", "1", "a", "WEIGHTS", "-1"}), Integer(1));
  EXPECT_EQ(Content("d"), Bulks({"m", "-0"}));
  EXPECT_EQ(Run({"ZSCORE", "d", "m"}), Bulk("-0"));
}

TEST_P(SortedSetOperations, StoresTakeTheKeyWhateverItWas) {
  Run({"ZADD", "a", "1", "x", "2", "y"});
  Run({"ZADD", "b", "1", "y", "2", "z"});
  Run({"SET", "d", "string", "EX", "1000"});
  EXPECT_EQ(Run({"ZUNIONSTORE", "d", "2", "a", "b"}), Integer(3));
  EXPECT_EQ(Run({"TTL", "d"}), Integer(-1));
  EXPECT_EQ(Content("d"), Bulks({"x", "1", "z", "2", "y", "3"}));
  EXPECT_EQ(Run({"ZINTERSTORE", "d", "2", "d", "a"}), Integer(2)) << "it is one of the sources";
  EXPECT_EQ(Content("d"), Bulks({"x", "2", "y", "5"}));
  EXPECT_EQ(Run({"ZDIFFSTORE", "d", "2", "a", "b"}), Integer(1));
  EXPECT_EQ(Content("d"), Bulks({"x", "1"}));
  EXPECT_EQ(Run({"ZDIFFSTORE", "d", "2", "a", "a"}), Integer(0));
  EXPECT_EQ(Run({"EXISTS", "d"}), Integer(0)) << "an empty result removes the key";
  EXPECT_EQ(Run({"ZINTERSTORE", "b", "2", "b", "none"}), Integer(0));
  EXPECT_EQ(Run({"EXISTS", "b"}), Integer(0));
  EXPECT_EQ(runner_.keyspace().NewestCount(0, keyspace::CounterKind::kKeys), 1);
}

TEST_P(SortedSetOperations, ResultsHaveTheEncodingOfWhatTheyHold) {
  const auto encoding = [&](std::string_view key) { return Run({"OBJECT", "ENCODING", key}); };
  Run({"ZADD", "a", "1", "x"});
  Run({"ZADD", "b", "1", "x", "2", std::string(65, 'y')});
  Run({"ZINTERSTORE", "d", "2", "a", "b"});
  EXPECT_EQ(encoding("d"), Bulk("listpack"));
  Run({"ZUNIONSTORE", "d", "2", "a", "b"});
  EXPECT_EQ(encoding("d"), Bulk("skiplist"));
}

TEST_P(SortedSetOperations, OtherTypesAreRefusedBeforeWhatStandsBehindThem) {
  Run({"ZADD", "a", "1", "x"});
  Run({"HSET", "h", "f", "v"});
  for (const CommandRunner::Argv& argv :
       std::vector<CommandRunner::Argv>{{"ZINTER", "3", "a", "none", "h"},
                                        {"ZUNION", "2", "a", "h", "FOO"},
                                        {"ZDIFF", "2", "none", "h", "WEIGHTS", "1", "1"},
                                        {"ZINTERCARD", "2", "none", "h", "LIMIT", "-1"},
                                        {"ZINTERSTORE", "d", "2", "none", "h"},
                                        {"ZUNIONSTORE", "d", "2", "h", "a", "WEIGHTS", "x", "1"},
                                        {"ZDIFFSTORE", "d", "2", "a", "h"}}) {
    EXPECT_EQ(Run(argv), kWrongTypeReply) << argv[0];
  }
}

TEST_P(SortedSetOperations, RefuseWhatMakesNoSense) {
  Run({"ZADD", "a", "1", "x"});
  const auto error = [&](const CommandRunner::Argv& argv) { return Run(argv); };
  EXPECT_EQ(error({"ZUNION", "x", "a"}), kNotInt);
  EXPECT_EQ(error({"ZUNION", "0", "a"}),
            "-ERR at least 1 input key is needed for 'zunion' command\r\n");
  EXPECT_EQ(error({"ZDIFFSTORE", "d", "-1", "a"}),
            "-ERR at least 1 input key is needed for 'zdiffstore' command\r\n");
  const std::string syntax = "-ERR syntax error\r\n";
  EXPECT_EQ(error({"ZINTER", "2", "a"}), syntax);
  EXPECT_EQ(error({"ZINTER", "1", "a", "WEIGHTS"}), syntax);
  EXPECT_EQ(error({"ZINTER", "1", "a", "WEIGHTS", "x"}), "-ERR weight value is not a float\r\n");
  EXPECT_EQ(error({"ZINTER", "1", "a", "WEIGHTS", "nan"}), "-ERR weight value is not a float\r\n");
  EXPECT_EQ(error({"ZINTER", "1", "a", "AGGREGATE"}), syntax);
  EXPECT_EQ(error({"ZINTER", "1", "a", "AGGREGATE", "AVG"}), syntax);
  EXPECT_EQ(error({"ZINTER", "1", "a", "LIMIT", "1"}), syntax);
  EXPECT_EQ(error({"ZDIFF", "1", "a", "WEIGHTS", "1"}), syntax);
  EXPECT_EQ(error({"ZDIFF", "1", "a", "AGGREGATE", "SUM"}), syntax);
  EXPECT_EQ(error({"ZUNIONSTORE", "d", "1", "a", "WITHSCORES"}), syntax);
  EXPECT_EQ(error({"ZINTERCARD", "1", "a", "WITHSCORES"}), syntax);
  const std::string negative = "-ERR LIMIT can't be negative\r\n";
  EXPECT_EQ(error({"ZINTERCARD", "1", "a", "LIMIT", "-1"}), negative);
  EXPECT_EQ(error({"ZINTERCARD", "1", "a", "LIMIT", "x"}), negative);
}

// --- large ones ---

using Scores = std::vector<std::pair<double, std::string>>;

/// Of a reply with scores, in its order.
Scores ScoresOf(std::string_view bytes) {
  const std::vector<std::string> texts = TextsOf(bytes);
  Scores scores;
  for (size_t i = 0; i + 1 < texts.size(); i += 2) {
    scores.emplace_back(ParseDouble(texts[i + 1]).value_or(-1), texts[i]);
  }
  return scores;
}

class LargeSortedSetOperations : public testing::Test {
 protected:
  /// The multiples of `step` below `end`; scores repeat.
  Scores Fill(std::string_view key, int end, int step) {
    std::vector<std::string> words = {"ZADD", std::string(key)};
    Scores scores;
    for (int i = 0; i < end; i += step) {
      scores.emplace_back(i * 7919 % 1000, Format("member:{}", i));
      words.push_back(Format("{}", i * 7919 % 1000));
      words.push_back(scores.back().second);
    }
    runner_.Execute({words.begin(), words.end()});
    std::ranges::sort(scores);
    return scores;
  }
  /// At the newest state, and at D.
  void ExpectScores(const CommandRunner::Argv& argv, const Scores& scores) {
    EXPECT_EQ(ScoresOf(runner_.Execute(argv)), scores) << argv[0];
    EXPECT_EQ(ScoresOf(runner_.Read(argv)), scores) << argv[0];
  }
  void ToDisk() {
    runner_.rig().Compact();
    runner_.rig().Reopen();
  }

  CommandRunner runner_;
};

TEST_F(LargeSortedSetOperations, GoInSlicesAtOneState) {
  const Scores all = Fill("all", 10'000, 1);
  const Scores fifths = Fill("fifths", 10'000, 5);
  Scores rest;
  std::ranges::set_difference(all, fifths, std::back_inserter(rest));
  Scores doubled = fifths;
  for (auto& scored : doubled) scored.first *= 2;
  for (int i = 0; i < 2; ++i) {
    const uint64_t slices = runner_.slices();
    ExpectScores({"ZUNION", "2", "all", "fifths", "AGGREGATE", "MAX", "WITHSCORES"}, all);
    EXPECT_GT(runner_.slices() - slices, 10U);
    ExpectScores({"ZINTER", "2", "all", "fifths", "WITHSCORES"}, doubled);
    ExpectScores({"ZDIFF", "2", "all", "fifths", "WITHSCORES"}, rest);
    EXPECT_EQ(runner_.Run({"ZINTERCARD", "2", "all", "fifths"}), Integer(2000));
    ToDisk();
  }
}

TEST_F(LargeSortedSetOperations, SortInPassesWhatIsMuch) {
  // Eight megabytes are kept at a time, and these are ten.
  Scores scores;
  for (int i = 0; i < 100; ++i) {
    const std::string name = Format("{:03}", i * 37 % 100) + std::string(100'000, 'm');
    scores.emplace_back(i % 3, name);
    runner_.Execute({"ZADD", "k", Format("{}", i % 3), name});
  }
  std::ranges::sort(scores);
  ExpectScores({"ZUNION", "1", "k", "WITHSCORES"}, scores);
}

TEST_F(LargeSortedSetOperations, CountEachLookupOnce) {
  Fill("all", 10'000, 1);
  Fill("fifths", 10'000, 5);
  ToDisk();
  const keyspace::KeyspaceStats& stats = runner_.keyspace().stats();
  const uint64_t hits = stats.hits;
  const uint64_t misses = stats.misses;
  runner_.Read({"ZUNION", "3", "all", "fifths", "none"});
  EXPECT_EQ(stats.hits - hits, 2U);
  EXPECT_EQ(stats.misses - misses, 1U);
}

TEST_F(LargeSortedSetOperations, StoreInPartsWhatIsLarge) {
  const Scores all = Fill("all", 10'000, 1);
  Fill("fifths", 10'000, 5);
  ToDisk();
  EXPECT_EQ(runner_.Execute({"ZUNIONSTORE", "d", "2", "all", "fifths", "WEIGHTS", "1", "0"}),
            Integer(10'000));
  ExpectScores({"ZRANGE", "d", "0", "-1", "WITHSCORES"}, all);
  EXPECT_EQ(runner_.Execute({"ZDIFFSTORE", "all", "2", "all", "fifths"}), Integer(8000));
  EXPECT_EQ(runner_.Execute({"ZINTERSTORE", "d", "2", "d", "fifths"}), Integer(2000));
  EXPECT_EQ(runner_.Run({"ZCARD", "all"}), Integer(8000));
  EXPECT_EQ(runner_.Run({"ZCARD", "d"}), Integer(2000));
  EXPECT_EQ(runner_.keyspace().pending_objects().given_up(), 0U);
  EXPECT_EQ(runner_.Execute({"DEL", "all", "fifths", "d"}), Integer(3));
  runner_.rig().Compact();
  EXPECT_EQ(runner_.rig().store().Stats().entries_on_disk, 0U) << "nothing is left of any";
}

}  // namespace
}  // namespace cordwood::commands

// The commands that change hashes, and the reads of single fields.

#include <gtest/gtest.h>

#include "base/format.h"
#include "tests/commands/runner.h"

namespace cordwood::commands {
namespace {

constexpr std::string_view kWrong =
    "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";

/// Each test runs on a hash in its record and on one in elements.
class HashCommandsTest : public testing::TestWithParam<bool> {
 protected:
  HashCommandsTest() {
    if (GetParam()) {
      runner_.keyspace().options().inline_bytes_max = 0;
    }
  }

  std::string Run(const CommandRunner::Argv& argv) { return runner_.Run(argv); }

  CommandRunner runner_;
};

INSTANTIATE_TEST_SUITE_P(BothForms, HashCommandsTest, testing::Bool(),
                         [](const auto& form) { return form.param ? "Elements" : "Inline"; });

// So many that they are put into order first: the last of equal ones still counts, and each once.
TEST_P(HashCommandsTest, ThousandsOfFieldsInOneCommandCountAsOneByOne) {
  constexpr int kFields = 3000;
  std::vector<std::string> texts;
  for (int i = 0; i < 2 * kFields; ++i) texts.push_back(Format("{}", i * 7919 % kFields));
  CommandRunner::Argv set = {"HSET", "h"};
  CommandRunner::Argv remove = {"HDEL", "h"};
  for (int i = 0; i < 2 * kFields; ++i) {
    set.push_back(texts[i]);
    set.push_back(i < kFields ? std::string_view("old") : texts[i]);
    if (i % 2 == 0) remove.push_back(texts[i]);
  }
  EXPECT_EQ(Run(set), Integer(kFields));
  EXPECT_EQ(Run(set), Integer(0));
  EXPECT_EQ(Run({"HLEN", "h"}), Integer(kFields));
  for (const char* field : {"0", "1", "1500", "2998", "2999"}) {
    EXPECT_EQ(Run({"HGET", "h", field}), Bulk(field));
  }
  EXPECT_EQ(Run(remove), Integer(kFields / 2));
  EXPECT_EQ(Run(remove), Integer(0));
  EXPECT_EQ(Run({"HLEN", "h"}), Integer(kFields / 2));
  EXPECT_EQ(Run({"HEXISTS", "h", texts[0]}), Integer(0));
  EXPECT_EQ(Run({"HEXISTS", "h", texts[1]}), Integer(1));
}

TEST_P(HashCommandsTest, HSetTellsHowManyAreNew) {
  EXPECT_EQ(Run({"HSET", "h", "a", "1", "b", "2"}), Integer(2));
  EXPECT_EQ(Run({"HSET", "h", "a", "3", "c", "4"}), Integer(1));
  EXPECT_EQ(Run({"HGET", "h", "a"}), Bulk("3"));
  EXPECT_EQ(Run({"HSET", "h", "d", "1", "d", "2"}), Integer(1));
  EXPECT_EQ(Run({"HGET", "h", "d"}), Bulk("2"));
  EXPECT_EQ(Run({"HLEN", "h"}), Integer(4));
  EXPECT_EQ(Run({"HSET", "h", "", ""}), Integer(1));
  EXPECT_EQ(Run({"HGET", "h", ""}), Bulk(""));
}

TEST_P(HashCommandsTest, HSetWantsPairs) {
  EXPECT_EQ(Run({"HSET", "h", "f"}), "-ERR wrong number of arguments for 'hset' command\r\n");
  EXPECT_EQ(Run({"HSET", "h", "f", "v", "g"}),
            "-ERR wrong number of arguments for 'hset' command\r\n");
  EXPECT_EQ(Run({"HMSET", "h", "f", "v", "g"}),
            "-ERR wrong number of arguments for 'hmset' command\r\n");
  EXPECT_EQ(Run({"HLEN", "h"}), Integer(0));
}

TEST_P(HashCommandsTest, HMSetSaysOk) {
  EXPECT_EQ(Run({"HMSET", "h", "a", "1", "b", "2"}), kOk);
  EXPECT_EQ(Run({"HMGET", "h", "b", "x", "a"}),
            "*3\r\n" + Bulk("2") + std::string(kNil) + Bulk("1"));
}

TEST_P(HashCommandsTest, ReadsOfWhatIsNotThere) {
  EXPECT_EQ(Run({"HGET", "none", "f"}), kNil);
  EXPECT_EQ(Run({"HMGET", "none", "f", "g"}), "*2\r\n" + std::string(kNil) + std::string(kNil));
  EXPECT_EQ(Run({"HEXISTS", "none", "f"}), Integer(0));
  EXPECT_EQ(Run({"HSTRLEN", "none", "f"}), Integer(0));
  EXPECT_EQ(Run({"HDEL", "none", "f"}), Integer(0));
  Run({"HSET", "h", "f", "value"});
  EXPECT_EQ(Run({"HGET", "h", "g"}), kNil);
  EXPECT_EQ(Run({"HEXISTS", "h", "f"}), Integer(1));
  EXPECT_EQ(Run({"HEXISTS", "h", "g"}), Integer(0));
  EXPECT_EQ(Run({"HSTRLEN", "h", "f"}), Integer(5));
  EXPECT_EQ(Run({"HSTRLEN", "h", "g"}), Integer(0));
}

TEST_P(HashCommandsTest, HDelRemovesTheKeyWithItsLastField) {
  Run({"HSET", "h", "a", "1", "b", "2", "c", "3"});
  EXPECT_EQ(Run({"HDEL", "h", "a", "x", "a"}), Integer(1));
  EXPECT_EQ(Run({"HLEN", "h"}), Integer(2));
  EXPECT_EQ(Run({"HDEL", "h", "b", "c"}), Integer(2));
  EXPECT_EQ(runner_.keyspace().NewestCount(0, keyspace::CounterKind::kKeys), 0);
  EXPECT_EQ(runner_.keyspace().NewestCount(0, keyspace::CounterKind::kObjects), 0);
  EXPECT_EQ(Run({"SET", "h", "a string now"}), kOk);
}

TEST_P(HashCommandsTest, HSetNxSetsOnlyNewFields) {
  EXPECT_EQ(Run({"HSETNX", "h", "f", "1"}), Integer(1));
  EXPECT_EQ(Run({"HSETNX", "h", "f", "2"}), Integer(0));
  EXPECT_EQ(Run({"HGET", "h", "f"}), Bulk("1"));
}

TEST_P(HashCommandsTest, HIncrByCounts) {
  EXPECT_EQ(Run({"HINCRBY", "h", "n", "5"}), Integer(5));
  EXPECT_EQ(Run({"HINCRBY", "h", "n", "-7"}), Integer(-2));
  EXPECT_EQ(Run({"HGET", "h", "n"}), Bulk("-2"));
  EXPECT_EQ(Run({"HINCRBY", "h", "n", "x"}), kNotInt);
  Run({"HSET", "h", "t", "text", "max", "9223372036854775807"});
  EXPECT_EQ(Run({"HINCRBY", "h", "t", "1"}), "-ERR hash value is not an integer\r\n");
  EXPECT_EQ(Run({"HINCRBY", "h", "max", "1"}), "-ERR increment or decrement would overflow\r\n");
  EXPECT_EQ(Run({"HINCRBY", "none", "n", "1.5"}), kNotInt);
  EXPECT_EQ(Run({"HLEN", "none"}), Integer(0));
}

TEST_P(HashCommandsTest, HIncrByFloatCounts) {
  EXPECT_EQ(Run({"HINCRBYFLOAT", "h", "n", "10.5"}), Bulk("10.5"));
  EXPECT_EQ(Run({"HINCRBYFLOAT", "h", "n", "0.1"}), Bulk("10.6"));
  EXPECT_EQ(Run({"HINCRBYFLOAT", "h", "n", "inf"}), "-ERR value is NaN or Infinity\r\n");
  EXPECT_EQ(Run({"HINCRBYFLOAT", "h", "n", "nan"}), "-ERR value is not a valid float\r\n");
  Run({"HSET", "h", "t", "text"});
  EXPECT_EQ(Run({"HINCRBYFLOAT", "h", "t", "1"}), "-ERR hash value is not a float\r\n");
  Run({"HSET", "h", "large", "1e4932"});
  EXPECT_EQ(Run({"HINCRBYFLOAT", "h", "large", "1e4932"}),
            "-ERR increment would produce NaN or Infinity\r\n");
}

TEST_P(HashCommandsTest, AnExpiredHashIsGoneWithAllItsFields) {
  Run({"HSET", "h", "a", "1", "b", "2"});
  EXPECT_EQ(Run({"PEXPIRE", "h", "10"}), Integer(1));
  Run({"HSET", "h", "c", "3"});  // keeps the expiry
  runner_.AdvanceMs(10);
  EXPECT_EQ(Run({"HGET", "h", "a"}), kNil);
  EXPECT_EQ(Run({"HGETALL", "h"}), "*0\r\n");
  EXPECT_EQ(Run({"HSET", "h", "d", "4"}), Integer(1));
  EXPECT_EQ(Run({"HLEN", "h"}), Integer(1));
  runner_.AdvanceMs(1000);
  EXPECT_EQ(Run({"HLEN", "h"}), Integer(1));
}

TEST_P(HashCommandsTest, OtherTypesAreRefused) {
  Run({"SET", "s", "string"});
  for (const CommandRunner::Argv& argv :
       std::vector<CommandRunner::Argv>{{"HSET", "s", "f", "v"},
                                        {"HMSET", "s", "f", "v"},
                                        {"HSETNX", "s", "f", "v"},
                                        {"HGET", "s", "f"},
                                        {"HMGET", "s", "f"},
                                        {"HDEL", "s", "f"},
                                        {"HLEN", "s"},
                                        {"HEXISTS", "s", "f"},
                                        {"HSTRLEN", "s", "f"},
                                        {"HGETALL", "s"},
                                        {"HKEYS", "s"},
                                        {"HVALS", "s"},
                                        {"HINCRBY", "s", "f", "1"},
                                        {"HINCRBYFLOAT", "s", "f", "1"},
                                        {"HSCAN", "s", "0"},
                                        {"HRANDFIELD", "s"},
                                        {"HRANDFIELD", "s", "1"}}) {
    EXPECT_EQ(Run(argv), kWrong) << argv[0];
  }
}

TEST_P(HashCommandsTest, SurvivesAStopAndPowerLoss) {
  Run({"HSET", "h", "a", "1", "b", "2"});
  runner_.rig().Reopen();
  EXPECT_EQ(Run({"HMGET", "h", "a", "b"}), Bulks({"1", "2"}));
  Run({"HSET", "h", "a", "9"});
  runner_.rig().Settle();
  runner_.rig().LosePower(3);
  EXPECT_EQ(Run({"HMGET", "h", "a", "b"}), Bulks({"9", "2"}));
  EXPECT_EQ(Run({"HLEN", "h"}), Integer(2));
}

TEST(HashCommands, GrowOutOfTheRecordAndKeepEverything) {
  CommandRunner runner;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(runner.Execute({"HSET", "h", Format("f{}", i), Format("v{}", i)}), Integer(1));
  }
  EXPECT_EQ(runner.keyspace().NewestCount(0, keyspace::CounterKind::kObjects), 1);
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(runner.Execute({"HGET", "h", Format("f{}", i)}), Bulk(Format("v{}", i)));
  }
  EXPECT_EQ(runner.Run({"HLEN", "h"}), Integer(300));
}

}  // namespace
}  // namespace cordwood::commands

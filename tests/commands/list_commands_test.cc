// The commands that push to lists, pop from them, move elements, and those that read.

#include <gtest/gtest.h>

#include "base/format.h"
#include "tests/commands/runner.h"

namespace cordwood::commands {
namespace {

/// Each test runs on a list in its record and on one in elements.
class ListCommandsTest : public testing::TestWithParam<bool> {
 protected:
  ListCommandsTest() {
    if (GetParam()) runner_.keyspace().options().inline_bytes_max = 0;
  }

  static constexpr std::string_view kWrong =
      "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";
  static constexpr std::string_view kNilArray = "*-1\r\n";
  static constexpr std::string_view kEmpty = "*0\r\n";

  std::string Run(const CommandRunner::Argv& argv) { return runner_.Run(argv); }
  std::string All(std::string_view key) { return Run({"LRANGE", key, "0", "-1"}); }

  CommandRunner runner_;
};

INSTANTIATE_TEST_SUITE_P(BothForms, ListCommandsTest, testing::Bool(),
                         [](const auto& form) { return form.param ? "Elements" : "Inline"; });

TEST_P(ListCommandsTest, PushesTellTheLength) {
  EXPECT_EQ(Run({"RPUSH", "l", "a", "b"}), Integer(2));
  EXPECT_EQ(Run({"LPUSH", "l", "c", "d"}), Integer(4));
  EXPECT_EQ(All("l"), Bulks({"d", "c", "a", "b"}));
  EXPECT_EQ(Run({"LPUSHX", "l", "e"}), Integer(5));
  EXPECT_EQ(Run({"RPUSHX", "l", "f", ""}), Integer(7));
  EXPECT_EQ(All("l"), Bulks({"e", "d", "c", "a", "b", "f", ""}));
  EXPECT_EQ(Run({"LLEN", "l"}), Integer(7));
  EXPECT_EQ(Run({"TYPE", "l"}), "+list\r\n");
  EXPECT_EQ(Run({"LPUSHX", "none", "e"}), Integer(0));
  EXPECT_EQ(Run({"RPUSHX", "none", "e"}), Integer(0));
  EXPECT_EQ(Run({"EXISTS", "none"}), Integer(0));
}

TEST_P(ListCommandsTest, PopsTakeFromTheirEnd) {
  Run({"RPUSH", "l", "a", "b", "c", "d", "e"});
  EXPECT_EQ(Run({"LPOP", "l"}), Bulk("a"));
  EXPECT_EQ(Run({"RPOP", "l"}), Bulk("e"));
  EXPECT_EQ(Run({"RPOP", "l", "2"}), Bulks({"d", "c"}));
  EXPECT_EQ(Run({"LPOP", "l", "0"}), kEmpty);
  EXPECT_EQ(Run({"LPOP", "l", "9"}), Bulks({"b"}));
  EXPECT_EQ(Run({"EXISTS", "l"}), Integer(0));
  EXPECT_EQ(Run({"DBSIZE"}), Integer(0));
}

TEST_P(ListCommandsTest, PopsOfWhatIsNotThere) {
  EXPECT_EQ(Run({"LPOP", "none"}), kNil);
  EXPECT_EQ(Run({"RPOP", "none", "1"}), kNilArray);
  EXPECT_EQ(Run({"LPOP", "none", "0"}), kNilArray);
  EXPECT_EQ(Run({"LMPOP", "2", "none", "nothing", "LEFT"}), kNilArray);
  EXPECT_EQ(Run({"LMOVE", "none", "l", "LEFT", "LEFT"}), kNil);
  runner_.UseResp(3);
  EXPECT_EQ(Run({"LPOP", "none"}), "_\r\n");
  EXPECT_EQ(Run({"LPOP", "none", "1"}), "_\r\n");
  EXPECT_EQ(Run({"LMPOP", "1", "none", "LEFT"}), "_\r\n");
}

TEST_P(ListCommandsTest, PopsRefuseWhatRedisRefuses) {
  Run({"RPUSH", "l", "a"});
  const std::string positive = ErrorReply("ERR value is out of range, must be positive");
  EXPECT_EQ(Run({"LPOP", "l", "-1"}), positive);
  EXPECT_EQ(Run({"LPOP", "l", "x"}), positive);
  EXPECT_EQ(Run({"RPOP", "l", "1", "2"}),
            ErrorReply("ERR wrong number of arguments for 'rpop' command"));
  EXPECT_EQ(Run({"LMPOP", "0", "l", "LEFT"}), ErrorReply("ERR numkeys should be greater than 0"));
  EXPECT_EQ(Run({"LMPOP", "x", "l", "LEFT"}), ErrorReply("ERR numkeys should be greater than 0"));
  const std::string syntax = ErrorReply("ERR syntax error");
  EXPECT_EQ(Run({"LMPOP", "2", "l", "LEFT"}), syntax);
  EXPECT_EQ(Run({"LMPOP", "9223372036854775807", "l", "LEFT"}), syntax);
  EXPECT_EQ(Run({"LMPOP", "1", "l", "MIDDLE"}), syntax);
  EXPECT_EQ(Run({"LMPOP", "1", "l", "LEFT", "COUNT"}), syntax);
  EXPECT_EQ(Run({"LMPOP", "1", "l", "LEFT", "COUNT", "1", "COUNT", "1"}), syntax);
  EXPECT_EQ(Run({"LMPOP", "1", "l", "LEFT", "COUNT", "0"}),
            ErrorReply("ERR count should be greater than 0"));
  EXPECT_EQ(Run({"LMOVE", "l", "l", "LEFT", "UP"}), syntax);
  EXPECT_EQ(Run({"LLEN", "l"}), Integer(1));
}

TEST_P(ListCommandsTest, OtherTypesAreRefused) {
  Run({"SET", "s", "v"});
  Run({"RPUSH", "l", "a"});
  for (const CommandRunner::Argv& argv :
       std::vector<CommandRunner::Argv>{{"LPUSH", "s", "a"},
                                        {"RPUSHX", "s", "a"},
                                        {"LPOP", "s"},
                                        {"LPOP", "s", "0"},
                                        {"LLEN", "s"},
                                        {"LRANGE", "s", "0", "1"},
                                        {"LMPOP", "2", "s", "l", "LEFT"},
                                        {"LMOVE", "s", "l", "LEFT", "LEFT"},
                                        {"LMOVE", "l", "s", "LEFT", "LEFT"}}) {
    EXPECT_EQ(Run(argv), kWrong) << argv[0];
  }
  EXPECT_EQ(Run({"GET", "l"}), kWrong);
  EXPECT_EQ(All("l"), Bulks({"a"}));
}

TEST_P(ListCommandsTest, LMPopTakesFromTheFirstThatIsThere) {
  Run({"RPUSH", "b", "1", "2", "3"});
  Run({"RPUSH", "c", "4"});
  EXPECT_EQ(Run({"LMPOP", "3", "a", "b", "c", "RIGHT", "COUNT", "2"}),
            "*2\r\n" + Bulk("b") + Bulks({"3", "2"}));
  EXPECT_EQ(Run({"LMPOP", "3", "a", "b", "c", "left", "count", "10"}),
            "*2\r\n" + Bulk("b") + Bulks({"1"}));
  EXPECT_EQ(Run({"LMPOP", "3", "a", "b", "c", "LEFT"}), "*2\r\n" + Bulk("c") + Bulks({"4"}));
  EXPECT_EQ(Run({"DBSIZE"}), Integer(0));
}

TEST_P(ListCommandsTest, LRangeTakesIndexesFromBothEnds) {
  Run({"RPUSH", "l", "a", "b", "c", "d"});
  EXPECT_EQ(Run({"LRANGE", "l", "1", "2"}), Bulks({"b", "c"}));
  EXPECT_EQ(Run({"LRANGE", "l", "-3", "-2"}), Bulks({"b", "c"}));
  EXPECT_EQ(Run({"LRANGE", "l", "-100", "100"}), Bulks({"a", "b", "c", "d"}));
  EXPECT_EQ(Run({"LRANGE", "l", "3", "3"}), Bulks({"d"}));
  EXPECT_EQ(Run({"LRANGE", "l", "4", "9"}), kEmpty);
  EXPECT_EQ(Run({"LRANGE", "l", "2", "1"}), kEmpty);
  EXPECT_EQ(Run({"LRANGE", "l", "0", "-5"}), kEmpty);
  EXPECT_EQ(Run({"LRANGE", "l", "-9223372036854775808", kMaxInt}), Bulks({"a", "b", "c", "d"}));
  EXPECT_EQ(Run({"LRANGE", "none", "0", "-1"}), kEmpty);
  EXPECT_EQ(Run({"LRANGE", "none", "x", "-1"}), kNotInt);
}

TEST_P(ListCommandsTest, MovesBetweenEnds) {
  Run({"RPUSH", "a", "1", "2", "3"});
  EXPECT_EQ(Run({"RPOPLPUSH", "a", "b"}), Bulk("3"));
  EXPECT_EQ(Run({"LMOVE", "a", "b", "left", "right"}), Bulk("1"));
  EXPECT_EQ(All("b"), Bulks({"3", "1"}));
  EXPECT_EQ(Run({"LMOVE", "a", "b", "RIGHT", "LEFT"}), Bulk("2"));
  EXPECT_EQ(All("b"), Bulks({"2", "3", "1"}));
  EXPECT_EQ(Run({"EXISTS", "a"}), Integer(0));
  EXPECT_EQ(Run({"LMOVE", "b", "b", "LEFT", "RIGHT"}), Bulk("2"));
  EXPECT_EQ(All("b"), Bulks({"3", "1", "2"}));
  EXPECT_EQ(Run({"LMOVE", "b", "b", "RIGHT", "RIGHT"}), Bulk("2"));
  EXPECT_EQ(Run({"RPOPLPUSH", "b", "b"}), Bulk("2"));
  EXPECT_EQ(All("b"), Bulks({"2", "3", "1"}));
}

TEST_P(ListCommandsTest, AListOfOneElementRotatesInPlace) {
  Run({"RPUSH", "l", "a"});
  Run({"EXPIRE", "l", "100"});
  EXPECT_EQ(Run({"RPOPLPUSH", "l", "l"}), Bulk("a"));
  EXPECT_EQ(Run({"LMOVE", "l", "l", "LEFT", "RIGHT"}), Bulk("a"));
  EXPECT_EQ(Run({"TTL", "l"}), Integer(100));
  EXPECT_EQ(All("l"), Bulks({"a"}));
}

TEST_P(ListCommandsTest, PushesKeepTheExpiryAndANewListHasNone) {
  Run({"RPUSH", "l", "a"});
  Run({"EXPIRE", "l", "100"});
  Run({"LPUSH", "l", "b"});
  Run({"LPOP", "l"});
  EXPECT_EQ(Run({"TTL", "l"}), Integer(100));
  runner_.AdvanceMs(100'000);
  EXPECT_EQ(Run({"LPUSH", "l", "c"}), Integer(1));
  EXPECT_EQ(Run({"TTL", "l"}), Integer(-1));
}

TEST_P(ListCommandsTest, ALongRangeIsReadInSlices) {
  std::vector<std::string> texts;
  for (int i = 0; i < 1000; ++i) texts.push_back(Format("element {}", i));
  CommandRunner::Argv push = {"RPUSH", "l"};
  push.insert(push.end(), texts.begin(), texts.end());
  EXPECT_EQ(Run(push), Integer(1000));
  const std::vector<std::string_view> part(texts.begin() + 100, texts.begin() + 901);
  EXPECT_EQ(runner_.Read({"LRANGE", "l", "100", "900"}), Bulks(part));
  EXPECT_GE(runner_.slices(), 4u);
  // More than one turn takes off.
  Run(push);
  EXPECT_EQ(Run({"RPOP", "l", "1500"}).substr(0, 7), "*1500\r\n");
  EXPECT_EQ(Run({"LRANGE", "l", "-1", "-1"}), Bulks({"element 499"}));
}

TEST_P(ListCommandsTest, AListIsCopiedMovedAndDigestedInItsOrder) {
  Run({"RPUSH", "l", "x", "a", "b", "c"});
  Run({"LPOP", "l"});
  EXPECT_EQ(Run({"COPY", "l", "m"}), Integer(1));
  EXPECT_EQ(All("m"), Bulks({"a", "b", "c"}));
  const std::string same = Run({"DEBUG", "DIGEST-VALUE", "l"});
  EXPECT_EQ(Run({"DEBUG", "DIGEST-VALUE", "m"}), same);
  Run({"LMOVE", "m", "m", "LEFT", "RIGHT"});
  EXPECT_NE(Run({"DEBUG", "DIGEST-VALUE", "m"}), same);
  EXPECT_EQ(Run({"MOVE", "l", "1"}), Integer(1));
  EXPECT_EQ(Run({"RENAME", "m", "n"}), kOk);
  EXPECT_EQ(All("n"), Bulks({"b", "c", "a"}));
  EXPECT_EQ(Run({"LPUSH", "n", "z"}), Integer(4));
  Run({"SELECT", "1"});
  EXPECT_EQ(Run({"RPUSH", "l", "d"}), Integer(4));
  EXPECT_EQ(All("l"), Bulks({"a", "b", "c", "d"}));
}

TEST_P(ListCommandsTest, OneTransactionSeesItsOwnPushesAndPops) {
  Run({"RPUSH", "l", "a", "b"});
  runner_.Execute({"MULTI"});
  runner_.Execute({"LPOP", "l"});
  runner_.Execute({"LPUSH", "l", "c"});
  runner_.Execute({"RPOP", "l", "2"});
  runner_.Execute({"RPUSH", "l", "d"});
  EXPECT_EQ(runner_.Execute({"EXEC"}),
            "*4\r\n" + Bulk("a") + Integer(2) + Bulks({"b", "c"}) + Integer(1));
  EXPECT_EQ(All("l"), Bulks({"d"}));
  runner_.rig().Compact();
  EXPECT_EQ(All("l"), Bulks({"d"}));
}

}  // namespace
}  // namespace cordwood::commands

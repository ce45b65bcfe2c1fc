// The commands that change sets by naming members, and the reads of one set.

#include <gtest/gtest.h>

#include <set>

#include "base/format.h"
#include "protocol/reply_reader.h"
#include "tests/commands/runner.h"
#include "tests/commands/set_replies.h"

namespace cordwood::commands {
namespace {

/// Each test runs on sets in their records and on ones in elements.
class SetCommandsTest : public testing::TestWithParam<bool> {
 protected:
  SetCommandsTest() {
    if (GetParam()) runner_.keyspace().options().inline_bytes_max = 0;
  }

  std::string Run(const CommandRunner::Argv& argv) { return runner_.Run(argv); }
  std::string EncodingOf(std::string_view key) { return Run({"OBJECT", "ENCODING", key}); }

  CommandRunner runner_;
};

INSTANTIATE_TEST_SUITE_P(BothForms, SetCommandsTest, testing::Bool(),
                         [](const auto& form) { return form.param ? "Elements" : "Inline"; });

TEST_P(SetCommandsTest, SAddTellsHowManyAreNew) {
  EXPECT_EQ(Run({"SADD", "s", "a", "b"}), Integer(2));
  EXPECT_EQ(Run({"SADD", "s", "a", "c", "c"}), Integer(1));
  EXPECT_EQ(Run({"SADD", "s", "a"}), Integer(0));
  EXPECT_EQ(Run({"SADD", "s", ""}), Integer(1));
  EXPECT_EQ(Run({"SCARD", "s"}), Integer(4));
  EXPECT_EQ(MembersOf(Run({"SMEMBERS", "s"})), (std::set<std::string>{"", "a", "b", "c"}));
  EXPECT_EQ(Run({"SISMEMBER", "s", ""}), Integer(1));
  EXPECT_EQ(Run({"SISMEMBER", "s", "x"}), Integer(0));
  EXPECT_EQ(Run({"SMISMEMBER", "s", "c", "x", "a", "c"}), "*4\r\n:1\r\n:0\r\n:1\r\n:1\r\n");
  EXPECT_EQ(Run({"TYPE", "s"}), "+set\r\n");
}

TEST_P(SetCommandsTest, ThousandsOfMembersInOneCommandCountAsOneByOne) {
  constexpr int kMembers = 3000;
  std::vector<std::string> texts;
  for (int i = 0; i < 2 * kMembers; ++i) texts.push_back(Format("{}", i * 7919 % kMembers));
  CommandRunner::Argv add = {"SADD", "s"};
  CommandRunner::Argv remove = {"SREM", "s"};
  for (int i = 0; i < 2 * kMembers; ++i) {
    add.push_back(texts[i]);
    if (i % 2 == 0) remove.push_back(texts[i]);
  }
  EXPECT_EQ(Run(add), Integer(kMembers));
  EXPECT_EQ(Run(add), Integer(0));
  EXPECT_EQ(Run({"SCARD", "s"}), Integer(kMembers));
  EXPECT_EQ(Run(remove), Integer(kMembers / 2));
  EXPECT_EQ(Run(remove), Integer(0));
  EXPECT_EQ(Run({"SCARD", "s"}), Integer(kMembers / 2));
  EXPECT_EQ(Run({"SISMEMBER", "s", texts[0]}), Integer(0));
  EXPECT_EQ(Run({"SISMEMBER", "s", texts[1]}), Integer(1));
  EXPECT_EQ(MembersOf(Run({"SMEMBERS", "s"})).size(), size_t{kMembers / 2});
}

TEST_P(SetCommandsTest, WhatAddsOrRemovesNothingWritesNothing) {
  Run({"SADD", "s", "a", "b"});
  const storage::Seq before = runner_.rig().store().last_seq();
  EXPECT_EQ(runner_.Execute({"SADD", "s", "b", "a"}), Integer(0));
  EXPECT_EQ(runner_.Execute({"SADD", "s", "a"}), Integer(0));
  EXPECT_EQ(runner_.Execute({"SREM", "s", "x"}), Integer(0));
  EXPECT_EQ(runner_.Execute({"SMOVE", "s", "t", "x"}), Integer(0));
  EXPECT_EQ(runner_.Execute({"SMOVE", "s", "s", "a"}), Integer(1));
  EXPECT_EQ(runner_.rig().store().last_seq(), before);
}

TEST_P(SetCommandsTest, SRemRemovesTheKeyWithItsLastMember) {
  Run({"SADD", "s", "a", "b", "c"});
  EXPECT_EQ(Run({"SREM", "s", "a", "x", "a"}), Integer(1));
  EXPECT_EQ(Run({"SREM", "s", "b", "c", "d"}), Integer(2));
  EXPECT_EQ(Run({"EXISTS", "s"}), Integer(0));
  EXPECT_EQ(runner_.keyspace().NewestCount(0, keyspace::CounterKind::kKeys), 0);
  EXPECT_EQ(runner_.keyspace().NewestCount(0, keyspace::CounterKind::kObjects), 0);
  EXPECT_EQ(Run({"SREM", "s", "a"}), Integer(0));
}

// apache/kvrocks#171: a wrong type moves nothing.
TEST_P(SetCommandsTest, SMoveMovesAMember) {
  Run({"SADD", "s", "a", "b"});
  Run({"SET", "t", "v"});
  EXPECT_EQ(Run({"SMOVE", "s", "t", "a"}), kWrongTypeReply);
  EXPECT_EQ(Run({"SMOVE", "t", "s", "a"}), kWrongTypeReply);
  EXPECT_EQ(Run({"SISMEMBER", "s", "a"}), Integer(1));
  EXPECT_EQ(Run({"SMOVE", "s", "s", "a"}), Integer(1));
  EXPECT_EQ(Run({"SMOVE", "s", "s", "zz"}), Integer(0));
  EXPECT_EQ(Run({"SMOVE", "no", "s", "a"}), Integer(0));
  EXPECT_EQ(Run({"SMOVE", "no", "t", "a"}), Integer(0)) << "the other key is not looked at";
  EXPECT_EQ(Run({"SMOVE", "s", "d", "a"}), Integer(1));
  EXPECT_EQ(Run({"SMOVE", "s", "d", "a"}), Integer(0));
  EXPECT_EQ(Run({"SADD", "s", "a"}), Integer(1));
  EXPECT_EQ(Run({"SMOVE", "s", "d", "a"}), Integer(1)) << "which has it already";
  EXPECT_EQ(Run({"SMOVE", "s", "d", "b"}), Integer(1));
  EXPECT_EQ(Run({"EXISTS", "s"}), Integer(0));
  EXPECT_EQ(MembersOf(Run({"SMEMBERS", "d"})), (std::set<std::string>{"a", "b"}));
}

TEST_P(SetCommandsTest, ReadsOfWhatIsNotThere) {
  EXPECT_EQ(Run({"SCARD", "none"}), Integer(0));
  EXPECT_EQ(Run({"SMEMBERS", "none"}), "*0\r\n");
  EXPECT_EQ(Run({"SISMEMBER", "none", "a"}), Integer(0));
  EXPECT_EQ(Run({"SMISMEMBER", "none", "a", "b"}), "*2\r\n:0\r\n:0\r\n");
  EXPECT_EQ(Run({"SSCAN", "none", "0", "FOO"}), "*2\r\n" + Bulk("0") + "*0\r\n");
  runner_.UseResp(3);
  EXPECT_EQ(Run({"SMEMBERS", "none"}), "~0\r\n");
  Run({"SADD", "s", "a"});
  EXPECT_EQ(Run({"SMEMBERS", "s"}), "~1\r\n" + Bulk("a"));
  EXPECT_EQ(Run({"SSCAN", "s", "0"}), "*2\r\n" + Bulk("0") + Bulks({"a"}));
}

TEST_P(SetCommandsTest, OtherTypesAreRefused) {
  Run({"HSET", "h", "f", "v"});
  for (const CommandRunner::Argv& argv : std::vector<CommandRunner::Argv>{{"SADD", "h", "a"},
                                                                          {"SREM", "h", "a"},
                                                                          {"SCARD", "h"},
                                                                          {"SISMEMBER", "h", "a"},
                                                                          {"SMISMEMBER", "h", "a"},
                                                                          {"SMEMBERS", "h"},
                                                                          {"SSCAN", "h", "0"}}) {
    EXPECT_EQ(Run(argv), kWrongTypeReply) << argv[0];
  }
  Run({"SADD", "s", "a"});
  EXPECT_EQ(Run({"HGET", "s", "a"}), kWrongTypeReply);
  EXPECT_EQ(Run({"GET", "s"}), kWrongTypeReply);
}

TEST_P(SetCommandsTest, AnExpiredSetIsGoneWithAllItsMembers) {
  Run({"SADD", "s", "a", "b"});
  EXPECT_EQ(Run({"PEXPIRE", "s", "10"}), Integer(1));
  Run({"SADD", "s", "c"});  // keeps the expiry
  runner_.AdvanceMs(10);
  EXPECT_EQ(Run({"SISMEMBER", "s", "a"}), Integer(0));
  EXPECT_EQ(Run({"SADD", "s", "d"}), Integer(1));
  EXPECT_EQ(Run({"SCARD", "s"}), Integer(1));
  EXPECT_EQ(Run({"PTTL", "s"}), Integer(-1));
}

TEST_P(SetCommandsTest, SurvivesCopiesStopsAndPowerLoss) {
  Run({"SADD", "s", "a", "b"});
  EXPECT_EQ(Run({"COPY", "s", "t"}), Integer(1));
  EXPECT_EQ(Run({"MOVE", "t", "1"}), Integer(1));
  EXPECT_EQ(Run({"DEBUG", "DIGEST-VALUE", "s"}).substr(0, 4), "*1\r\n");
  EXPECT_EQ(Run({"MEMORY", "USAGE", "s"}).substr(0, 1), ":");
  EXPECT_EQ(Run({"SCAN", "0", "TYPE", "set"}), "*2\r\n" + Bulk("0") + Bulks({"s"}));
  runner_.rig().Reopen();
  EXPECT_EQ(Run({"SMISMEMBER", "s", "a", "x"}), "*2\r\n:1\r\n:0\r\n");
  Run({"SREM", "s", "a"});
  runner_.rig().Settle();
  runner_.rig().LosePower(3);
  EXPECT_EQ(Run({"SMEMBERS", "s"}), Bulks({"b"}));
  Run({"SELECT", "1"});
  EXPECT_EQ(MembersOf(Run({"SMEMBERS", "t"})), (std::set<std::string>{"a", "b"}));
}

// As t_set.c of 7.2 has it; 7.0 knows no listpacks of members.
TEST_P(SetCommandsTest, EncodingsAreThoseOf72) {
  const std::string intset = Bulk("intset");
  const std::string listpack = Bulk("listpack");
  const std::string table = Bulk("hashtable");
  Run({"SADD", "s", "1", "-2", "9223372036854775807"});
  EXPECT_EQ(EncodingOf("s"), intset);
  Run({"SADD", "s", "01"});  // which no integer is written like
  EXPECT_EQ(EncodingOf("s"), listpack);
  Run({"SREM", "s", "01"});
  EXPECT_EQ(EncodingOf("s"), listpack) << "it never goes back";
  Run({"SADD", "s", std::string(64, 'x')});
  EXPECT_EQ(EncodingOf("s"), listpack);
  Run({"SADD", "s", std::string(65, 'x')});
  EXPECT_EQ(EncodingOf("s"), table);
  for (int i = 0; i < 128; ++i) Run({"SADD", "l", Format("m{}", i)});
  EXPECT_EQ(EncodingOf("l"), listpack);
  Run({"SADD", "l", "m0"});
  EXPECT_EQ(EncodingOf("l"), listpack) << "nothing is new";
  Run({"SADD", "l", "1"});
  EXPECT_EQ(EncodingOf("l"), table);
  for (int i = 0; i < 512; ++i) runner_.Execute({"SADD", "i", Format("{}", i)});
  EXPECT_EQ(EncodingOf("i"), intset);
  runner_.Execute({"SADD", "i", "512"});
  EXPECT_EQ(EncodingOf("i"), table);
  for (int i = 0; i < 128; ++i) runner_.Execute({"SADD", "j", Format("{}", i)});
  runner_.Execute({"SADD", "j", "x"});
  EXPECT_EQ(EncodingOf("j"), table) << "too many for a listpack";
}

TEST_P(SetCommandsTest, EncodingsGoByHowManyMembersAreNamed) {
  std::vector<std::string> texts;
  for (int i = 0; i < 513; ++i) texts.push_back(Format("{}", i % 3));
  const auto named = [&](std::string_view key, size_t count, std::string_view first) {
    CommandRunner::Argv argv = {"SADD", key, first};
    for (size_t i = 1; i < count; ++i) argv.push_back(texts[i]);
    Run(argv);
    return EncodingOf(key);
  };
  EXPECT_EQ(named("a", 512, "7"), Bulk("intset"));
  EXPECT_EQ(named("b", 513, "7"), Bulk("hashtable"));
  EXPECT_EQ(named("c", 128, "x"), Bulk("listpack"));
  EXPECT_EQ(named("d", 129, "x"), Bulk("hashtable"));
  Run({"SADD", "e", "x"});
  EXPECT_EQ(named("e", 129, "y"), Bulk("hashtable"));
}

TEST(SetCommands, GrowOutOfTheRecordAndKeepEverything) {
  CommandRunner runner;
  std::set<std::string> members;
  for (int i = 0; i < 300; ++i) {
    members.insert(Format("member{}", i));
    EXPECT_EQ(runner.Execute({"SADD", "s", Format("member{}", i)}), Integer(1));
  }
  EXPECT_EQ(runner.keyspace().NewestCount(0, keyspace::CounterKind::kObjects), 1);
  EXPECT_EQ(MembersOf(runner.Run({"SMEMBERS", "s"})), members);
  EXPECT_GT(runner.slices(), 1U);
  std::set<std::string> scanned;
  std::string cursor = "0";
  do {
    protocol::ReplyReader reader;
    reader.Feed(runner.Run({"SSCAN", "s", cursor, "COUNT", "20"}));
    const auto page = reader.Next();
    ASSERT_TRUE(page && *page);
    cursor = (*page)->items[0].text;
    for (const auto& item : (*page)->items[1].items) {
      EXPECT_TRUE(scanned.insert(item.text).second) << "twice: " << item.text;
    }
  } while (cursor != "0");
  EXPECT_EQ(scanned, members);
}

}  // namespace
}  // namespace cordwood::commands

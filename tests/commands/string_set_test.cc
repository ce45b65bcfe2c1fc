// SET with all its options, and the other commands that set strings.

#include <gtest/gtest.h>

#include "base/format.h"
#include "tests/commands/runner.h"

namespace cordwood::commands {
namespace {

constexpr std::string_view kSyntaxReply = "-ERR syntax error\r\n";

std::string ExpireError(std::string_view command) {
  return Format("-ERR invalid expire time in '{}' command\r\n", command);
}

class SetStrings : public testing::Test {
 protected:
  std::string Run(const CommandRunner::Argv& argv) { return runner_.Run(argv); }

  int64_t Count(keyspace::CounterKind kind) { return runner_.keyspace().NewestCount(0, kind); }

  /// Whether the key goes away exactly when the clock has moved by `ms`.
  bool ExpiresIn(std::string_view key, int64_t ms) {
    runner_.AdvanceMs(ms - 1);
    const bool before = Run({"GET", key}) != kNil;
    runner_.AdvanceMs(1);
    return before && Run({"GET", key}) == kNil;
  }

  CommandRunner runner_;
};

TEST_F(SetStrings, SetReplacesValueTypeAndExpiry) {
  EXPECT_EQ(Run({"SET", "k", "v"}), kOk);
  EXPECT_EQ(Run({"SET", "k", "w", "PX", "10"}), kOk);
  EXPECT_EQ(Count(keyspace::CounterKind::kExpires), 1);
  EXPECT_EQ(Run({"SET", "k", "x"}), kOk);
  EXPECT_EQ(Count(keyspace::CounterKind::kExpires), 0);
  runner_.AdvanceMs(10);
  EXPECT_EQ(Run({"GET", "k"}), Bulk("x"));
  Run({"HSET", "h", "f", "v"});
  EXPECT_EQ(Run({"SET", "h", "now a string"}), kOk);
  EXPECT_EQ(Run({"GET", "h"}), Bulk("now a string"));
  EXPECT_EQ(Count(keyspace::CounterKind::kKeys), 2);
}

TEST_F(SetStrings, SetTakesEveryKindOfTime) {
  Run({"SET", "k", "v", "EX", "2"});
  EXPECT_TRUE(ExpiresIn("k", 2000));
  Run({"SET", "k", "v", "px", "30"});
  EXPECT_TRUE(ExpiresIn("k", 30));
  const int64_t second = runner_.now_ms() / 1000 + 5;
  Run({"SET", "k", "v", "EXAT", Format("{}", second)});
  EXPECT_TRUE(ExpiresIn("k", second * 1000 - runner_.now_ms()));
  Run({"SET", "k", "v", "PXAT", Format("{}", runner_.now_ms() + 7)});
  EXPECT_TRUE(ExpiresIn("k", 7));
  EXPECT_EQ(Run({"SET", "k", "v", "PXAT", "1"}), kOk);  // long ago
  EXPECT_EQ(Run({"GET", "k"}), kNil);
  EXPECT_EQ(Run({"SET", "k", "v", "EX", "1", "EX", "2"}), kOk);  // the last one holds
  EXPECT_TRUE(ExpiresIn("k", 2000));
}

TEST_F(SetStrings, SetRefusesTimesThatMakeNoSense) {
  for (const std::string_view time : {std::string_view("0"), std::string_view("-1"), kMaxInt}) {
    EXPECT_EQ(Run({"SET", "k", "v", "EX", time}), ExpireError("set")) << time;
  }
  EXPECT_EQ(Run({"SET", "k", "v", "PX", kMaxInt}), ExpireError("set"));
  EXPECT_EQ(Run({"SET", "k", "v", "EX", "9223372036854775"}), ExpireError("set"));
  EXPECT_EQ(Run({"SET", "k", "v", "EXAT", kMaxInt}), ExpireError("set"));
  EXPECT_EQ(Run({"SET", "k", "v", "PXAT", kMaxInt}), kOk);
  EXPECT_EQ(Run({"SET", "new", "v", "EX", "abc"}), kNotInt);
  EXPECT_EQ(Run({"SET", "new", "v", "EX", "1.5"}), kNotInt);
  EXPECT_EQ(Run({"GET", "new"}), kNil);
}

TEST_F(SetStrings, SetRefusesOptionsThatContradict) {
  for (const CommandRunner::Argv& argv :
       std::vector<CommandRunner::Argv>{{"SET", "k", "v", "NX", "XX"},
                                        {"SET", "k", "v", "EX", "1", "PX", "1"},
                                        {"SET", "k", "v", "FOO"},
                                        {"SET", "k", "v", "EX"},
                                        {"SET", "k", "v", "KEEPTTL", "EX", "1"},
                                        {"SET", "k", "v", "EX", "1", "KEEPTTL"},
                                        {"SET", "k", "v", "PERSIST"},
                                        {"SET", "k", "v", ""}}) {
    EXPECT_EQ(Run(argv), kSyntaxReply) << argv[3];
  }
  // A syntax error comes before a bad time.
  EXPECT_EQ(Run({"SET", "k", "v", "EX", "0", "FOO"}), kSyntaxReply);
  EXPECT_EQ(Run({"GET", "k"}), kNil);
}

TEST_F(SetStrings, SetObeysItsConditions) {
  EXPECT_EQ(Run({"SET", "k", "v", "XX"}), kNil);
  EXPECT_EQ(Run({"SET", "k", "v", "NX"}), kOk);
  EXPECT_EQ(Run({"SET", "k", "w", "NX"}), kNil);
  EXPECT_EQ(Run({"SET", "k", "w", "XX", "XX"}), kOk);
  EXPECT_EQ(Run({"GET", "k"}), Bulk("w"));
  Run({"HSET", "h", "f", "v"});
  EXPECT_EQ(Run({"SET", "h", "v", "NX"}), kNil);  // of whatever type
  EXPECT_EQ(Run({"SET", "h", "v", "XX"}), kOk);
  runner_.UseResp(3);
  EXPECT_EQ(Run({"SET", "none", "v", "XX"}), "_\r\n");
}

TEST_F(SetStrings, SetMayReturnWhatWasThere) {
  EXPECT_EQ(Run({"SET", "k", "v", "GET"}), kNil);
  EXPECT_EQ(Run({"SET", "k", "w", "GET"}), Bulk("v"));
  EXPECT_EQ(Run({"SET", "k", "x", "NX", "GET"}), Bulk("w"));
  EXPECT_EQ(Run({"GET", "k"}), Bulk("w"));
  EXPECT_EQ(Run({"SET", "new", "x", "NX", "GET"}), kNil);
  EXPECT_EQ(Run({"GET", "new"}), Bulk("x"));
  EXPECT_EQ(Run({"SET", "none", "x", "XX", "GET"}), kNil);
  EXPECT_EQ(Run({"GET", "none"}), kNil);
}

TEST_F(SetStrings, KeepTtlKeepsTheExpiry) {
  Run({"SET", "k", "v", "PX", "50"});
  EXPECT_EQ(Run({"SET", "k", "w", "KEEPTTL"}), kOk);
  EXPECT_TRUE(ExpiresIn("k", 50));
  EXPECT_EQ(Run({"SET", "k", "w", "KEEPTTL"}), kOk);
  EXPECT_EQ(Count(keyspace::CounterKind::kExpires), 0);
}

TEST_F(SetStrings, AnExpiredKeyCountsAsAbsentAndIsRemoved) {
  Run({"SET", "k", "v", "PX", "10"});
  runner_.AdvanceMs(10);
  EXPECT_EQ(Count(keyspace::CounterKind::kKeys), 1);
  EXPECT_EQ(Run({"SET", "k", "w", "XX"}), kNil);
  EXPECT_EQ(Count(keyspace::CounterKind::kKeys), 0);
  EXPECT_EQ(Run({"SET", "k", "v", "PX", "10"}), kOk);
  runner_.AdvanceMs(10);
  EXPECT_EQ(Run({"SETNX", "k", "w"}), Integer(1));
  EXPECT_EQ(Run({"GET", "k"}), Bulk("w"));
  EXPECT_EQ(runner_.keyspace().stats().expired_keys.load(), 2u);
}

TEST_F(SetStrings, SetExAndPSetExTakeATime) {
  EXPECT_EQ(Run({"SETEX", "k", "1", "v"}), kOk);
  EXPECT_TRUE(ExpiresIn("k", 1000));
  EXPECT_EQ(Run({"PSETEX", "k", "20", "v"}), kOk);
  EXPECT_TRUE(ExpiresIn("k", 20));
  EXPECT_EQ(Run({"SETEX", "k", "0", "v"}), ExpireError("setex"));
  EXPECT_EQ(Run({"PSETEX", "k", "-5", "v"}), ExpireError("psetex"));
  EXPECT_EQ(Run({"SETEX", "k", "x", "v"}), kNotInt);
}

TEST_F(SetStrings, SetNxSetsOnlyWhatIsNotThere) {
  EXPECT_EQ(Run({"SETNX", "k", "v"}), Integer(1));
  EXPECT_EQ(Run({"SETNX", "k", "w"}), Integer(0));
  EXPECT_EQ(Run({"GET", "k"}), Bulk("v"));
}

TEST_F(SetStrings, GetSetReturnsTheOldAndDropsTheExpiry) {
  EXPECT_EQ(Run({"GETSET", "k", "v"}), kNil);
  Run({"SET", "k", "v", "EX", "1"});
  EXPECT_EQ(Run({"GETSET", "k", "w"}), Bulk("v"));
  runner_.AdvanceMs(1000);
  EXPECT_EQ(Run({"GET", "k"}), Bulk("w"));
}

TEST_F(SetStrings, GetDelReturnsAndRemoves) {
  EXPECT_EQ(Run({"GETDEL", "k"}), kNil);
  Run({"SET", "k", "v"});
  EXPECT_EQ(Run({"GETDEL", "k"}), Bulk("v"));
  EXPECT_EQ(Run({"GET", "k"}), kNil);
  EXPECT_EQ(Count(keyspace::CounterKind::kKeys), 0);
}

TEST_F(SetStrings, GetExMovesTheExpiry) {
  EXPECT_EQ(Run({"GETEX", "k", "EX", "1"}), kNil);
  Run({"SET", "k", "v"});
  EXPECT_EQ(Run({"GETEX", "k"}), Bulk("v"));
  EXPECT_EQ(Run({"GETEX", "k", "PX", "40"}), Bulk("v"));
  EXPECT_EQ(Run({"GETEX", "k"}), Bulk("v"));
  EXPECT_TRUE(ExpiresIn("k", 40));
  Run({"SET", "k", "v", "PX", "40"});
  EXPECT_EQ(Run({"GETEX", "k", "PERSIST"}), Bulk("v"));
  EXPECT_EQ(Count(keyspace::CounterKind::kExpires), 0);
  EXPECT_EQ(Run({"GETEX", "k", "PXAT", "1"}), Bulk("v"));  // long ago
  EXPECT_EQ(Count(keyspace::CounterKind::kKeys), 0);
}

TEST_F(SetStrings, GetExRefusesWhatMakesNoSense) {
  Run({"SET", "k", "v"});
  EXPECT_EQ(Run({"GETEX", "k", "EX", "0"}), ExpireError("getex"));
  EXPECT_EQ(Run({"GETEX", "k", "EX", "x"}), kNotInt);
  EXPECT_EQ(Run({"GETEX", "missing", "EX", "0"}), kNil);  // the key is looked up first
  for (const CommandRunner::Argv& argv :
       std::vector<CommandRunner::Argv>{{"GETEX", "k", "PERSIST", "EX", "1"},
                                        {"GETEX", "k", "EX", "1", "PERSIST"},
                                        {"GETEX", "k", "NX"},
                                        {"GETEX", "k", "KEEPTTL"},
                                        {"GETEX", "k", "EX"}}) {
    EXPECT_EQ(Run(argv), kSyntaxReply) << argv[2];
  }
}

TEST_F(SetStrings, MSetSetsAllAndMSetNxAllOrNothing) {
  EXPECT_EQ(Run({"MSET", "a", "1", "b", "2", "a", "3"}), kOk);
  EXPECT_EQ(Run({"MGET", "a", "b", "c"}), "*3\r\n" + Bulk("3") + Bulk("2") + std::string(kNil));
  EXPECT_EQ(Run({"MSETNX", "c", "1", "b", "9"}), Integer(0));
  EXPECT_EQ(Run({"GET", "c"}), kNil);
  EXPECT_EQ(Run({"MSETNX", "c", "1", "c", "2", "d", "3"}), Integer(1));
  EXPECT_EQ(Run({"GET", "c"}), Bulk("2"));
  EXPECT_EQ(Count(keyspace::CounterKind::kKeys), 4);
  EXPECT_EQ(Run({"MSET", "a", "b", "c"}), "-ERR wrong number of arguments for 'mset' command\r\n");
  EXPECT_EQ(Run({"MSETNX", "a", "b", "c"}),
            "-ERR wrong number of arguments for 'msetnx' command\r\n");
}

// So many that they are put into order first: the last of equal ones still counts, and each once.
TEST_F(SetStrings, ThousandsOfKeysInOneCommandCountAsOneByOne) {
  constexpr int kKeys = 3000;
  std::vector<std::string> texts;
  for (int i = 0; i < 2 * kKeys; ++i) texts.push_back(Format("{}", i * 7919 % kKeys));
  CommandRunner::Argv set = {"MSET"};
  CommandRunner::Argv remove = {"DEL"};
  for (int i = 0; i < 2 * kKeys; ++i) {
    set.push_back(texts[i]);
    set.push_back(i < kKeys ? std::string_view("old") : texts[i]);
    if (i % 2 == 0) remove.push_back(texts[i]);
  }
  EXPECT_EQ(Run(set), kOk);
  EXPECT_EQ(Count(keyspace::CounterKind::kKeys), kKeys);
  const CommandRunner::Argv get = {"MGET", "0", "1", "1500", "2998", "2999"};
  EXPECT_EQ(Run(get), Bulks({"0", "1", "1500", "2998", "2999"}));
  EXPECT_EQ(Run(remove), Integer(kKeys / 2));
  EXPECT_EQ(Run(remove), Integer(0));
  set[0] = "MSETNX";
  EXPECT_EQ(Run(set), Integer(0)) << "every other one is there";
  EXPECT_EQ(Count(keyspace::CounterKind::kKeys), kKeys / 2);
  EXPECT_EQ(Run({"FLUSHALL"}), kOk);
  EXPECT_EQ(Run(set), Integer(1));
  EXPECT_EQ(Run(get), Bulks({"0", "1", "1500", "2998", "2999"}));
}

TEST_F(SetStrings, WhatWasSetSurvivesAStopAndPowerLoss) {
  Run({"MSET", "a", "1", "b", "2"});
  Run({"SET", "c", "3", "PX", "100"});
  runner_.rig().Reopen();
  EXPECT_EQ(Run({"MGET", "a", "b", "c"}), Bulks({"1", "2", "3"}));
  Run({"INCR", "a"});
  runner_.rig().Settle();
  runner_.rig().LosePower(7);
  EXPECT_EQ(Run({"GET", "a"}), Bulk("2"));
  EXPECT_TRUE(ExpiresIn("c", 100));
}

}  // namespace
}  // namespace cordwood::commands

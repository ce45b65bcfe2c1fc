// Who waits for an element gets it: by what is pushed, renamed, copied, moved or swapped under a
// key, in the order of waiting, and before the next command. Expected replies are those of Redis,
// by hand where 7.2 differs from 7.0.

#include "tests/pipeline/blocking_fixture.h"

namespace cordwood::pipeline {
namespace {

class Blocking : public BlockingFixture {};

TEST_F(Blocking, APushServesWhoWaits) {
  EXPECT_EQ(Ask(a_, {"BLPOP", "q", "0"}), "");
  EXPECT_EQ(Ask(b_, {"RPUSH", "q", "x"}), ":1\r\n");
  EXPECT_EQ(Got(a_), ArrayReply({"q", "x"}));
  EXPECT_EQ(Ask(b_, {"EXISTS", "q"}), ":0\r\n");
  ExpectNoTrace();
}

TEST_F(Blocking, WhatIsThereIsTakenAtOnce) {
  Ask(b_, {"RPUSH", "q", "1", "2", "3", "4", "5", "6", "7", "8"});
  EXPECT_EQ(Ask(a_, {"BLPOP", "no", "q", "0"}), ArrayReply({"q", "1"}));
  EXPECT_EQ(Ask(a_, {"BRPOP", "no", "q", "0"}), ArrayReply({"q", "8"}));
  EXPECT_EQ(Ask(a_, {"BLMPOP", "0", "2", "no", "q", "LEFT", "COUNT", "2"}),
            "*2\r\n$1\r\nq\r\n" + ArrayReply({"2", "3"}));
  EXPECT_EQ(Ask(a_, {"BLMPOP", "0", "1", "q", "RIGHT"}), "*2\r\n$1\r\nq\r\n" + ArrayReply({"7"}));
  EXPECT_EQ(Ask(a_, {"BLMOVE", "q", "to", "LEFT", "RIGHT", "0"}), BulkReply("4"));
  EXPECT_EQ(Ask(a_, {"BRPOPLPUSH", "q", "to", "0"}), BulkReply("6"));
  EXPECT_EQ(Ask(a_, {"LRANGE", "to", "0", "-1"}), ArrayReply({"6", "4"}));
}

TEST_F(Blocking, EachFormIsServed) {
  const std::vector<std::pair<Argv, std::string>> forms = {
      {{"BLPOP", "q", "0"}, ArrayReply({"q", "1"})},
      {{"BRPOP", "q", "0"}, ArrayReply({"q", "3"})},
      {{"BLMPOP", "0", "1", "q", "LEFT", "COUNT", "9"},
       "*2\r\n$1\r\nq\r\n" + ArrayReply({"1", "2", "3"})},
      {{"BLMPOP", "0", "1", "q", "RIGHT", "COUNT", "2"},
       "*2\r\n$1\r\nq\r\n" + ArrayReply({"3", "2"})},
      {{"BLMOVE", "q", "to", "LEFT", "LEFT", "0"}, BulkReply("1")},
      {{"BRPOPLPUSH", "q", "to", "0"}, BulkReply("3")},
  };
  for (const auto& [argv, reply] : forms) {
    EXPECT_EQ(Ask(a_, argv), "");
    EXPECT_EQ(Ask(b_, {"RPUSH", "q", "1", "2", "3"}), ":3\r\n");
    EXPECT_EQ(Got(a_), reply) << argv[0];
    Ask(b_, {"DEL", "q"});
  }
}

TEST_F(Blocking, InTheOrderOfWaiting) {
  std::vector<SessionId> waiting;
  for (int i = 0; i < 5; ++i) {
    waiting.push_back(server_->Connect());
    EXPECT_EQ(Ask(waiting.back(), {"BLPOP", "q", "0"}), "");
  }
  // One push is for one; what is over goes to the next.
  EXPECT_EQ(Ask(b_, {"RPUSH", "q", "1"}), ":1\r\n");
  EXPECT_EQ(Got(waiting[0]), ArrayReply({"q", "1"}));
  EXPECT_EQ(Ask(b_, {"RPUSH", "q", "2", "3", "4"}), ":3\r\n");
  for (size_t i = 1; i < 4; ++i) EXPECT_EQ(Got(waiting[i]), ArrayReply({"q", Format("{}", i + 1)}));
  EXPECT_EQ(Got(waiting[4]), "");
  EXPECT_EQ(Ask(b_, {"EXISTS", "q"}), ":0\r\n");
}

// Whoever was served waits behind the others when it comes again.
TEST_F(Blocking, NobodyIsStarved) {
  for (int round = 0; round < 3; ++round) {
    Ask(a_, {"BLPOP", "q", "0"});
    Ask(b_, {"BLPOP", "q", "0"});
    Ask(c_, {"RPUSH", "q", "1"});
    EXPECT_EQ(Got(a_), ArrayReply({"q", "1"}));
    Ask(a_, {"BLPOP", "q", "0"});
    Ask(c_, {"RPUSH", "q", "2"});
    EXPECT_EQ(Got(b_), ArrayReply({"q", "2"}));
    Ask(c_, {"RPUSH", "q", "3"});
    EXPECT_EQ(Got(a_), ArrayReply({"q", "3"}));
  }
}

TEST_F(Blocking, AKeyThatIsNamedTwiceIsOnePlace) {
  EXPECT_EQ(Ask(a_, {"BLPOP", "q", "q", "q", "0"}), "");
  EXPECT_EQ(Ask(b_, {"RPUSH", "q", "1", "2"}), ":2\r\n");
  EXPECT_EQ(Got(a_), ArrayReply({"q", "1"}));
  EXPECT_EQ(Ask(b_, {"LLEN", "q"}), ":1\r\n");
  ExpectNoTrace();
}

TEST_F(Blocking, TwoInOneWriteAreServedInTurn) {
  server_->Send(a_, Pipelined({{"BLPOP", "h", "0"}, {"BLPOP", "h", "0"}, {"PING"}}));
  EXPECT_EQ(Got(a_), "");
  EXPECT_EQ(Ask(b_, {"RPUSH", "h", "a"}), ":1\r\n");
  EXPECT_EQ(Got(a_), ArrayReply({"h", "a"}));
  EXPECT_EQ(Ask(b_, {"RPUSH", "h", "b"}), ":1\r\n");
  EXPECT_EQ(Got(a_), ArrayReply({"h", "b"}) + "+PONG\r\n");
}

TEST_F(Blocking, BeforeTheNextCommandOfWhoPushed) {
  EXPECT_EQ(Ask(a_, {"BLPOP", "q", "0"}), "");
  server_->Send(b_, Pipelined({{"RPUSH", "q", "x"}, {"LLEN", "q"}, {"RPUSH", "q", "y"}}));
  EXPECT_EQ(Got(b_), ":1\r\n:0\r\n:1\r\n");
  EXPECT_EQ(Got(a_), ArrayReply({"q", "x"}));
}

TEST_F(Blocking, TheWaitersArgumentsOutliveWhatComesBehindThem) {
  const std::string key(3000, 'k');
  EXPECT_EQ(Ask(a_, {"BLPOP", key, "0"}), "");
  server_->Send(a_, Pipelined({{"ECHO", std::string(20'000, 'e')}, {"ECHO", "last"}}));
  EXPECT_EQ(Got(a_), "");
  Ask(b_, {"RPUSH", key, "x"});
  EXPECT_EQ(Got(a_),
            ArrayReply({key, "x"}) + BulkReply(std::string(20'000, 'e')) + BulkReply("last"));
}

TEST_F(Blocking, AServedMoveWakesWhoWaitsForItsDestination) {
  EXPECT_EQ(Ask(a_, {"BLPOP", "dest", "5"}), "");
  EXPECT_EQ(Ask(b_, {"BRPOPLPUSH", "src", "dest", "5"}), "");
  EXPECT_EQ(Ask(c_, {"LPUSH", "src", "v"}), ":1\r\n");
  EXPECT_EQ(Got(b_), BulkReply("v"));
  EXPECT_EQ(Got(a_), ArrayReply({"dest", "v"}));
  EXPECT_EQ(Ask(c_, {"EXISTS", "src", "dest"}), ":0\r\n");
  ExpectNoTrace();
}

TEST_F(Blocking, AChainOfMovesIsOneStep) {
  std::vector<SessionId> links;
  for (int i = 0; i < 20; ++i) {
    links.push_back(server_->Connect());
    Ask(links.back(), {"BLMOVE", Format("k{}", i), Format("k{}", i + 1), "LEFT", "RIGHT", "0"});
  }
  server_->Send(b_, Pipelined({{"RPUSH", "k0", "x"}, {"LRANGE", "k20", "0", "-1"}}));
  EXPECT_EQ(Got(b_), ":1\r\n" + ArrayReply({"x"}));
  for (const SessionId link : links) EXPECT_EQ(Got(link), BulkReply("x"));
}

TEST_F(Blocking, AMoveIntoAKeyWakesWhoWaitsForIt) {
  EXPECT_EQ(Ask(a_, {"BLPOP", "dst", "5"}), "");
  EXPECT_EQ(Ask(b_, {"RPUSH", "src", "x"}), ":1\r\n");
  EXPECT_EQ(Ask(b_, {"LMOVE", "src", "dst", "LEFT", "RIGHT"}), BulkReply("x"));
  EXPECT_EQ(Got(a_), ArrayReply({"dst", "x"}));
  EXPECT_EQ(Ask(b_, {"EXISTS", "dst"}), ":0\r\n");
}

// A list of one element with a deadline turns in place: the key never goes.
TEST_F(Blocking, AListThatTurnsInPlaceKeepsItsDeadlineAndWakes) {
  for (const Argv& turn :
       {Argv{"BLMOVE", "q", "q", "LEFT", "RIGHT", "0"}, Argv{"BRPOPLPUSH", "q", "q", "0"}}) {
    Ask(c_, {"RPUSH", "q", "x"});
    Ask(c_, {"PEXPIRE", "q", "100000"});
    EXPECT_EQ(Ask(a_, turn), BulkReply("x"));
    EXPECT_EQ(Ask(c_, {"LRANGE", "q", "0", "-1"}), ArrayReply({"x"}));
    EXPECT_NE(Ask(c_, {"PTTL", "q"}), ":-1\r\n");
    Ask(c_, {"DEL", "q"});
    // Two who wait to turn it, and one for the element: each in its order.
    EXPECT_EQ(Ask(a_, turn), "");
    EXPECT_EQ(Ask(b_, turn), "");
    const SessionId last = server_->Connect();
    EXPECT_EQ(Ask(last, {"BLPOP", "q", "0"}), "");
    server_->Send(
        c_, Pipelined({{"MULTI"}, {"RPUSH", "q", "y"}, {"PEXPIRE", "q", "100000"}, {"EXEC"}}));
    EXPECT_EQ(Got(a_), BulkReply("y"));
    EXPECT_EQ(Got(b_), BulkReply("y"));
    Got(c_);
    EXPECT_EQ(Got(last), ArrayReply({"q", "y"}));
    EXPECT_EQ(Ask(c_, {"EXISTS", "q"}), ":0\r\n");
    ExpectNoTrace();
  }
}

// --- transactions ---

TEST_F(Blocking, AnElementThatComesAndGoesInOneTransactionServesNobody) {
  EXPECT_EQ(Ask(a_, {"BLPOP", "q", "5"}), "");
  server_->Send(b_, Pipelined({{"MULTI"}, {"RPUSH", "q", "x"}, {"LPOP", "q"}, {"EXEC"}}));
  EXPECT_EQ(Got(b_), "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n:1\r\n$1\r\nx\r\n");
  EXPECT_EQ(Got(a_), "");
  EXPECT_EQ(Ask(b_, {"RPUSH", "q", "y"}), ":1\r\n");
  EXPECT_EQ(Got(a_), ArrayReply({"q", "y"}));
}

// 7.0 serves the key that was filled first.
TEST_F(Blocking, AfterATransactionTheLeftmostKeyIsServed) {
  EXPECT_EQ(Ask(a_, {"BRPOP", "k0", "k1", "k2", "5"}), "");
  server_->Send(
      b_,
      Pipelined(
          {{"MULTI"}, {"LPUSH", "k2", "c"}, {"LPUSH", "k0", "a"}, {"LPUSH", "k1", "b"}, {"EXEC"}}));
  EXPECT_EQ(Got(a_), ArrayReply({"k0", "a"}));
  Got(b_);
  EXPECT_EQ(Ask(b_, {"EXISTS", "k0", "k1", "k2"}), ":2\r\n");
}

TEST_F(Blocking, WithinATransactionNothingWaits) {
  server_->Send(a_, Pipelined({{"MULTI"},
                               {"BLPOP", "q", "0"},
                               {"BRPOP", "q", "0"},
                               {"BLMPOP", "0", "1", "q", "LEFT"},
                               {"BLMOVE", "q", "r", "LEFT", "LEFT", "0"},
                               {"BRPOPLPUSH", "q", "r", "0"},
                               {"WAIT", "1", "0"},
                               {"WAITAOF", "1", "1", "0"},
                               {"RPUSH", "q", "x"},
                               {"BLPOP", "q", "0"},
                               {"EXEC"}}));
  std::string expected = "+OK\r\n";
  for (int i = 0; i < 9; ++i) expected += "+QUEUED\r\n";
  expected += "*9\r\n*-1\r\n*-1\r\n*-1\r\n$-1\r\n$-1\r\n:0\r\n*2\r\n:1\r\n:0\r\n:1\r\n";
  EXPECT_EQ(Got(a_), expected + ArrayReply({"q", "x"}));
  ExpectNoTrace();
}

// --- what else puts a list under a key ---

TEST_F(Blocking, RenameOntoTheKeyWakesAndAnotherTypeDoesNot) {
  EXPECT_EQ(Ask(a_, {"BLPOP", "q", "5"}), "");
  EXPECT_EQ(Ask(b_, {"SET", "q", "s"}), "+OK\r\n");
  EXPECT_EQ(Got(a_), "");
  EXPECT_EQ(Ask(b_, {"DEL", "q"}), ":1\r\n");
  EXPECT_EQ(Ask(b_, {"HSET", "h", "f", "v"}), ":1\r\n");
  EXPECT_EQ(Ask(b_, {"RENAME", "h", "q"}), "+OK\r\n");
  EXPECT_EQ(Got(a_), "") << "a hash";
  EXPECT_EQ(Ask(b_, {"RPUSH", "o", "x"}), ":1\r\n");
  EXPECT_EQ(Ask(b_, {"RENAME", "o", "q"}), "+OK\r\n");
  EXPECT_EQ(Got(a_), ArrayReply({"q", "x"}));
}

TEST_F(Blocking, RenamenxAndCopyWake) {
  EXPECT_EQ(Ask(a_, {"BLPOP", "q", "5"}), "");
  EXPECT_EQ(Ask(b_, {"RPUSH", "o", "x", "y"}), ":2\r\n");
  EXPECT_EQ(Ask(b_, {"COPY", "o", "q"}), ":1\r\n");
  EXPECT_EQ(Got(a_), ArrayReply({"q", "x"}));
  EXPECT_EQ(Ask(b_, {"LLEN", "q"}), ":1\r\n");
  EXPECT_EQ(Ask(b_, {"DEL", "q"}), ":1\r\n");
  EXPECT_EQ(Ask(a_, {"BRPOP", "q", "5"}), "");
  EXPECT_EQ(Ask(b_, {"RENAMENX", "o", "q"}), ":1\r\n");
  EXPECT_EQ(Got(a_), ArrayReply({"q", "y"}));
}

TEST_F(Blocking, AcrossDatabases) {
  Ask(a_, {"SELECT", "1"});
  EXPECT_EQ(Ask(a_, {"BLPOP", "q", "0"}), "");
  EXPECT_EQ(Ask(b_, {"RPUSH", "q", "of 0"}), ":1\r\n");
  EXPECT_EQ(Got(a_), "") << "another database's";
  EXPECT_EQ(Ask(b_, {"COPY", "q", "q", "DB", "1"}), ":1\r\n");
  EXPECT_EQ(Got(a_), ArrayReply({"q", "of 0"}));
  EXPECT_EQ(Ask(a_, {"BLPOP", "q", "0"}), "");
  EXPECT_EQ(Ask(b_, {"MOVE", "q", "1"}), ":1\r\n");
  EXPECT_EQ(Got(a_), ArrayReply({"q", "of 0"}));
  EXPECT_EQ(Ask(a_, {"BLPOP", "q", "0"}), "");
  EXPECT_EQ(Ask(b_, {"RPUSH", "q", "swapped"}), ":1\r\n");
  EXPECT_EQ(Ask(b_, {"SWAPDB", "0", "1"}), "+OK\r\n");
  EXPECT_EQ(Got(a_), ArrayReply({"q", "swapped"}));
  EXPECT_EQ(Ask(b_, {"DBSIZE"}), ":0\r\n");
  ExpectNoTrace();
}

TEST_F(Blocking, APushBeforeASwapInOneTransactionServesTheNumberItIsUnderInTheEnd) {
  Ask(a_, {"SELECT", "1"});
  EXPECT_EQ(Ask(a_, {"BLPOP", "q", "0"}), "");
  EXPECT_EQ(Ask(b_, {"BLPOP", "q", "0"}), "");
  server_->Send(c_, Pipelined({{"MULTI"}, {"RPUSH", "q", "x"}, {"SWAPDB", "0", "1"}, {"EXEC"}}));
  EXPECT_EQ(Got(a_), ArrayReply({"q", "x"}));
  EXPECT_EQ(Got(b_), "");
}

// 7.0 serves the list; 7.2 runs the command again, from its first key on.
TEST_F(Blocking, AnotherTypeUnderAnEarlierKeyIsAnErrorOnceItRunsAgain) {
  EXPECT_EQ(Ask(a_, {"BLPOP", "first", "second", "0"}), "");
  EXPECT_EQ(Ask(b_, {"SET", "first", "s"}), "+OK\r\n");
  EXPECT_EQ(Got(a_), "");
  EXPECT_EQ(Ask(b_, {"RPUSH", "second", "x"}), ":1\r\n");
  EXPECT_TRUE(Got(a_).starts_with("-WRONGTYPE"));
  EXPECT_EQ(Ask(b_, {"LLEN", "second"}), ":1\r\n") << "nothing is lost";
  ExpectNoTrace();
}

TEST_F(Blocking, AMoveThatMayNotGoToItsDestinationTakesNothing) {
  EXPECT_EQ(Ask(a_, {"BLMOVE", "q", "str", "LEFT", "LEFT", "0"}), "");
  EXPECT_EQ(Ask(b_, {"BLPOP", "q", "0"}), "");
  EXPECT_EQ(Ask(c_, {"SET", "str", "s"}), "+OK\r\n");
  EXPECT_EQ(Ask(c_, {"RPUSH", "q", "x"}), ":1\r\n");
  EXPECT_TRUE(Got(a_).starts_with("-WRONGTYPE"));
  EXPECT_EQ(Got(b_), ArrayReply({"q", "x"})) << "the next one's";
}

TEST_F(Blocking, Resp3) {
  Ask(a_, {"HELLO", "3"});
  EXPECT_EQ(Ask(a_, {"BLPOP", "q", "1"}), "");
  EXPECT_EQ(After(1001, a_), "_\r\n");
}

}  // namespace
}  // namespace cordwood::pipeline

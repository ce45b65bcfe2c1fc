// Who waits for a member of a sorted set gets it, as who waits for an element of a list does.

#include "tests/pipeline/blocking_fixture.h"

namespace cordwood::pipeline {
namespace {

class SortedSetBlocking : public BlockingFixture {};

TEST_F(SortedSetBlocking, EachFormIsServed) {
  const std::vector<std::pair<Argv, std::string>> forms = {
      {{"BZPOPMIN", "no", "z", "0"}, ArrayReply({"z", "a", "1"})},
      {{"BZPOPMAX", "z", "0"}, ArrayReply({"z", "c", "3"})},
      {{"BZMPOP", "0", "2", "no", "z", "MIN", "COUNT", "2"},
       "*2\r\n$1\r\nz\r\n*2\r\n" + ArrayReply({"a", "1"}) + ArrayReply({"b", "2"})},
      {{"BZMPOP", "0", "1", "z", "MAX"}, "*2\r\n$1\r\nz\r\n*1\r\n" + ArrayReply({"c", "3"})},
  };
  for (const auto& [argv, reply] : forms) {
    EXPECT_EQ(Ask(a_, argv), "");
    EXPECT_EQ(Ask(b_, {"ZADD", "z", "2", "b", "1", "a", "3", "c"}), ":3\r\n");
    EXPECT_EQ(Got(a_), reply) << argv[0];
    Ask(b_, {"DEL", "z"});
  }
  ExpectNoTrace();
}

TEST_F(SortedSetBlocking, WhateverPutsAMemberThereServes) {
  const auto waits = [&] { EXPECT_EQ(Ask(a_, {"BZPOPMIN", "z", "0"}), ""); };
  const std::string reply = ArrayReply({"z", "m", "5"});
  waits();
  Ask(b_, {"ZINCRBY", "z", "5", "m"});
  EXPECT_EQ(Got(a_), reply);
  waits();
  Ask(b_, {"ZADD", "z", "INCR", "5", "m"});
  EXPECT_EQ(Got(a_), reply);
  Ask(b_, {"ZADD", "other", "5", "m"});
  waits();
  Ask(b_, {"RENAME", "other", "z"});
  EXPECT_EQ(Got(a_), reply);
  Ask(b_, {"ZADD", "other", "5", "m"});
  waits();
  Ask(b_, {"COPY", "other", "z"});
  EXPECT_EQ(Got(a_), reply);
  Ask(b_, {"SELECT", "1"});
  Ask(b_, {"ZADD", "z", "5", "m"});
  waits();
  Ask(b_, {"MOVE", "z", "0"});
  EXPECT_EQ(Got(a_), reply);
  ExpectNoTrace();
}

TEST_F(SortedSetBlocking, AnotherTypeServesNobody) {
  EXPECT_EQ(Ask(a_, {"BZPOPMIN", "z", "0"}), "");
  EXPECT_EQ(Ask(c_, {"BLPOP", "z", "0"}), "");
  EXPECT_EQ(Ask(b_, {"RPUSH", "z", "x"}), ":1\r\n");
  EXPECT_EQ(Got(c_), ArrayReply({"z", "x"}));
  EXPECT_EQ(Got(a_), "");
  EXPECT_EQ(Ask(b_, {"ZADD", "z", "1", "m"}), ":1\r\n");
  EXPECT_EQ(Got(a_), ArrayReply({"z", "m", "1"}));
  Ask(b_, {"SET", "s", "v"});
  EXPECT_TRUE(Ask(a_, {"BZPOPMIN", "s", "0"}).starts_with("-WRONGTYPE"));
}

TEST_F(SortedSetBlocking, InTheOrderOfWaitingAndOneMemberEach) {
  EXPECT_EQ(Ask(a_, {"BZPOPMIN", "z", "0"}), "");
  EXPECT_EQ(Ask(c_, {"BZPOPMAX", "z", "0"}), "");
  EXPECT_EQ(Ask(b_, {"ZADD", "z", "1", "a", "2", "b", "3", "c"}), ":3\r\n");
  EXPECT_EQ(Got(a_), ArrayReply({"z", "a", "1"}));
  EXPECT_EQ(Got(c_), ArrayReply({"z", "c", "3"}));
  EXPECT_EQ(Ask(b_, {"ZRANGE", "z", "0", "-1"}), ArrayReply({"b"}));
}

TEST_F(SortedSetBlocking, AnUpdateThatAddsNothingServesNobody) {
  EXPECT_EQ(Ask(a_, {"BZPOPMIN", "z", "0"}), "");
  EXPECT_EQ(Ask(b_, {"ZADD", "z", "XX", "1", "a"}), ":0\r\n");
  EXPECT_EQ(Ask(b_, {"MULTI"}), "+OK\r\n");
  Ask(b_, {"ZADD", "z", "1", "a"});
  Ask(b_, {"ZREM", "z", "a"});
  Ask(b_, {"EXEC"});
  EXPECT_EQ(Got(a_), "");
  EXPECT_EQ(Ask(b_, {"ZADD", "z", "1", "b"}), ":1\r\n");
  EXPECT_EQ(Got(a_), ArrayReply({"z", "b", "1"}));
}

TEST_F(SortedSetBlocking, ATimeoutAnswersANullArray) {
  EXPECT_EQ(Ask(a_, {"BZPOPMIN", "z", "0.05"}), "");
  EXPECT_EQ(After(200, a_), kNullArray);
  EXPECT_EQ(Ask(a_, {"BZMPOP", "0.05", "1", "z", "MIN"}), "");
  EXPECT_EQ(After(200, a_), kNullArray);
  Ask(a_, {"MULTI"});
  Ask(a_, {"BZPOPMAX", "z", "0"});
  EXPECT_EQ(Ask(a_, {"EXEC"}), "*1\r\n*-1\r\n");
}

}  // namespace
}  // namespace cordwood::pipeline

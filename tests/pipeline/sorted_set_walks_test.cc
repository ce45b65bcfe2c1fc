// Sequences over sorted sets that drafts of the encoding got wrong: at the newest state and at D
// with the log stalled, after COMPACT, and after a restart by kill.

#include <gtest/gtest.h>

#include "base/format.h"
#include "tests/pipeline/object_walks.h"

namespace cordwood::pipeline {
namespace {

class SortedSetWalks : public ObjectWalks {};

// A hint that followed the pop must not lie inside of what comes below it without a new count.
TEST_F(SortedSetWalks, AMemberThatMovesBelowWhatWasPoppedIsFound) {
  Ask({"ZADD", "q", "5", "a", "7", "b"});
  Shows({{"ZPOPMIN", "q"}, {"ZADD", "q", "XX", "3", "b"}}, {"ZRANGE", "q", "0", "-1", "WITHSCORES"},
        BulksOf({"b", "3"}));
  EXPECT_EQ(Ask({"ZPOPMIN", "q"}), BulksOf({"b", "3"}));
  EXPECT_EQ(Ask({"EXISTS", "q"}), ":0\r\n");
}

TEST_F(SortedSetWalks, MinusZeroComesBackAsItWas) {
  Ask({"ZADD", "z", "-0", "a", "0", "b"});
  Shows({{"ZADD", "z", "-0", "c", "5", "d"}, {"ZADD", "z", "-0", "d"}},
        {"ZRANGE", "z", "0", "-1", "WITHSCORES"},
        BulksOf({"a", "-0", "b", "0", "c", "-0", "d", "-0"}));
}

TEST_F(SortedSetWalks, RemovedRangesStayGone) {
  for (int i = 0; i < 60; ++i) Ask({"ZADD", "z", Format("{}", i), Format("m{:02}", i)});
  Shows({{"ZREMRANGEBYSCORE", "z", "10", "(50"},
         {"ZREMRANGEBYRANK", "z", "0", "6"},
         {"ZADD", "z", "20", "m15"},
         {"ZREMRANGEBYSCORE", "z", "52", "+inf"}},
        {"ZRANGE", "z", "0", "-1", "WITHSCORES"},
        BulksOf({"m07", "7", "m08", "8", "m09", "9", "m15", "20", "m50", "50", "m51", "51"}));
}

TEST_F(SortedSetWalks, OneExecPopsAddsAndReads) {
  Ask({"ZADD", "z", "1", "a", "2", "b", "3", "c"});
  Shows({{"MULTI"},
         {"ZPOPMIN", "z", "2"},
         {"ZADD", "z", "0", "a", "4", "d"},
         {"ZREMRANGEBYSCORE", "z", "3", "3"},
         {"EXEC"}},
        {"ZRANGE", "z", "0", "-1", "WITHSCORES"}, BulksOf({"a", "0", "d", "4"}));
}

// Of many members most go: what stays is stored anew, beside other commands, and nothing of the
// rest is left.
TEST_F(SortedSetWalks, ALargeRemovalIsALongWrite) {
  std::vector<std::string> words = {"ZADD", "z"};
  constexpr int kMembers = 9000;
  for (int i = 0; i < kMembers; ++i) {
    words.push_back(Format("{}", i));
    words.push_back(Format("m{:05}", i));
  }
  EXPECT_EQ(Ask({words.begin(), words.end()}), Format(":{}\r\n", kMembers));
  const SessionId writer = server_->Connect();
  server_->SendCommand(writer, {"ZREMRANGEBYSCORE", "z", "10", "8989"});
  server_->RunForMs(3000);
  EXPECT_EQ(server_->Receive(writer), ":8980\r\n");
  EXPECT_EQ(Ask({"ZCARD", "z"}), ":20\r\n");
  EXPECT_EQ(Ask({"ZRANGE", "z", "9", "10"}), BulksOf({"m00009", "m08990"}));
  Ask({"COMPACT"});
  server_->RunForMs(1000);
  KillAndStart();
  EXPECT_EQ(Ask({"ZCARD", "z"}), ":20\r\n");
  EXPECT_EQ(Ask({"ZRANGE", "z", "9", "10"}), BulksOf({"m00009", "m08990"}));
  EXPECT_EQ(Ask({"DBSIZE"}), ":1\r\n");
}

}  // namespace
}  // namespace cordwood::pipeline

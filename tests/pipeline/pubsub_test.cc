// Messages: who gets them, when they leave, and where they stand between replies. Expected texts
// are those of Redis.

#include <string>
#include <vector>

#include "tests/pipeline/blocking_fixture.h"

namespace cordwood::pipeline {
namespace {

std::string Subscribed(std::string_view verb, std::string_view name, int count,
                       std::string_view header = "*3\r\n") {
  return std::string(header) + BulkReply(verb) + BulkReply(name) + Format(":{}\r\n", count);
}

std::string Push(std::initializer_list<std::string_view> items) {
  std::string reply = ArrayReply(items);
  reply[0] = '>';
  return reply;
}

constexpr std::string_view kOnlySome =
    "only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context\r\n";

class PubSub : public BlockingFixture {
 protected:
  void UseResp3(SessionId id) { ASSERT_TRUE(Ask(id, {"HELLO", "3"}).starts_with('%')); }
  /// Nothing is durable for two seconds.
  void StallLog() { env_.StallSyncs(".wal", 2000); }
  std::string GotMeanwhile(SessionId id) {
    while (env_.Step()) server_->RunLoop();
    return server_->Receive(id);
  }
};

TEST_F(PubSub, ChannelsAndPatternsBothDeliverAndAreCounted) {
  EXPECT_EQ(Ask(a_, {"SUBSCRIBE", "news.it"}), Subscribed("subscribe", "news.it", 1));
  EXPECT_EQ(Ask(a_, {"PSUBSCRIBE", "news.*"}), Subscribed("psubscribe", "news.*", 2));
  EXPECT_EQ(Ask(b_, {"PUBLISH", "news.it", "hi"}), ":2\r\n");
  EXPECT_EQ(Got(a_), ArrayReply({"message", "news.it", "hi"}) +
                         ArrayReply({"pmessage", "news.*", "news.it", "hi"}));
  EXPECT_EQ(Ask(a_, {"PING", "x"}), ArrayReply({"pong", "x"}));
  EXPECT_EQ(Ask(a_, {"PING"}), ArrayReply({"pong", ""}));
  EXPECT_EQ(Ask(a_, {"GET", "x"}), "-ERR Can't execute 'get': " + std::string(kOnlySome));
  EXPECT_EQ(Ask(b_, {"PUBSUB", "NUMSUB", "news.it", "no"}),
            "*4\r\n" + BulkReply("news.it") + ":1\r\n" + BulkReply("no") + ":0\r\n");
  EXPECT_EQ(Ask(b_, {"PUBSUB", "NUMPAT"}), ":1\r\n");
  EXPECT_EQ(Ask(b_, {"PUBSUB", "CHANNELS", "n*"}), ArrayReply({"news.it"}));
  EXPECT_EQ(Ask(b_, {"PUBSUB", "CHANNELS", "x*"}), "*0\r\n");
}

TEST_F(PubSub, AResp2SubscriberIsFreeAgainWithTheLastUnsubscribe) {
  Ask(a_, {"SUBSCRIBE", "a", "b"});
  Ask(a_, {"SSUBSCRIBE", "s"});
  EXPECT_EQ(Ask(a_, {"CONFIG", "GET", "port"}),
            "-ERR Can't execute 'config|get': " + std::string(kOnlySome));
  EXPECT_EQ(Ask(a_, {"UNSUBSCRIBE"}),
            Subscribed("unsubscribe", "a", 1) + Subscribed("unsubscribe", "b", 0));
  EXPECT_EQ(Ask(a_, {"GET", "x"}), "-ERR Can't execute 'get': " + std::string(kOnlySome));
  EXPECT_EQ(Ask(a_, {"SUNSUBSCRIBE", "s"}), Subscribed("sunsubscribe", "s", 0));
  EXPECT_EQ(Ask(a_, {"GET", "x"}), kNull);
  EXPECT_EQ(Ask(a_, {"PUNSUBSCRIBE"}), "*3\r\n" + BulkReply("punsubscribe") + "$-1\r\n:0\r\n");
}

TEST_F(PubSub, Resp3SubscribersMayAskForAnything) {
  UseResp3(a_);
  EXPECT_EQ(Ask(a_, {"SUBSCRIBE", "a"}), Subscribed("subscribe", "a", 1, ">3\r\n"));
  EXPECT_EQ(Ask(a_, {"GET", "none"}), "_\r\n");
  EXPECT_EQ(Ask(a_, {"PING"}), "+PONG\r\n");
  EXPECT_EQ(Ask(b_, {"PUBLISH", "a", "m"}), ":1\r\n");
  EXPECT_EQ(Got(a_), Push({"message", "a", "m"}));
  EXPECT_EQ(Ask(a_, {"PUBLISH", "a", "own"}), ":1\r\n" + Push({"message", "a", "own"}));
  EXPECT_EQ(Ask(a_, {"RESET"}), "+RESET\r\n");
  EXPECT_EQ(Ask(b_, {"PUBLISH", "a", "m"}), ":0\r\n");
  EXPECT_EQ(Got(a_), "");
}

TEST_F(PubSub, ShardChannelsAreApartFromChannels) {
  Ask(a_, {"SSUBSCRIBE", "c"});
  Ask(b_, {"PSUBSCRIBE", "*"});
  EXPECT_EQ(Ask(c_, {"SPUBLISH", "c", "m"}), ":1\r\n");
  EXPECT_EQ(Ask(c_, {"PUBLISH", "c", "n"}), ":1\r\n");
  EXPECT_EQ(Got(a_), ArrayReply({"smessage", "c", "m"}));
  EXPECT_EQ(Got(b_), ArrayReply({"pmessage", "*", "c", "n"}));
  EXPECT_EQ(Ask(c_, {"PUBSUB", "SHARDCHANNELS"}), ArrayReply({"c"}));
  EXPECT_EQ(Ask(c_, {"PUBSUB", "CHANNELS"}), "*0\r\n");
  EXPECT_EQ(Ask(c_, {"PUBSUB", "SHARDNUMSUB", "c"}), "*2\r\n" + BulkReply("c") + ":1\r\n");
}

TEST_F(PubSub, AClosedConnectionIsSubscribedToNothing) {
  Ask(a_, {"SUBSCRIBE", "c"});
  Ask(a_, {"PSUBSCRIBE", "*"});
  server_->Disconnect(a_);
  EXPECT_EQ(Ask(b_, {"PUBLISH", "c", "m"}), ":0\r\n");
  EXPECT_EQ(Ask(b_, {"PUBSUB", "CHANNELS"}), "*0\r\n");
  EXPECT_EQ(Ask(b_, {"PUBSUB", "NUMPAT"}), ":0\r\n");
}

TEST_F(PubSub, ATransactionSubscribesAndPublishesAsAWhole) {
  UseResp3(a_);
  Ask(a_, {"MULTI"});
  Ask(a_, {"SUBSCRIBE", "c"});
  Ask(a_, {"PUBLISH", "c", "in"});
  Ask(a_, {"UNSUBSCRIBE"});
  Ask(a_, {"PUBLISH", "c", "gone"});
  EXPECT_EQ(Ask(b_, {"PUBLISH", "c", "before"}), ":0\r\n");
  // What is sent is decided when it leaves: behind the EXEC, which has unsubscribed again.
  EXPECT_EQ(Ask(a_, {"EXEC"}), "*4\r\n" + Subscribed("subscribe", "c", 1, ">3\r\n") + ":1\r\n" +
                                   Subscribed("unsubscribe", "c", 0, ">3\r\n") + ":0\r\n");
  Ask(a_, {"MULTI"});
  Ask(a_, {"SUBSCRIBE", "c"});
  Ask(a_, {"PUBLISH", "c", "in"});
  Ask(a_, {"PING"});
  EXPECT_EQ(Ask(a_, {"EXEC"}), "*3\r\n" + Subscribed("subscribe", "c", 1, ">3\r\n") +
                                   ":1\r\n+PONG\r\n" + Push({"message", "c", "in"}));
}

// --- rule P1 ---

TEST_F(PubSub, AMessageLeavesWhenWhatItsPublisherWroteIsDurable) {
  Ask(a_, {"SUBSCRIBE", "c"});
  StallLog();
  server_->SendCommand(b_, {"SET", "k", "v"});
  server_->SendCommand(b_, {"PUBLISH", "c", "written"});
  EXPECT_EQ(GotMeanwhile(a_), "");
  EXPECT_EQ(GotMeanwhile(b_), "");
  EXPECT_EQ(After(2001, a_), ArrayReply({"message", "c", "written"}));
  EXPECT_EQ(Got(b_), "+OK\r\n:1\r\n");
}

TEST_F(PubSub, AMessageWaitsForNobodyElsesWrites) {
  Ask(a_, {"SUBSCRIBE", "c"});
  StallLog();
  server_->SendCommand(b_, {"SET", "k", "v"});
  server_->SendCommand(c_, {"PUBLISH", "c", "free"});
  EXPECT_EQ(GotMeanwhile(a_), ArrayReply({"message", "c", "free"}));
  EXPECT_EQ(server_->Receive(c_), ":1\r\n");
  EXPECT_EQ(server_->Receive(b_), "");
}

TEST_F(PubSub, AMessageOfAnExecLeavesWithTheExec) {
  Ask(a_, {"SUBSCRIBE", "c"});
  Ask(b_, {"MULTI"});
  Ask(b_, {"SET", "k", "v"});
  Ask(b_, {"PUBLISH", "c", "written"});
  StallLog();
  server_->SendCommand(b_, {"EXEC"});
  EXPECT_EQ(GotMeanwhile(a_), "");
  EXPECT_EQ(After(2001, a_), ArrayReply({"message", "c", "written"}));
  EXPECT_EQ(Got(b_), "*2\r\n+OK\r\n:1\r\n");
}

TEST_F(PubSub, WhoIsSentAMessageIsDecidedWhenItLeaves) {
  Ask(a_, {"SUBSCRIBE", "c"});
  StallLog();
  server_->SendCommand(b_, {"SET", "k", "v"});
  server_->SendCommand(b_, {"PUBLISH", "c", "m"});
  Ask(a_, {"UNSUBSCRIBE", "c"});
  Ask(c_, {"SUBSCRIBE", "c"});
  EXPECT_EQ(After(2001, c_), ArrayReply({"message", "c", "m"}));
  EXPECT_EQ(Got(a_), "");
}

TEST_F(PubSub, AFailedLogSendsNothing) {
  Ask(a_, {"SUBSCRIBE", "c"});
  env_.FailNext(support::SimOp::kSync, ".wal", ErrorCode::kIo);
  server_->SendCommand(b_, {"SET", "k", "v"});
  server_->SendCommand(b_, {"PUBLISH", "c", "m"});
  EXPECT_EQ(Got(a_), "");
}

TEST_F(PubSub, MessagesOfOneConnectionKeepTheirOrder) {
  Ask(a_, {"SUBSCRIBE", "c"});
  StallLog();
  std::string expected;
  for (int i = 0; i < 300; ++i) {
    const std::string text = Format("{}", i);
    if (i % 3 == 0) server_->SendCommand(b_, {"INCR", "k"});
    server_->SendCommand(b_, {"PUBLISH", "c", text});
    expected += ArrayReply({"message", "c", text});
  }
  EXPECT_EQ(After(2001, a_), expected);
}

// One that publishes faster than the log syncs has to wait: what it sends is kept in memory.
TEST_F(PubSub, WhatWaitsToLeaveIsBounded) {
  Ask(a_, {"SUBSCRIBE", "c"});
  const std::string large(1 << 20, 'm');
  StallLog();
  server_->SendCommand(b_, {"SET", "k", "v"});
  std::string replies = "+OK\r\n";
  for (int i = 0; i < 17; ++i) {
    EXPECT_FALSE(server_->pipeline().Find(b_)->held()) << i;
    server_->SendCommand(b_, {"PUBLISH", "c", large});
    replies += ":1\r\n";
  }
  EXPECT_TRUE(server_->pipeline().Find(b_)->held());
  EXPECT_EQ(Ask(c_, {"PUBLISH", "c", "of one who wrote nothing"}), ":1\r\n");
  EXPECT_EQ(server_->pipeline().outgoing().bytes() >> 20, 16u);
  server_->RunForMs(2001);
  EXPECT_EQ(server_->pipeline().outgoing().bytes(), 0u);
  EXPECT_EQ(Got(b_), replies);
}

// --- between replies ---

TEST_F(PubSub, AMessageStandsBehindAReplyThatIsSentInParts) {
  UseResp3(a_);
  std::string all = "%1000\r\n";
  for (int i = 0; i < 1000; ++i) {
    const std::string field = Format("field:{}", i);
    ASSERT_EQ(Ask(b_, {"HSET", "h", field, std::string(100, 'v')}), ":1\r\n");
  }
  Ask(a_, {"SUBSCRIBE", "c"});
  server_->SendCommand(a_, {"HGETALL", "h"});
  int sent = 0;
  while (server_->pipeline().Find(a_)->held()) {
    server_->SendCommand(b_, {"PUBLISH", "c", "m"});
    ++sent;
    server_->Step();
  }
  ASSERT_GT(sent, 2) << "the reply was one part";
  std::string got = Got(a_);
  std::string messages;
  for (int i = 0; i < sent; ++i) messages += Push({"message", "c", "m"});
  // Some may have come before the reply began.
  const size_t begin = got.find("%1000\r\n");
  ASSERT_NE(begin, std::string::npos);
  const size_t first = got.find('>', begin);
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(got.substr(0, begin) + got.substr(first), messages);
}

TEST_F(PubSub, AMessageComesWhileACommandWaits) {
  UseResp3(a_);
  Ask(a_, {"SUBSCRIBE", "c"});
  EXPECT_EQ(Ask(a_, {"BLPOP", "q", "0"}), "");
  EXPECT_EQ(Ask(b_, {"PUBLISH", "c", "m"}), ":1\r\n");
  EXPECT_EQ(Got(a_), Push({"message", "c", "m"}));
  Ask(b_, {"RPUSH", "q", "x"});
  EXPECT_EQ(Got(a_), ArrayReply({"q", "x"}));
}

TEST_F(PubSub, AMessageWaitsForTheRepliesInFrontOfIt) {
  UseResp3(a_);
  Ask(a_, {"SUBSCRIBE", "c"});
  StallLog();
  server_->SendCommand(a_, {"SET", "k", "v"});
  server_->SendCommand(b_, {"PUBLISH", "c", "m"});
  EXPECT_EQ(GotMeanwhile(a_), "");
  EXPECT_EQ(After(2001, a_), "+OK\r\n" + Push({"message", "c", "m"}));
}

// --- who reads too little ---

TEST_F(PubSub, TheHardLimitClosesAtOnce) {
  Ask(b_, {"CONFIG", "SET", "client-output-buffer-limit", "pubsub 100kb 0 0"});
  Ask(a_, {"SUBSCRIBE", "c"});
  server_->SetReading(a_, false);
  const std::string text(10'000, 'm');
  for (int i = 0; i < 10; ++i) Ask(b_, {"PUBLISH", "c", text});
  EXPECT_FALSE(server_->Closed(a_));
  EXPECT_EQ(Ask(b_, {"PUBLISH", "c", text}), ":1\r\n");
  EXPECT_TRUE(server_->Closed(a_));
  EXPECT_EQ(Ask(b_, {"PUBLISH", "c", text}), ":0\r\n");
  EXPECT_EQ(server_->InfoNumber("client_output_buffer_limit_disconnections"), 1);
}

TEST_F(PubSub, TheSoftLimitClosesAfterItsSeconds) {
  Ask(b_, {"CONFIG", "SET", "client-output-buffer-limit", "pubsub 0 100kb 3"});
  Ask(a_, {"SUBSCRIBE", "c"});
  server_->SetReading(a_, false);
  Ask(b_, {"PUBLISH", "c", std::string(200'000, 'm')});
  const auto pass = [this](int seconds) {
    for (int i = 0; i < seconds * kTicksPerSecond; ++i) server_->Tick();
  };
  pass(2);
  EXPECT_FALSE(server_->Closed(a_));
  // Whoever was below it meanwhile has all of them again.
  server_->SetReading(a_, true);
  Got(a_);
  pass(1);
  server_->SetReading(a_, false);
  Ask(b_, {"PUBLISH", "c", std::string(200'000, 'm')});
  pass(2);
  EXPECT_FALSE(server_->Closed(a_));
  pass(2);
  EXPECT_TRUE(server_->Closed(a_));
}

TEST_F(PubSub, ASubscriberIsNotIdle) {
  Ask(b_, {"CONFIG", "SET", "timeout", "1"});
  Ask(a_, {"SUBSCRIBE", "c"});
  for (int i = 0; i < 3 * kTicksPerSecond; ++i) server_->Tick();
  EXPECT_FALSE(server_->Closed(a_));
  EXPECT_TRUE(server_->Closed(c_));
}

}  // namespace
}  // namespace cordwood::pipeline

// Clients that are told when what they read has changed: who, of what, when, and where it stands
// between replies. Expected texts are those of Redis.

#include <string>
#include <vector>

#include "tests/pipeline/blocking_fixture.h"

namespace cordwood::pipeline {
namespace {

constexpr std::string_view kOkLine = "+OK\r\n";
constexpr std::string_view kAllKeys = ">2\r\n$10\r\ninvalidate\r\n_\r\n";

std::string Invalidated(std::initializer_list<std::string_view> keys) {
  return ">2\r\n" + BulkReply("invalidate") + ArrayReply(keys);
}

std::string InvalidatedByMessage(std::initializer_list<std::string_view> keys) {
  return "*3\r\n" + BulkReply("message") + BulkReply("__redis__:invalidate") + ArrayReply(keys);
}

class ClientCaches : public BlockingFixture {
 protected:
  void UseResp3(SessionId id) { ASSERT_TRUE(Ask(id, {"HELLO", "3"}).starts_with('%')); }
  /// As a client in RESP3 with these options.
  void Track(SessionId id, const Argv& options = {}) {
    UseResp3(id);
    Argv argv = {"CLIENT", "TRACKING", "ON"};
    argv.insert(argv.end(), options.begin(), options.end());
    ASSERT_EQ(Ask(id, argv), kOkLine);
  }
  /// Nothing is durable for two seconds.
  void StallLog() { env_.StallSyncs(".wal", 2000); }
  std::string GotMeanwhile(SessionId id) {
    while (env_.Step()) server_->RunLoop();
    return server_->Receive(id);
  }
  const TrackingTable& table() { return server_->pipeline().tracking(); }
  size_t TrackedNow() { return table().keys().size(); }
  /// Nobody tracks, and nothing is left that costs anybody anything.
  void ExpectNothingIsTracked() {
    server_->Settle();
    EXPECT_EQ(table().clients(), 0u);
    EXPECT_EQ(TrackedNow(), 0u);
    EXPECT_EQ(table().keys().memory_bytes(), 0u);
    EXPECT_EQ(table().prefixes().size(), 0u);
    EXPECT_FALSE(table().goes_on());
    EXPECT_FALSE(server_->keyspace().reports_changes());
  }
};

// --- who is told of what ---

TEST_F(ClientCaches, AChangeOfAKeyThatWasReadIsToldOnce) {
  Ask(b_, {"MSET", "k", "1", "other", "1"});
  Track(a_);
  EXPECT_EQ(Ask(a_, {"GET", "k"}), "$1\r\n1\r\n");
  EXPECT_EQ(Ask(b_, {"SET", "other", "2"}), kOkLine);
  EXPECT_EQ(Got(a_), "");
  EXPECT_EQ(Ask(b_, {"SET", "k", "2"}), kOkLine);
  EXPECT_EQ(Got(a_), Invalidated({"k"}));
  Ask(b_, {"SET", "k", "3"});
  EXPECT_EQ(Got(a_), "") << "it has not read it again";
}

TEST_F(ClientCaches, EveryKeyOfAReadIsTrackedAndEveryChangeTold) {
  Track(a_);
  Ask(a_, {"MGET", "s", "none", "moved"});
  Ask(a_, {"SINTER", "x", "y"});
  Ask(a_, {"TTL", "t"});
  EXPECT_EQ(TrackedNow(), 6u);
  Ask(b_, {"MSET", "moved", "1", "s", "1"});
  EXPECT_EQ(Got(a_), Invalidated({"moved"}) + Invalidated({"s"}));
  Ask(b_, {"SADD", "y", "m"});
  EXPECT_EQ(Got(a_), Invalidated({"y"}));
  Ask(b_, {"RENAME", "moved", "none"});
  EXPECT_EQ(Got(a_), Invalidated({"none"}));
  Ask(b_, {"SET", "t", "1", "PX", "100"});
  EXPECT_EQ(Got(a_), Invalidated({"t"}));
}

TEST_F(ClientCaches, WritesAndWhatNamesNoKeyTrackNothing) {
  Track(a_);
  Ask(a_, {"INCR", "n"});
  Ask(a_, {"GETDEL", "n"});
  Ask(a_, {"DBSIZE"});
  Ask(a_, {"KEYS", "*"});
  Ask(a_, {"GET"});
  EXPECT_EQ(TrackedNow(), 0u);
  Ask(a_, {"HGET", "h"});
  EXPECT_EQ(TrackedNow(), 0u);
}

TEST_F(ClientCaches, ANameIsTheSameInEveryDatabase) {
  Track(a_);
  Ask(a_, {"GET", "k"});
  Ask(b_, {"SELECT", "3"});
  Ask(b_, {"SET", "k", "1"});
  EXPECT_EQ(Got(a_), Invalidated({"k"}));
}

TEST_F(ClientCaches, OwnWritesAreToldBehindTheirReplies) {
  Track(a_);
  Ask(a_, {"GET", "k"});
  EXPECT_EQ(Ask(a_, {"SET", "k", "1"}), std::string(kOkLine) + Invalidated({"k"}));
}

TEST_F(ClientCaches, OneThatKnowsOfItsWritesIsToldOfThoseOfOthers) {
  Track(a_, {"NOLOOP"});
  Ask(a_, {"GET", "k"});
  EXPECT_EQ(Ask(a_, {"SET", "k", "1"}), kOkLine);
  Ask(b_, {"SET", "k", "2"});
  EXPECT_EQ(Got(a_), Invalidated({"k"})) << "it may have kept what it wrote";
}

TEST_F(ClientCaches, OptInRemembersWhatCachingAskedFor) {
  Track(a_, {"OPTIN"});
  Ask(a_, {"GET", "k"});
  EXPECT_EQ(TrackedNow(), 0u);
  EXPECT_EQ(Ask(a_, {"CLIENT", "CACHING", "YES"}), kOkLine);
  EXPECT_TRUE(Ask(a_, {"CLIENT", "TRACKINGINFO"}).contains("caching-yes"));
  Ask(a_, {"GET", "k"});
  Ask(a_, {"GET", "other"});
  EXPECT_EQ(TrackedNow(), 1u);
  Ask(a_, {"CLIENT", "CACHING", "YES"});
  Ask(a_, {"NOSUCHCOMMAND"});
  Ask(a_, {"GET", "other"});
  EXPECT_EQ(TrackedNow(), 1u);
  // Of a transaction it counts for the whole.
  Ask(a_, {"CLIENT", "CACHING", "YES"});
  Ask(a_, {"MULTI"});
  Ask(a_, {"GET", "x"});
  Ask(a_, {"GET", "y"});
  Ask(a_, {"EXEC"});
  Ask(a_, {"GET", "z"});
  EXPECT_EQ(TrackedNow(), 3u);
}

TEST_F(ClientCaches, OptOutRemembersWhatCachingDidNotExclude) {
  Track(a_, {"OPTOUT"});
  EXPECT_EQ(Ask(a_, {"CLIENT", "CACHING", "NO"}), kOkLine);
  Ask(a_, {"GET", "k"});
  EXPECT_EQ(TrackedNow(), 0u);
  Ask(a_, {"GET", "k"});
  EXPECT_EQ(TrackedNow(), 1u);
  Ask(a_, {"MULTI"});
  Ask(a_, {"GET", "x"});
  Ask(a_, {"CLIENT", "CACHING", "NO"});
  Ask(a_, {"GET", "y"});
  Ask(a_, {"EXEC"});
  EXPECT_EQ(TrackedNow(), 2u);
}

TEST_F(ClientCaches, ATransactionIsToldBehindItsReply) {
  Ask(b_, {"MSET", "a", "1", "b", "2"});
  Track(a_);
  Ask(a_, {"GET", "a"});
  Ask(a_, {"MULTI"});
  Ask(a_, {"INCR", "a"});
  Ask(a_, {"GET", "b"});
  EXPECT_EQ(Ask(a_, {"EXEC"}), "*2\r\n:2\r\n$1\r\n2\r\n" + Invalidated({"a"}));
  Ask(b_, {"SET", "b", "3"});
  EXPECT_EQ(Got(a_), Invalidated({"b"}));
}

TEST_F(ClientCaches, WhatAReaderHasSeenIsNoNewsToIt) {
  Track(a_);
  Ask(a_, {"MULTI"});
  Ask(a_, {"GET", "before"});
  Ask(a_, {"MSET", "before", "1", "behind", "1"});
  Ask(a_, {"GET", "behind"});
  EXPECT_EQ(Ask(a_, {"EXEC"}), "*3\r\n_\r\n+OK\r\n$1\r\n1\r\n" + Invalidated({"before"}));
  // The same of a pipeline.
  server_->Send(a_, "SET k 1\r\nGET k\r\n");
  EXPECT_EQ(Got(a_), "+OK\r\n$1\r\n1\r\n");
  Ask(b_, {"MSET", "k", "2", "behind", "2"});
  EXPECT_EQ(Got(a_), Invalidated({"k"}) + Invalidated({"behind"}));
}

TEST_F(ClientCaches, AnUndoneTransactionTracksNothing) {
  UseResp3(a_);
  Ask(a_, {"MULTI"});
  Ask(a_, {"CLIENT", "TRACKING", "ON"});
  Ask(a_, {"GET", "k"});
  Ask(a_, {"SET", std::string((1 << 20) + 1, 'k'), "v"});
  const std::string reply = Ask(a_, {"EXEC"});
  EXPECT_TRUE(reply.starts_with("-ERR key or field is too long")) << reply;
  EXPECT_TRUE(Ask(a_, {"CLIENT", "TRACKINGINFO"}).contains("$3\r\noff\r\n"));
  ExpectNothingIsTracked();
}

TEST_F(ClientCaches, ATransactionMaySwitchTrackingAndRead) {
  UseResp3(a_);
  Ask(a_, {"MULTI"});
  Ask(a_, {"GET", "before"});
  Ask(a_, {"CLIENT", "TRACKING", "ON"});
  Ask(a_, {"GET", "k"});
  Ask(a_, {"EXEC"});
  EXPECT_EQ(TrackedNow(), 1u);
  Ask(b_, {"SET", "k", "1"});
  EXPECT_EQ(Got(a_), Invalidated({"k"}));
}

TEST_F(ClientCaches, ExpiryIsTold) {
  Track(a_, {"NOLOOP"});
  Ask(a_, {"SET", "k", "1", "PX", "50"});
  Ask(a_, {"GET", "k"});
  for (int i = 0; i < 3; ++i) server_->Tick();
  EXPECT_EQ(Got(a_), Invalidated({"k"}));
}

TEST_F(ClientCaches, FlushesAndSwapsAreToldToAll) {
  Track(a_);
  Track(c_, {"BCAST", "PREFIX", "x"});
  for (const Argv& argv : {Argv{"FLUSHALL"}, Argv{"FLUSHDB", "ASYNC"}, Argv{"SWAPDB", "0", "1"}}) {
    Ask(a_, {"GET", "k"});
    EXPECT_EQ(TrackedNow(), 1u);
    EXPECT_EQ(Ask(b_, argv), kOkLine) << argv[0];
    EXPECT_EQ(Got(a_), kAllKeys) << argv[0];
    EXPECT_EQ(Got(c_), kAllKeys) << argv[0];
    EXPECT_EQ(TrackedNow(), 0u);
  }
  Ask(b_, {"SWAPDB", "0", "0"});
  EXPECT_EQ(Got(a_), "");
  Ask(a_, {"MULTI"});
  Ask(a_, {"FLUSHDB"});
  EXPECT_EQ(Ask(a_, {"EXEC"}), "*1\r\n+OK\r\n" + std::string(kAllKeys));
}

// --- prefixes ---

TEST_F(ClientCaches, PrefixesAreToldOfWhatNobodyRead) {
  Track(a_, {"BCAST", "PREFIX", "a:", "PREFIX", "b:"});
  Ask(a_, {"GET", "c:1"});
  EXPECT_EQ(TrackedNow(), 0u);
  Ask(b_, {"MSET", "b:2", "1", "a:2", "1", "c:1", "1", "a:1", "1"});
  EXPECT_EQ(Got(a_), Invalidated({"a:1", "a:2"}) + Invalidated({"b:2"}));
  // More of them may be added; what came between two passes comes together.
  EXPECT_EQ(Ask(a_, {"CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "c:"}), kOkLine);
  server_->Send(b_, "SET c:2 1\r\nSET c:1 1\r\nSET c:2 2\r\n");
  EXPECT_EQ(Got(a_), Invalidated({"c:1", "c:2"}));
}

TEST_F(ClientCaches, WithoutAPrefixAllChangesAreTold) {
  Track(a_, {"BCAST"});
  Track(c_, {"BCAST", "NOLOOP"});
  server_->SendCommand(c_, {"MSET", "x", "1", "y", "1"});
  server_->SendCommand(b_, {"SET", "y", "2"});
  EXPECT_EQ(Got(a_), Invalidated({"x", "y"}));
  EXPECT_EQ(server_->Receive(c_), std::string(kOkLine) + Invalidated({"y"}));
  EXPECT_EQ(Ask(c_, {"SET", "x", "2"}), kOkLine);
}

TEST_F(ClientCaches, BroadcastsWaitForDToo) {
  Track(a_, {"BCAST"});
  StallLog();
  server_->SendCommand(b_, {"SET", "k", "1"});
  EXPECT_EQ(GotMeanwhile(a_), "");
  EXPECT_EQ(After(2001, a_), Invalidated({"k"}));
}

// --- to another connection ---

TEST_F(ClientCaches, ASubscriberIsToldInThePlaceOfAnother) {
  EXPECT_EQ(Ask(c_, {"SUBSCRIBE", "__redis__:invalidate"}),
            "*3\r\n" + BulkReply("subscribe") + BulkReply("__redis__:invalidate") + ":1\r\n");
  const std::string id = Format("{}", c_);
  EXPECT_EQ(Ask(a_, {"CLIENT", "TRACKING", "ON", "REDIRECT", id}), kOkLine);
  EXPECT_EQ(Ask(a_, {"CLIENT", "GETREDIR"}), Format(":{}\r\n", c_));
  Ask(a_, {"GET", "k"});
  Ask(b_, {"SET", "k", "1"});
  EXPECT_EQ(Got(c_), InvalidatedByMessage({"k"}));
  EXPECT_EQ(Got(a_), "");
  Ask(b_, {"FLUSHALL"});
  EXPECT_EQ(Got(c_),
            "*3\r\n" + BulkReply("message") + BulkReply("__redis__:invalidate") + "$-1\r\n");
}

TEST_F(ClientCaches, InResp2OneWhoCannotBeToldIsNotTold) {
  EXPECT_EQ(Ask(a_, {"CLIENT", "TRACKING", "ON"}), kOkLine);
  EXPECT_EQ(Ask(c_, {"CLIENT", "TRACKING", "ON", "REDIRECT", Format("{}", b_)}), kOkLine);
  Ask(a_, {"GET", "k"});
  Ask(c_, {"GET", "k"});
  EXPECT_EQ(Ask(b_, {"SET", "k", "1"}), kOkLine);
  EXPECT_EQ(Got(a_) + Got(c_), "");
}

TEST_F(ClientCaches, WhoeverIsToldInTheirPlaceMayBeGone) {
  UseResp3(c_);
  Track(a_, {"REDIRECT", Format("{}", c_)});
  Ask(a_, {"GET", "k"});
  Ask(b_, {"SET", "k", "1"});
  EXPECT_EQ(Got(c_), Invalidated({"k"}));
  Ask(a_, {"GET", "k"});
  Ask(c_, {"QUIT"});
  EXPECT_TRUE(server_->Closed(c_));
  EXPECT_FALSE(Ask(a_, {"CLIENT", "LIST"}).contains("flags=tR"));
  Ask(b_, {"SET", "k", "2"});
  EXPECT_EQ(Got(a_), ">2\r\n" + BulkReply("tracking-redir-broken") + Format(":{}\r\n", c_));
  EXPECT_TRUE(Ask(a_, {"CLIENT", "TRACKINGINFO"}).contains("broken_redirect"));
  EXPECT_TRUE(Ask(a_, {"CLIENT", "LIST"}).contains(Format("redir={} ", c_)));
  EXPECT_TRUE(Ask(a_, {"CLIENT", "LIST"}).contains("flags=tR"));
  EXPECT_EQ(Ask(a_, {"CLIENT", "TRACKING", "ON"}), kOkLine);
  EXPECT_FALSE(Ask(a_, {"CLIENT", "TRACKINGINFO"}).contains("broken_redirect"));
}

// --- when ---

TEST_F(ClientCaches, NobodyIsToldBeforeTheChangeIsDurable) {
  Ask(b_, {"SET", "k", "1"});
  Track(a_);
  Ask(a_, {"GET", "k"});
  StallLog();
  server_->SendCommand(b_, {"SET", "k", "2"});
  EXPECT_EQ(GotMeanwhile(a_), "");
  EXPECT_EQ(After(2001, a_), Invalidated({"k"}));
}

TEST_F(ClientCaches, AReadBetweenAWriteAndItsDurabilityIsInvalidated) {
  Ask(b_, {"SET", "k", "1"});
  Track(a_);
  StallLog();
  server_->SendCommand(b_, {"SET", "k", "2"});
  server_->SendCommand(b_, {"FLUSHALL"});
  server_->SendCommand(a_, {"GET", "k"});
  EXPECT_EQ(GotMeanwhile(a_), "$1\r\n1\r\n");
  EXPECT_EQ(After(2001, a_), Invalidated({"k"}) + std::string(kAllKeys));
}

// The write was not reported: when it ran nobody tracked.
TEST_F(ClientCaches, WhatWasWrittenBeforeAnybodyTrackedIsSeenByItsFirstRead) {
  Ask(b_, {"SET", "k", "1"});
  UseResp3(a_);
  UseResp3(c_);
  Ask(c_, {"MULTI"});
  Ask(c_, {"CLIENT", "TRACKING", "ON"});
  Ask(c_, {"GET", "k"});
  StallLog();
  server_->SendCommand(b_, {"SET", "k", "2"});
  server_->SendCommand(a_, {"CLIENT", "TRACKING", "ON"});
  server_->SendCommand(a_, {"GET", "k"});
  server_->SendCommand(c_, {"EXEC"});
  EXPECT_EQ(GotMeanwhile(a_) + GotMeanwhile(c_), "");
  EXPECT_EQ(After(2001, a_), "+OK\r\n$1\r\n2\r\n");
  EXPECT_EQ(Got(c_), "*2\r\n+OK\r\n$1\r\n2\r\n");
}

TEST_F(ClientCaches, AFailedLogTellsNothing) {
  Track(a_);
  Ask(a_, {"GET", "k"});
  env_.FailNext(support::SimOp::kSync, ".wal", ErrorCode::kIo);
  server_->SendCommand(b_, {"SET", "k", "v"});
  EXPECT_EQ(Got(a_), "");
}

// Whoever reads a long value reads it at a snapshot: a change comes behind it, or the client would
// drop what it does not have yet and keep what it gets then.
TEST_F(ClientCaches, AChangeDuringALongReadComesBehindItsReply) {
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(Ask(b_, {"HSET", "h", Format("field:{}", i), std::string(100, 'v')}), ":1\r\n");
  }
  Track(a_);
  server_->SendCommand(a_, {"HGETALL", "h"});
  ASSERT_TRUE(server_->pipeline().Find(a_)->held()) << "it went on in no slices";
  Ask(b_, {"HSET", "h", "field:0", "new"});
  const std::string got = Got(a_);
  EXPECT_TRUE(got.starts_with("%1000\r\n")) << got.substr(0, 50);
  EXPECT_TRUE(got.ends_with(Invalidated({"h"}))) << got.substr(got.size() - 50);
  EXPECT_FALSE(got.contains("new"));
}

TEST_F(ClientCaches, AChangeDuringALongReadThatHasSentNothingComesBehindItsReply) {
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(Ask(b_, {"HSET", "h", Format("field:{}", i), std::string(100, 'v')}), ":1\r\n");
  }
  Track(a_);
  // The read begins; what it needs is not there for a while, and meanwhile the write is durable.
  server_->Deliver(a_, Pipelined({{"HGETALL", "h"}}));
  ASSERT_TRUE(server_->pipeline().Find(a_)->held());
  ASSERT_EQ(server_->pipeline().ReadyOutput(a_), "");
  server_->Deliver(b_, Pipelined({{"DEL", "h"}}));
  server_->pipeline().EndPass();
  while (env_.Step()) {
  }
  server_->pipeline().OnProgress();
  EXPECT_EQ(server_->pipeline().ReadyOutput(b_), ":1\r\n");
  EXPECT_EQ(server_->pipeline().ReadyOutput(a_), "") << "it does not have the value yet";
  const std::string got = Got(a_);
  EXPECT_TRUE(got.starts_with("%1000\r\n")) << got.substr(0, 50);
  EXPECT_TRUE(got.ends_with(Invalidated({"h"}))) << got.substr(got.size() - 50);
}

TEST_F(ClientCaches, WhoWaitsIsTold) {
  Track(a_);
  Ask(a_, {"LRANGE", "to", "0", "-1"});
  EXPECT_EQ(Ask(a_, {"BLMOVE", "from", "to", "LEFT", "LEFT", "0"}), "");
  Ask(b_, {"RPUSH", "to", "x"});
  EXPECT_EQ(Got(a_), Invalidated({"to"}));
  Ask(b_, {"RPUSH", "from", "y"});
  EXPECT_EQ(Got(a_), "$1\r\ny\r\n");
}

// --- the end, and bounds ---

TEST_F(ClientCaches, WhileNobodyTracksNothingIsNotedOfAnyWrite) {
  ExpectNothingIsTracked();
  StallLog();
  server_->SendCommand(b_, {"SET", "k", "1"});
  server_->SendCommand(b_, {"FLUSHALL"});
  server_->SendCommand(a_, {"GET", "k"});
  EXPECT_EQ(server_->pipeline().outgoing().bytes(), 0u);
  ExpectNothingIsTracked();
}

TEST_F(ClientCaches, OffResetAndTheEndOfTheConnectionEndIt) {
  ExpectNothingIsTracked();
  Track(a_);
  Ask(a_, {"GET", "k"});
  EXPECT_TRUE(server_->keyspace().reports_changes());
  EXPECT_EQ(Ask(a_, {"CLIENT", "TRACKING", "OFF"}), kOkLine);
  ExpectNothingIsTracked();
  Track(a_, {"BCAST"});
  EXPECT_EQ(Ask(a_, {"RESET"}), "+RESET\r\n");
  EXPECT_EQ(Ask(a_, {"CLIENT", "GETREDIR"}), ":-1\r\n");
  ExpectNothingIsTracked();
  Track(a_, {"BCAST", "PREFIX", "a", "PREFIX", "b"});
  Track(c_);
  Ask(c_, {"GET", "k"});
  server_->Disconnect(a_);
  EXPECT_EQ(table().prefixes().size(), 0u);
  StallLog();
  server_->SendCommand(b_, {"SET", "k", "1"});
  server_->Disconnect(c_);
  ExpectNothingIsTracked();
}

TEST_F(ClientCaches, TheTableIsBoundedByKeys) {
  Track(a_);
  for (int i = 0; i < 250; ++i) Ask(a_, {"GET", Format("key:{}", i)});
  EXPECT_EQ(TrackedNow(), 250u);
  EXPECT_EQ(Ask(b_, {"CONFIG", "SET", "tracking-table-max-keys", "1"}), kOkLine);
  std::string got = Got(a_);
  EXPECT_EQ(TrackedNow(), 1u);
  size_t told = 0;
  for (int i = 0; i < 250; ++i) told += got.contains(Invalidated({Format("key:{}", i)})) ? 1 : 0;
  EXPECT_EQ(told, 249u);
  EXPECT_EQ(got.size(), [&] {
    size_t size = 0;
    for (int i = 0; i < 250; ++i) {
      const std::string one = Invalidated({Format("key:{}", i)});
      if (got.contains(one)) size += one.size();
    }
    return size;
  }());
  EXPECT_EQ(Ask(b_, {"CONFIG", "SET", "tracking-table-max-keys", "0"}), kOkLine);
  for (int i = 0; i < 250; ++i) Ask(a_, {"GET", Format("key:{}", i)});
  EXPECT_GE(TrackedNow(), 250u);
}

TEST_F(ClientCaches, TheTableIsBoundedByBytes) {
  Track(a_);
  server_->pipeline().SetClientMemory(400'000);  // a quarter of it
  const std::string text(1000, 'k');
  for (int i = 0; i < 500; ++i) Ask(a_, {"GET", Format("{}:{}", text, i)});
  EXPECT_GT(TrackedNow(), 50u);
  EXPECT_LT(TrackedNow(), 100u);
  EXPECT_LE(table().keys().memory_bytes(), 100'000u);
}

TEST_F(ClientCaches, InfoAndClientListTell) {
  Track(a_);
  Track(c_, {"BCAST", "PREFIX", "p:"});
  Ask(a_, {"MGET", "k", "l"});
  EXPECT_EQ(server_->InfoNumber("tracking_clients"), 2);
  EXPECT_EQ(server_->InfoNumber("tracking_total_keys"), 2);
  EXPECT_EQ(server_->InfoNumber("tracking_total_items"), 2);
  EXPECT_EQ(server_->InfoNumber("tracking_total_prefixes"), 1);
  EXPECT_GT(server_->InfoNumber("mem_tracking_table"), 100);
  const std::string list = Ask(b_, {"CLIENT", "LIST"});
  EXPECT_TRUE(list.contains(" flags=t ")) << list;
  EXPECT_TRUE(list.contains(" flags=tB ")) << list;
  EXPECT_TRUE(list.contains(" redir=0 ")) << list;
  EXPECT_TRUE(list.contains(" redir=-1 ")) << list;
}

}  // namespace
}  // namespace cordwood::pipeline

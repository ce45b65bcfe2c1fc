// Batches of very many entries: while they enter the memtable others have their turns, and see all
// of one or nothing.

#include <gtest/gtest.h>

#include "base/format.h"
#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

using BatchWords = std::vector<std::string>;

constexpr int kMembersThere = 20'000;
constexpr int kMembersTaken = 6000;

class LargeBatches : public ::testing::Test {
 protected:
  // A look at the clock takes long, so that slices are short.
  LargeBatches()
      : env_(std::make_unique<support::SimEnv>(
            support::SimOptions{.seed = 1, .clock_ns = 100'000})) {}

  void SetUp() override {
    Start();
    for (int begin = 0; begin < kMembersThere; begin += 2000) {
      BatchWords words = {"SADD", "s"};
      for (int i = begin; i < begin + 2000; ++i) words.push_back(Member(i));
      Ask(words);
    }
    server_->Settle();
  }
  void Start() {
    server_.reset();
    server_ = std::make_unique<SimServer>(*env_, storage::StoreOptions{});
    ASSERT_TRUE(server_->Start());
  }

  static std::string Member(int i) { return Format("member:{}", i); }
  /// Of the first members.
  static BatchWords SRem() {
    BatchWords words = {"SREM", "s"};
    for (int i = 0; i < kMembersTaken; ++i) words.push_back(Member(i));
    return words;
  }
  std::string Ask(const BatchWords& words) {
    std::string reply = server_->Ask({words.begin(), words.end()});
    server_->Settle();
    return reply;
  }
  static std::string Bytes(const BatchWords& words) {
    return Pipelined({std::vector<std::string_view>(words.begin(), words.end())});
  }
  bool Commits(SessionId id) {
    Session* const session = server_->pipeline().Find(id);
    return session != nullptr && session->own_run != nullptr && session->own_run->commits();
  }
  /// Sends commands, and lets the last one get to where it is committed in slices.
  SessionId Begin(const std::string& commands) {
    const SessionId id = server_->Connect();
    server_->Send(id, commands);
    for (int i = 0; i < 1'000'000 && !Commits(id); ++i) server_->RunLoop();
    EXPECT_TRUE(Commits(id));
    return id;
  }
  /// What others see in each slice until it is done, of a number that changes with it.
  void SeesAllOrNothing(SessionId id, const BatchWords& probe, int before, int after) {
    const SessionId reader = server_->Connect();
    int slices = 0;
    for (; Commits(id); ++slices) {
      server_->Send(reader, Bytes(probe));
      EXPECT_EQ(server_->Receive(reader), Format(":{}\r\n", before));
      server_->RunLoop();
    }
    EXPECT_GT(slices, 10);
    server_->Settle();
    server_->Send(reader, Bytes(probe));
    EXPECT_EQ(server_->Receive(reader), Format(":{}\r\n", after));
  }

  std::unique_ptr<support::SimEnv> env_;
  std::unique_ptr<SimServer> server_;
};

TEST_F(LargeBatches, OfArgumentsGoInSlices) {
  const SessionId remover = Begin(Bytes(SRem()));
  const SessionId writer = server_->Connect();
  server_->Send(writer, Bytes({"SADD", "s", "new"}));
  EXPECT_EQ(server_->pipeline().Find(writer)->hold, Hold::kExecutor) << "it comes behind";
  SeesAllOrNothing(remover, {"SCARD", "s"}, kMembersThere, kMembersThere - kMembersTaken + 1);
  EXPECT_EQ(server_->Receive(remover), Format(":{}\r\n", kMembersTaken));
  EXPECT_EQ(server_->Receive(writer), ":1\r\n");
  EXPECT_EQ(Ask({"SISMEMBER", "s", Member(0)}), ":0\r\n");
  EXPECT_EQ(Ask({"SISMEMBER", "s", Member(kMembersTaken)}), ":1\r\n");
}

TEST_F(LargeBatches, OfPopsGoInSlices) {
  const SessionId popper = Begin(Bytes({"SPOP", "s", Format("{}", kMembersTaken)}));
  SeesAllOrNothing(popper, {"SCARD", "s"}, kMembersThere, kMembersThere - kMembersTaken);
  EXPECT_TRUE(server_->Receive(popper).starts_with(Format("*{}\r\n", kMembersTaken)));
}

TEST_F(LargeBatches, OfATransactionGoInSlices) {
  std::string commands = Bytes({"MULTI"}) + Bytes({"SELECT", "1"});
  for (int i = 0; i < kMembersTaken; ++i) commands += Bytes({"SET", Format("key {}", i), "v"});
  const SessionId client = Begin(commands + Bytes({"SELECT", "0"}) + Bytes(SRem()) +
                                 Bytes({"SELECT", "1"}) + Bytes({"EXEC"}));
  SeesAllOrNothing(client, {"SCARD", "s"}, kMembersThere, kMembersThere - kMembersTaken);
  server_->Receive(client);
  server_->Send(client, Bytes({"DBSIZE"}));
  EXPECT_EQ(server_->Receive(client), Format(":{}\r\n", kMembersTaken));
}

// It is found out when all of it was done, which then is done again.
TEST_F(LargeBatches, OfFewArgumentsInATransactionTakeEffectOnce) {
  constexpr int kSets = 400;
  BatchWords del = {"DEL"};
  for (int i = 0; i < kSets; ++i) {
    BatchWords add = {"SADD", Format("t{}", i)};
    for (int j = 0; j < 13; ++j) add.push_back(Format("{} {}", j, std::string(50, 'm')));
    Ask(add);
    del.push_back(add[1]);
  }
  const SessionId client =
      Begin(Bytes({"MULTI"}) + Bytes({"SELECT", "1"}) + Bytes({"INCR", "n"}) +
            Bytes({"SELECT", "0"}) + Bytes(del) + Bytes({"SELECT", "1"}) + Bytes({"EXEC"}));
  SeesAllOrNothing(client, {"EXISTS", "t0", "s"}, 2, 1);
  server_->Receive(client);
  server_->Send(client, Pipelined({{"DBSIZE"}, {"GET", "n"}}));
  EXPECT_EQ(server_->Receive(client), ":1\r\n$1\r\n1\r\n");
}

TEST_F(LargeBatches, AreDoneIfTheClientGoes) {
  const SessionId remover = Begin(Bytes(SRem()));
  server_->RunLoop();
  server_->Disconnect(remover);
  EXPECT_EQ(Ask({"PING"}), "+PONG\r\n");
  EXPECT_EQ(Ask({"SCARD", "s"}), Format(":{}\r\n", kMembersThere - kMembersTaken));
  EXPECT_EQ(Ask({"SADD", "s", "new"}), ":1\r\n");
}

TEST_F(LargeBatches, AreDoneIfTheServerStops) {
  const SessionId remover = Begin(Bytes(SRem()));
  server_->RunLoop();
  server_->pipeline().StopInput();
  server_->Settle();
  EXPECT_EQ(server_->Receive(remover), Format(":{}\r\n", kMembersTaken));
  Start();
  EXPECT_EQ(Ask({"SCARD", "s"}), Format(":{}\r\n", kMembersThere - kMembersTaken));
}

TEST_F(LargeBatches, AreNothingAfterAKillInTheMiddle) {
  Begin(Bytes(SRem()));
  server_->RunLoop();
  std::unique_ptr<support::SimEnv> next = env_->Kill();
  server_.reset();
  env_ = std::move(next);
  Start();
  EXPECT_EQ(Ask({"SCARD", "s"}), Format(":{}\r\n", kMembersThere));
  EXPECT_EQ(Ask({"SISMEMBER", "s", Member(0)}), ":1\r\n");
}

TEST_F(LargeBatches, WakeWhoWaitsForThem) {
  const SessionId waiter = server_->Connect();
  server_->Send(waiter, Bytes({"BLPOP", "l", "0"}));
  BatchWords push = {"RPUSH", "l"};
  for (int i = 0; i < kMembersTaken; ++i) push.push_back(Member(i));
  const SessionId pusher = Begin(Bytes(push));
  EXPECT_EQ(server_->Receive(waiter), "");
  SeesAllOrNothing(pusher, {"LLEN", "l"}, 0, kMembersTaken - 1);
  EXPECT_EQ(server_->Receive(waiter), "*2\r\n$1\r\nl\r\n$8\r\nmember:0\r\n");
}

}  // namespace
}  // namespace cordwood::pipeline

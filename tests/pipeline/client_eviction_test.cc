// maxmemory-clients: who is closed, and when.

#include <string>
#include <vector>

#include "tests/pipeline/blocking_fixture.h"

namespace cordwood::pipeline {
namespace {

class ClientEviction : public BlockingFixture {
 protected:
  void Limit(std::string_view limit) {
    ASSERT_EQ(Ask(a_, {"CONFIG", "SET", "maxmemory-clients", limit}), "+OK\r\n");
  }
  /// One that holds so much of a request that is not complete.
  SessionId Holding(size_t bytes) {
    const SessionId id = server_->Connect();
    server_->Send(id, Format("*2\r\n$3\r\nGET\r\n${}\r\n", bytes + 100) + std::string(bytes, 'x'));
    return id;
  }
};

TEST_F(ClientEviction, ClosesTheLargestUntilTheRestFits) {
  const SessionId small = Holding(300'000);
  const SessionId large = Holding(900'000);
  const SessionId middle = Holding(500'000);
  Limit("1500000");
  EXPECT_TRUE(server_->Closed(large));
  EXPECT_FALSE(server_->Closed(middle));
  EXPECT_FALSE(server_->Closed(small));
  EXPECT_EQ(server_->InfoNumber("evicted_clients"), 1);
  const SessionId largest = Holding(1'400'000);
  EXPECT_TRUE(server_->Closed(largest));
  EXPECT_FALSE(server_->Closed(middle));
}

TEST_F(ClientEviction, SparesWhoAskedForIt) {
  const SessionId spared = server_->Connect();
  Ask(spared, {"CLIENT", "NO-EVICT", "on"});
  server_->Send(spared, "*2\r\n$3\r\nGET\r\n$1000100\r\n" + std::string(1'000'000, 'x'));
  const SessionId other = Holding(300'000);
  Limit("1200000");
  EXPECT_FALSE(server_->Closed(spared));
  EXPECT_TRUE(server_->Closed(other));
}

TEST_F(ClientEviction, CountsTheQueueOfATransactionAndSubscriptions) {
  Limit("400000");
  const SessionId queues = server_->Connect();
  Ask(queues, {"MULTI"});
  const std::string value(100'000, 'v');
  for (int i = 0; i < 5 && !server_->Closed(queues); ++i) {
    server_->SendCommand(queues, {"SET", "k", value});
  }
  EXPECT_TRUE(server_->Closed(queues));
  const SessionId subscribes = server_->Connect();
  for (int i = 0; i < 10'000 && !server_->Closed(subscribes); ++i) {
    server_->SendCommand(subscribes, {"SUBSCRIBE", Format("channel:{}", i)});
  }
  EXPECT_TRUE(server_->Closed(subscribes));
}

TEST_F(ClientEviction, MayCloseWhoSetsTheLimit) {
  server_->Deliver(a_,
                   Pipelined({{"PING"}, {"CONFIG", "SET", "maxmemory-clients", "1"}, {"PING"}}));
  server_->Settle();
  EXPECT_TRUE(server_->Closed(a_));
}

TEST_F(ClientEviction, APercentageIsOneOfMaxmemory) {
  Ask(a_, {"CONFIG", "SET", "maxmemory", "64mb"});
  Limit("2%");
  const SessionId below = Holding(600'000);
  EXPECT_FALSE(server_->Closed(below));
  const SessionId beyond = Holding(1'100'000);
  EXPECT_TRUE(server_->Closed(beyond));
  Ask(a_, {"CONFIG", "SET", "maxmemory", "0"});
  Holding(1'100'000);
  EXPECT_EQ(server_->InfoNumber("evicted_clients"), 1) << "of no limit";
}

}  // namespace
}  // namespace cordwood::pipeline

// What all connections together may hold, and what becomes of those who hold the most.

#include <gtest/gtest.h>

#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

class ClientMemory : public ::testing::Test {
 protected:
  ClientMemory() : env_(1), server_(env_, {}) {}
  void SetUp() override {
    ASSERT_TRUE(server_.Start());
    ASSERT_EQ(server_.Ask({"CONFIG", "SET", "maxmemory", "64mb"}), "+OK\r\n");
  }

  // The bytes, as far as the connection is read from.
  size_t Offer(SessionId id, std::string_view bytes) {
    Pipeline& pipeline = server_.pipeline();
    size_t taken = 0;
    while (taken < bytes.size() && pipeline.Find(id) != nullptr && pipeline.WantsInput(id)) {
      const std::span<char> room = pipeline.InputSpan(id, 16 << 10);
      const size_t size = std::min(room.size(), bytes.size() - taken);
      std::copy_n(bytes.data() + taken, size, room.data());
      pipeline.Received(id, size);
      taken += size;
      server_.RunLoop();
    }
    return taken;
  }

  support::SimEnv env_;
  SimServer server_;
};

TEST_F(ClientMemory, RequestsThatAreNotCompleteAreBoundedTogether) {
  const std::string part = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$8000000\r\n" + std::string(6 << 20, 'v');
  std::vector<SessionId> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(server_.Connect());
    Offer(clients.back(), part);
    EXPECT_LT(server_.pipeline().client_bytes(), 40u << 20);
  }
  // Small requests of others are served.
  EXPECT_EQ(server_.Ask({"PING"}), "+PONG\r\n");
  EXPECT_GT(server_.InfoNumber("mem_clients_normal"), 8 << 20);
  for (int i = 0; i < 100; ++i) server_.Tick();
  EXPECT_LT(server_.pipeline().client_bytes(), 17u << 20);
  EXPECT_FALSE(server_.Closed(clients.back()));
}

TEST_F(ClientMemory, LargeRequestsAreFinishedOneAfterTheOther) {
  const std::string request =
      "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4000000\r\n" + std::string(4'000'000, 'v') + "\r\n";
  std::vector<SessionId> clients;
  std::vector<size_t> taken(12);
  for (size_t i = 0; i < taken.size(); ++i) clients.push_back(server_.Connect());
  for (int round = 0; round < 1000; ++round) {
    bool all = true;
    for (size_t i = 0; i < taken.size(); ++i) {
      const std::string_view rest = std::string_view(request).substr(taken[i]);
      taken[i] += Offer(clients[i], rest.substr(0, 256 << 10));
      all = all && taken[i] == request.size();
    }
    if (all) break;
    server_.Tick();
    server_.Settle();
  }
  for (int i = 0; i < 100; ++i) {
    server_.Tick();
    server_.Settle();
  }
  for (const SessionId client : clients) EXPECT_EQ(server_.Receive(client), "+OK\r\n");
}

TEST_F(ClientMemory, RepliesThatAreNotReadAreBoundedTogether) {
  ASSERT_EQ(server_.Ask({"SET", "big", std::string(4'000'000, 'v')}), "+OK\r\n");
  for (int i = 0; i < 50; ++i) {
    const SessionId client = server_.Connect();
    server_.SetReading(client, false);
    Offer(client, "GET big\r\n");
    EXPECT_LT(server_.pipeline().client_bytes(), 42u << 20);
  }
  EXPECT_EQ(server_.Ask({"PING"}), "+PONG\r\n");
}

}  // namespace
}  // namespace cordwood::pipeline

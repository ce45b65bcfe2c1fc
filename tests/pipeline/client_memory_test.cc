// What all connections together may hold, and what becomes of those who hold the most.

#include <gtest/gtest.h>

#include <algorithm>

#include "base/format.h"
#include "base/random.h"
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

  SessionId ConnectAs(std::string_view password) {
    const SessionId id = server_.Connect();
    server_.SendCommand(id, {"AUTH", password});
    EXPECT_EQ(server_.Receive(id), "+OK\r\n");
    return id;
  }
  uint64_t Held() { return server_.pipeline().client_bytes(); }

  support::SimEnv env_;
  SimServer server_;
};

constexpr uint64_t kShare = 16 << 20;  // a quarter of 64 MiB

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

TEST_F(ClientMemory, ManyThatHoldLittleAreBoundedTogether) {
  const std::string part = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$60000\r\n" + std::string(48'000, 'v');
  std::vector<SessionId> clients;
  for (int i = 0; i < 1000; ++i) {
    clients.push_back(server_.Connect());
    Offer(clients.back(), part);
    ASSERT_LT(Held(), 2 * kShare + (64 << 10));
  }
  EXPECT_EQ(server_.Ask({"PING"}), "+PONG\r\n");
  EXPECT_TRUE(server_.Ask({"CLIENT", "LIST"}).size() > 50'000);
  for (int i = 0; i < 600; ++i) server_.Tick();
  EXPECT_LT(Held(), kShare);
  // One that comes now is served as if nothing had been.
  EXPECT_EQ(server_.Ask({"SET", "k", std::string(1 << 20, 'v')}), "+OK\r\n");
}

TEST_F(ClientMemory, ManySmallRepliesThatAreNotReadAreBoundedTogether) {
  ASSERT_EQ(server_.Ask({"SET", "k", std::string(30'000, 'v')}), "+OK\r\n");
  for (int i = 0; i < 1500; ++i) {
    const SessionId client = server_.Connect();
    server_.SetReading(client, false);
    Offer(client, "GET k\r\n");
    ASSERT_LT(Held(), 2 * kShare + (64 << 10));
  }
  EXPECT_EQ(server_.Ask({"PING"}), "+PONG\r\n");
}

TEST_F(ClientMemory, ThoseWhoHaveNotAuthenticatedGoFirstAndAtOnce) {
  ASSERT_EQ(server_.Ask({"CONFIG", "SET", "requirepass", "secret"}), "+OK\r\n");
  const SessionId known = ConnectAs("secret");
  const std::string large =
      "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$7000000\r\n" + std::string(6 << 20, 'v');
  ASSERT_EQ(Offer(known, large), large.size());
  const std::string argument = "$16000\r\n" + std::string(16'000, 'v') + "\r\n";
  const std::string part = "*10\r\n" + argument + argument + argument;
  std::vector<SessionId> strangers;
  const uint64_t start_ns = env_.MonotonicNs();
  for (int i = 0; i < 600; ++i) {
    strangers.push_back(server_.Connect());
    Offer(strangers.back(), part);
    ASSERT_LT(Held(), kShare + kShare / 4);
  }
  EXPECT_LT(env_.MonotonicNs() - start_ns, 1'000'000'000u);
  EXPECT_FALSE(server_.Closed(known));
  const auto closed = std::ranges::count_if(strangers, [&](SessionId id) {
    return server_.Closed(id) || server_.pipeline().Find(id)->close_now;
  });
  EXPECT_GT(closed, 300);
  // And who is known is served.
  std::string rest(7'000'000 - (6 << 20), 'v');
  rest.append("\r\n");
  EXPECT_EQ(Offer(known, rest), rest.size());
  server_.Settle();
  EXPECT_EQ(server_.Receive(known), "+OK\r\n");
}

TEST_F(ClientMemory, OneThatAsksToBeSparedIsClosedLast) {
  const SessionId spared = server_.Connect();
  server_.SendCommand(spared, {"CLIENT", "NO-EVICT", "ON"});
  EXPECT_EQ(server_.Receive(spared), "+OK\r\n");
  std::vector<SessionId> others;
  for (int i = 0; i < 5; ++i) others.push_back(server_.Connect());
  const auto part = [](size_t bytes) {
    return "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$8000000\r\n" + std::string(bytes, 'v');
  };
  Offer(spared, part(7'900'000));
  for (const SessionId other : others) Offer(other, part(3'000'000));
  for (int i = 0; i < 3000 && Held() > kShare / 8 * 7; ++i) server_.Tick();
  EXPECT_FALSE(server_.Closed(spared));
  EXPECT_TRUE(std::ranges::any_of(others, [&](SessionId id) { return server_.Closed(id); }));
}

TEST_F(ClientMemory, WhoWaitsForTheDiskIsNotClosedForIt) {
  env_.StallSyncs(".wal", 60'000);
  std::vector<SessionId> clients;
  const std::string request =
      "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$400000\r\n" + std::string(400'000, 'v') + "\r\n";
  for (int i = 0; i < 60; ++i) {
    clients.push_back(server_.Connect());
    Offer(clients.back(), request);
  }
  for (int i = 0; i < 300; ++i) server_.Tick();
  EXPECT_EQ(server_.pipeline().stats().output_buffer_disconnections, 0u);
}

TEST_F(ClientMemory, LargeValuesThatAreColdAreFetchedOneAfterTheOther) {
  constexpr size_t kBytes = 5'000'000;
  constexpr size_t kClients = 6;
  Random random(7);
  std::string value(kBytes, 0);
  for (char& byte : value) byte = static_cast<char>(random.Next());
  for (size_t i = 0; i < kClients; ++i) {
    ASSERT_EQ(server_.Ask({"SET", Format("key{}", i), value}), "+OK\r\n");
  }
  ASSERT_EQ(server_.Ask({"COMPACT"}), "+OK\r\n");
  server_.Settle();
  std::vector<SessionId> clients;
  for (size_t i = 0; i < kClients; ++i) {
    clients.push_back(server_.Connect());
    server_.SendCommand(clients.back(), {"STRLEN", Format("key{}", i)});
  }
  uint64_t most = Held();
  while (server_.Step()) most = std::max(most, Held());
  for (const SessionId id : clients) EXPECT_EQ(server_.Receive(id), Format(":{}\r\n", kBytes));
  EXPECT_GT(most, kBytes);
  EXPECT_LT(most, 2 * kBytes);
}

TEST_F(ClientMemory, NamesThatClientsGiveThemselvesCount) {
  const SessionId client = server_.Connect();
  const uint64_t before = Held();
  server_.SendCommand(client, {"CLIENT", "SETNAME", std::string(1 << 20, 'n')});
  server_.RunForMs(3000);
  EXPECT_GE(Held(), before + (1 << 20));
}

}  // namespace
}  // namespace cordwood::pipeline

// What somebody may do who has not given the password.

#include <gtest/gtest.h>

#include <algorithm>

#include "protocol/command_writer.h"
#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

constexpr const char* kNoAuth = "-NOAUTH Authentication required.\r\n";

class Authentication : public ::testing::Test {
 protected:
  Authentication() : env_(1), server_(env_, TinyStoreOptions()) {
    server_.config().requirepass = "secret";
  }
  void SetUp() override {
    ASSERT_TRUE(server_.Start());
    client_ = server_.Connect();
  }

  std::string Run(const std::vector<std::string_view>& argv) {
    server_.SendCommand(client_, argv);
    server_.Settle();
    return server_.Receive(client_);
  }
  // Requests of that many bytes in all, from somebody who reads none of the replies.
  void Flood(SessionId client, size_t bytes) {
    std::string ping;
    protocol::AppendCommand(ping, std::vector<std::string_view>{"PING"});
    server_.SetReading(client, false);
    for (size_t sent = 0; sent < bytes && server_.pipeline().WantsInput(client);) {
      std::string requests;
      while (requests.size() < 4000) requests += ping;
      server_.Send(client, requests);
      sent += requests.size();
    }
  }
  size_t Unsent(SessionId client) {
    return server_.pipeline().Find(client)->replies.unsent_bytes();
  }

  support::SimEnv env_;
  SimServer server_;
  SessionId client_ = 0;
};

TEST_F(Authentication, IsAskedForByEveryKnownCommand) {
  for (const std::vector<std::string_view>& argv : {std::vector<std::string_view>{"PING"},
                                                    {"GET", "k"},
                                                    {"SET", "k", "v"},
                                                    {"CONFIG", "GET", "*"},
                                                    {"CLIENT", "ID"},
                                                    {"COMMAND"},
                                                    {"INFO"},
                                                    {"SHUTDOWN"},
                                                    {"FLUSHALL"}}) {
    EXPECT_EQ(Run(argv), kNoAuth) << argv[0];
  }
  EXPECT_EQ(Run({"AUTH", "secret"}), "+OK\r\n");
  EXPECT_EQ(Run({"PING"}), "+PONG\r\n");
}

TEST_F(Authentication, ComesBehindErrorsOfTheRequestItself) {
  EXPECT_EQ(Run({"NOSUCH", "a"}),
            "-ERR unknown command 'NOSUCH', with args beginning with: 'a' \r\n");
  EXPECT_EQ(Run({"GET"}), "-ERR wrong number of arguments for 'get' command\r\n");
  EXPECT_EQ(Run({"CONFIG", "FOO"}), "-ERR unknown subcommand 'FOO'. Try CONFIG HELP.\r\n");
  EXPECT_EQ(Run({"CONFIG"}), "-ERR wrong number of arguments for 'config' command\r\n");
  EXPECT_EQ(Run({"GET", "k"}), kNoAuth);
  EXPECT_FALSE(server_.Closed(client_));
}

TEST_F(Authentication, IsNotNeededToLeaveOrToStartAnew) {
  EXPECT_EQ(Run({"RESET"}), "+RESET\r\n");
  EXPECT_EQ(Run({"PING"}), kNoAuth);
  EXPECT_EQ(Run({"QUIT"}), "+OK\r\n");
  EXPECT_TRUE(server_.Closed(client_));
}

TEST_F(Authentication, IsGoneAfterReset) {
  EXPECT_EQ(Run({"AUTH", "secret"}), "+OK\r\n");
  EXPECT_EQ(Run({"PING"}), "+PONG\r\n");
  EXPECT_EQ(Run({"RESET"}), "+RESET\r\n");
  EXPECT_EQ(Run({"PING"}), kNoAuth);
  // And with it what only those may send who have it.
  server_.Send(client_, "*11\r\n");
  EXPECT_EQ(server_.Receive(client_), "-ERR Protocol error: unauthenticated multibulk length\r\n");
}

TEST_F(Authentication, WithoutItTheOldestMakesWayWhenMaxclientsAreThere) {
  server_.config().maxclients = 5;
  std::vector<SessionId> strangers = {client_};
  while (strangers.size() < 5) strangers.push_back(server_.Connect());
  for (size_t i = 0; i < 5; ++i) {
    client_ = server_.Connect();
    EXPECT_EQ(Run({"AUTH", "secret"}), "+OK\r\n");
    EXPECT_EQ(Run({"PING"}), "+PONG\r\n");
    for (size_t j = 0; j < 5; ++j) EXPECT_EQ(server_.Closed(strangers[j]), j <= i);
  }
  EXPECT_EQ(server_.pipeline().stats().rejected_connections, 5u);
  // Who has authenticated stays, and the next one hears why it does not.
  client_ = server_.Connect();
  server_.RunLoop();
  EXPECT_EQ(server_.Receive(client_), "-ERR max number of clients reached\r\n");
  EXPECT_TRUE(server_.Closed(client_));
  EXPECT_EQ(server_.pipeline().stats().rejected_connections, 6u);
}

TEST_F(Authentication, FailuresAreCounted) {
  EXPECT_TRUE(Run({"AUTH", "wrong"}).starts_with("-WRONGPASS"));
  EXPECT_TRUE(Run({"AUTH", "nobody", "secret"}).starts_with("-WRONGPASS"));
  EXPECT_TRUE(Run({"HELLO", "3", "AUTH", "default", "wrong"}).starts_with("-WRONGPASS"));
  EXPECT_EQ(server_.pipeline().stats().failed_logins, 3u);
  EXPECT_EQ(Run({"AUTH", "secret"}), "+OK\r\n");
  EXPECT_NE(Run({"INFO", "stats"}).find("acl_access_denied_auth:3\r\n"), std::string::npos);
}

TEST_F(Authentication, WhoGuessesWaitsLongerAndLonger) {
  const std::vector<std::vector<std::string_view>> guesses(100, {"AUTH", "wrong"});
  server_.Send(client_, Pipelined(guesses));
  const auto replies = [&] {
    const std::string received = server_.Receive(client_);
    return std::ranges::count(received, '\n');
  };
  EXPECT_EQ(replies(), 4);  // the fourth has to wait behind its reply
  for (int i = 0; i < 100; ++i) server_.Tick();
  const auto guessed = replies();  // in ten seconds
  EXPECT_GE(guessed, 10);
  EXPECT_LE(guessed, 16);
  // Others do not wait for it.
  client_ = server_.Connect();
  EXPECT_EQ(Run({"AUTH", "secret"}), "+OK\r\n");
}

TEST_F(Authentication, AfterAFewFailuresTheRightOneIsTakenAtOnce) {
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Run({"AUTH", "wrong"}).starts_with("-WRONGPASS"));
  const uint64_t before = env_.MonotonicNs();
  server_.SendCommand(client_, {"AUTH", "secret"});
  EXPECT_EQ(server_.Receive(client_), "+OK\r\n");
  EXPECT_LT(env_.MonotonicNs() - before, 100'000'000u);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Run({"AUTH", "wrong"}).starts_with("-WRONGPASS"));
  server_.SendCommand(client_, {"PING"});
  EXPECT_EQ(server_.Receive(client_), "+PONG\r\n");
}

TEST_F(Authentication, WithoutItAFloodThatIsNotReadIsClosed) {
  Flood(client_, 4 << 20);
  EXPECT_LT(Unsent(client_), 1100u << 10);  // it stopped being read from
  server_.Tick();
  EXPECT_TRUE(server_.Closed(client_));
  EXPECT_EQ(server_.Receive(client_), "");
  EXPECT_EQ(server_.pipeline().stats().output_buffer_disconnections, 1u);
}

TEST_F(Authentication, WithoutItALittleThatIsNotReadYetIsKept) {
  Flood(client_, 20 << 10);
  EXPECT_LT(Unsent(client_), 64u << 10);
  server_.Tick();
  EXPECT_FALSE(server_.Closed(client_));
}

TEST_F(Authentication, WithItAFloodThatIsNotReadWaits) {
  EXPECT_EQ(Run({"AUTH", "secret"}), "+OK\r\n");
  Flood(client_, 4 << 20);
  EXPECT_GT(Unsent(client_), 64u << 10);
  server_.Tick();
  EXPECT_FALSE(server_.Closed(client_));
}

}  // namespace
}  // namespace cordwood::pipeline

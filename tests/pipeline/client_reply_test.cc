// CLIENT REPLY, and what CLIENT LIST tells of a connection's buffers.

#include <gtest/gtest.h>

#include "base/format.h"
#include "base/number.h"
#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

using Words = std::vector<std::string_view>;

class ClientReply : public ::testing::Test {
 protected:
  ClientReply() : env_(1), server_(env_, TinyStoreOptions()) {}
  void SetUp() override {
    ASSERT_TRUE(server_.Start());
    client_ = server_.Connect();
  }
  std::string Run(const Words& argv) { return RunOn(client_, argv); }
  std::string RunOn(SessionId id, const Words& argv) {
    server_.SendCommand(id, argv);
    server_.Settle();
    return server_.Receive(id);
  }
  std::string LineOf(SessionId id) {
    return server_.Ask({"CLIENT", "LIST", "ID", Format("{}", id)});
  }
  static int64_t Field(const std::string& line, const std::string& name) {
    const size_t start = line.find(" " + name + "=") + name.size() + 2;
    return ParseInt64(line.substr(start, line.find_first_of(" \n\r", start) - start)).value_or(-1);
  }

  support::SimEnv env_;
  SimServer server_;
  SessionId client_ = 0;
};

TEST_F(ClientReply, OffDropsEveryKindOfReply) {
  EXPECT_EQ(Run({"CLIENT", "REPLY", "OFF"}), "");
  EXPECT_EQ(Run({"PING"}), "");
  EXPECT_EQ(Run({"SET", "k", "v"}), "");
  EXPECT_EQ(Run({"NOSUCH"}), "");
  EXPECT_EQ(Run({"GET"}), "");
  EXPECT_EQ(Run({"KEYS", "*"}), "");  // in slices
  EXPECT_EQ(Run({"MULTI"}), "");
  EXPECT_EQ(Run({"GET", "k"}), "");
  EXPECT_EQ(Run({"EXEC"}), "");
  EXPECT_EQ(Run({"CLIENT", "REPLY", "ON"}), "+OK\r\n");
  EXPECT_EQ(Run({"GET", "k"}), "$1\r\nv\r\n");
}

TEST_F(ClientReply, OffDropsRepliesInPieces) {
  const std::string value(3000, 'v');
  for (int i = 0; i < 300; ++i) {
    ASSERT_EQ(Run({"RPUSH", "list", value}), Format(":{}\r\n", i + 1));
  }
  EXPECT_EQ(Run({"CLIENT", "REPLY", "SKIP"}), "");
  EXPECT_EQ(Run({"LRANGE", "list", "0", "-1"}), "");
  EXPECT_EQ(Run({"LLEN", "list"}), ":300\r\n");
}

TEST_F(ClientReply, SkipIsForTheNextCommandAlone) {
  EXPECT_EQ(Run({"CLIENT", "REPLY", "SKIP"}), "");
  EXPECT_EQ(Run({"PING", "a"}), "");
  EXPECT_EQ(Run({"PING", "b"}), "$1\r\nb\r\n");
  EXPECT_EQ(Run({"CLIENT", "REPLY", "SKIP"}), "");
  EXPECT_EQ(Run({"CLIENT", "REPLY", "ON"}), "+OK\r\n");
  EXPECT_EQ(Run({"PING"}), "+PONG\r\n");
}

TEST_F(ClientReply, SkipIsForACommandThatWaits) {
  EXPECT_EQ(Run({"CLIENT", "REPLY", "SKIP"}), "");
  EXPECT_EQ(Run({"BLPOP", "l", "0"}), "");
  EXPECT_EQ(server_.Ask({"RPUSH", "l", "a"}), ":1\r\n");
  server_.Settle();
  EXPECT_EQ(server_.Receive(client_), "");
  EXPECT_EQ(Run({"LLEN", "l"}), ":0\r\n");
}

TEST_F(ClientReply, RepliesBeforeItStillLeave) {
  server_.Send(client_, Pipelined({{"SET", "k", "v"}, {"CLIENT", "REPLY", "OFF"}, {"GET", "k"}}));
  server_.Settle();
  EXPECT_EQ(server_.Receive(client_), "+OK\r\n");
}

TEST_F(ClientReply, ResetSendsRepliesAgain) {
  EXPECT_EQ(Run({"CLIENT", "REPLY", "OFF"}), "");
  EXPECT_EQ(Run({"RESET"}), "+RESET\r\n");
  EXPECT_EQ(Run({"PING"}), "+PONG\r\n");
}

TEST_F(ClientReply, TheListTellsOfItselfWhatRedisTells) {
  const std::string line = Run({"CLIENT", "LIST"});
  EXPECT_NE(line.find(" multi=-1 qbuf=26 "), std::string::npos) << line;
  EXPECT_NE(line.find(" argv-mem=10 multi-mem=0 "), std::string::npos) << line;
  EXPECT_NE(line.find(" obl=0 oll=0 omem=0 "), std::string::npos) << line;
  EXPECT_NE(line.find(" events=r cmd=client|list "), std::string::npos) << line;
}

TEST_F(ClientReply, TheListCountsBytesCommandsAndKeys) {
  EXPECT_EQ(Run({"WATCH", "a", "b"}), "+OK\r\n");
  EXPECT_EQ(Run({"PING"}), "+PONG\r\n");
  std::string line = LineOf(client_);
  EXPECT_EQ(Field(line, "watch"), 2);
  EXPECT_EQ(Field(line, "tot-cmds"), 2);
  EXPECT_EQ(Field(line, "tot-net-in"), 29 + 14);
  EXPECT_EQ(Field(line, "tot-net-out"), 5 + 7);
  EXPECT_EQ(Field(line, "qbuf"), 0);
  EXPECT_EQ(Field(line, "argv-mem"), 0);
  EXPECT_GE(Field(line, "rbp"), 7);
  EXPECT_GE(Field(line, "rbs"), Field(line, "rbp"));
  EXPECT_EQ(Run({"BLPOP", "list", "0"}), "");
  line = LineOf(client_);
  EXPECT_EQ(Field(line, "argv-mem"), 10);
  EXPECT_NE(line.find(" flags=b "), std::string::npos) << line;
}

TEST_F(ClientReply, TheListTellsWhatASlowReaderHasNotTaken) {
  ASSERT_EQ(Run({"SET", "k", std::string(400'000, 'v')}), "+OK\r\n");
  server_.SetReading(client_, false);
  server_.SendCommand(client_, {"GET", "k"});
  server_.Settle();
  const std::string line = LineOf(client_);
  EXPECT_EQ(Field(line, "oll"), 1);
  EXPECT_GE(Field(line, "omem"), 400'000);
  EXPECT_EQ(Field(line, "obl"), 0);
  EXPECT_NE(line.find(" events=rw "), std::string::npos) << line;
}

}  // namespace
}  // namespace cordwood::pipeline

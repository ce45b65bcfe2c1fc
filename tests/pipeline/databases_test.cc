// What a database number means, and how many keys it has, is not in the tree: readers are told of
// it as of the visible state, the connection that changed it as of the newest.

#include <gtest/gtest.h>

#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

class DatabasesAtD : public ::testing::Test {
 protected:
  DatabasesAtD() : env_(1), server_(env_, TinyStoreOptions()) {}

  // Database 0 has the key a, database 1 has b and c; from then on no sync ends for a while.
  void SetUp() override {
    ASSERT_TRUE(server_.Start());
    ASSERT_EQ(server_.Ask({"SET", "a", "0"}), "+OK\r\n");
    writer_ = server_.Connect();
    reader_ = server_.Connect();
    server_.SendCommand(writer_, {"SELECT", "1"});
    server_.SendCommand(writer_, {"MSET", "b", "1", "c", "1"});
    server_.SendCommand(writer_, {"SELECT", "0"});
    server_.Settle();
    ASSERT_EQ(server_.Receive(writer_), "+OK\r\n+OK\r\n+OK\r\n");
    env_.StallSyncs(".wal", 2000);
  }

  std::string Read(const std::vector<std::string_view>& argv) {
    server_.SendCommand(reader_, argv);
    return server_.Receive(reader_);
  }

  std::string EndStall() {
    server_.RunForMs(4001);
    return server_.Receive(writer_);
  }

  bool InfoHas(const std::string& line) {
    return Read({"INFO", "keyspace"}).find(line + ",") != std::string::npos;
  }

  support::SimEnv env_;
  SimServer server_;
  SessionId writer_ = 0;
  SessionId reader_ = 0;
};

TEST_F(DatabasesAtD, ASwapIsSeenWhenItIsDurable) {
  server_.SendCommand(writer_, {"SWAPDB", "0", "1"});
  server_.SendCommand(writer_, {"DBSIZE"});
  server_.SendCommand(writer_, {"MGET", "a", "b"});
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Read({"MGET", "a", "b"}), "*2\r\n$1\r\n0\r\n$-1\r\n");
    EXPECT_EQ(Read({"DBSIZE"}), ":1\r\n");
    EXPECT_TRUE(InfoHas("db0:keys=1") && InfoHas("db1:keys=2"));
    while (env_.Step()) server_.RunLoop();  // as far as it goes
  }
  EXPECT_EQ(server_.Receive(writer_), "");
  EXPECT_EQ(EndStall(), "+OK\r\n:2\r\n*2\r\n$-1\r\n$1\r\n1\r\n");
  EXPECT_EQ(Read({"MGET", "a", "b"}), "*2\r\n$-1\r\n$1\r\n1\r\n");
  EXPECT_EQ(Read({"DBSIZE"}), ":2\r\n");
  EXPECT_TRUE(InfoHas("db0:keys=2") && InfoHas("db1:keys=1"));
}

TEST_F(DatabasesAtD, AFlushIsSeenWhenItIsDurableAndSoIsWhatComesAfter) {
  server_.SendCommand(writer_, {"FLUSHDB"});
  server_.SendCommand(writer_, {"DBSIZE"});
  server_.SendCommand(writer_, {"SET", "d", "2"});
  server_.SendCommand(writer_, {"DBSIZE"});
  server_.SendCommand(writer_, {"MGET", "a", "d"});
  EXPECT_EQ(Read({"MGET", "a", "d"}), "*2\r\n$1\r\n0\r\n$-1\r\n");
  EXPECT_EQ(Read({"DBSIZE"}), ":1\r\n");
  EXPECT_TRUE(InfoHas("db0:keys=1"));
  EXPECT_EQ(EndStall(), "+OK\r\n:0\r\n+OK\r\n:1\r\n*2\r\n$-1\r\n$1\r\n2\r\n");
  EXPECT_EQ(Read({"MGET", "a", "d"}), "*2\r\n$-1\r\n$1\r\n2\r\n");
  EXPECT_EQ(Read({"DBSIZE"}), ":1\r\n");
}

TEST_F(DatabasesAtD, AFlushOfAllIsOneStep) {
  server_.SendCommand(writer_, {"FLUSHALL"});
  EXPECT_TRUE(InfoHas("db0:keys=1") && InfoHas("db1:keys=2"));
  EXPECT_EQ(EndStall(), "+OK\r\n");
  EXPECT_EQ(Read({"INFO", "keyspace"}).find("keys="), std::string::npos);
}

TEST_F(DatabasesAtD, PowerLossTakesBackASwapThatWasNotSeen) {
  server_.SendCommand(writer_, {"SWAPDB", "0", "1"});
  server_.SendCommand(writer_, {"FLUSHDB"});
  const std::unique_ptr<support::SimEnv> after =
      env_.CopyAfterPowerLoss(1, support::PowerLoss::kDrop);
  SimServer next(*after, TinyStoreOptions());
  ASSERT_TRUE(next.Start());
  EXPECT_EQ(next.Ask({"MGET", "a", "b"}), "*2\r\n$1\r\n0\r\n$-1\r\n");
  EXPECT_EQ(next.Ask({"DBSIZE"}), ":1\r\n");
}

}  // namespace
}  // namespace cordwood::pipeline

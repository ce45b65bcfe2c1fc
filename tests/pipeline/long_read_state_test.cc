// Reads that go on in slices while the world around them changes, from bytes to bytes.

#include <gtest/gtest.h>

#include "base/format.h"
#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

constexpr int kFields = 8000;
constexpr int kKeys = 8000;

class LongReadState : public ::testing::Test {
 protected:
  LongReadState() : env_(1), server_(env_, Options()) {}
  // With room for all tables: a read that waits for one has not begun.
  static storage::StoreOptions Options() {
    storage::StoreOptions options = TinyStoreOptions();
    options.block_cache_bytes = 4 << 20;
    return options;
  }
  void SetUp() override { ASSERT_TRUE(server_.Start()); }

  void FillHash() {
    std::vector<std::string> words = {"HSET", "h"};
    for (int i = 0; i < kFields; ++i) {
      words.push_back(Format("f{}", i));
      words.emplace_back("v");
    }
    ASSERT_EQ(server_.Ask({words.begin(), words.end()}), Format(":{}\r\n", kFields));
  }

  void FillKeys() {
    std::vector<std::string> words = {"MSET"};
    for (int i = 0; i < kKeys; ++i) {
      words.push_back(Format("k{:05}", i));
      words.emplace_back("v");
    }
    ASSERT_EQ(server_.Ask({words.begin(), words.end()}), "+OK\r\n");
  }

  /// The reply to `read`, of which `change` became visible after the first slice.
  std::string ReadAcross(const std::vector<std::string_view>& read,
                         const std::vector<std::string_view>& change) {
    const SessionId reader = server_.Connect();
    const SessionId writer = server_.Connect();
    server_.SendCommand(reader, read);
    server_.SendCommand(writer, change);
    std::string changed;
    while (changed.empty() && server_.Step()) changed = server_.Receive(writer);
    EXPECT_EQ(changed, "+OK\r\n");
    EXPECT_TRUE(server_.pipeline().Find(reader)->held()) << "the read ended before the change";
    // A plain read, so that the visible mapping is asked for.
    server_.SendCommand(writer, {"EXISTS", "none"});
    server_.Settle();
    EXPECT_EQ(server_.Receive(writer), ":0\r\n");
    return server_.Receive(reader);
  }

  support::SimEnv env_;
  SimServer server_;
};

TEST_F(LongReadState, AHashIsReadToItsEndAlthoughItsDatabaseIsFlushed) {
  FillHash();
  const std::string whole = server_.Ask({"HKEYS", "h"});
  EXPECT_EQ(ReadAcross({"HKEYS", "h"}, {"FLUSHDB"}), whole);
  EXPECT_EQ(server_.Ask({"HKEYS", "h"}), "*0\r\n");
}

TEST_F(LongReadState, AHashIsReadToItsEndAlthoughItsDatabaseIsSwapped) {
  FillHash();
  const std::string whole = server_.Ask({"HGETALL", "h"});
  EXPECT_EQ(ReadAcross({"HGETALL", "h"}, {"SWAPDB", "0", "1"}), whole);
  EXPECT_EQ(server_.Ask({"HLEN", "h"}), ":0\r\n");
}

TEST_F(LongReadState, KeysAreThoseOfTheSnapshotAlthoughTheDatabaseIsFlushed) {
  FillKeys();
  const std::string whole = server_.Ask({"KEYS", "*"});
  EXPECT_EQ(ReadAcross({"KEYS", "*"}, {"FLUSHDB"}), whole);
  EXPECT_EQ(server_.Ask({"KEYS", "*"}), "*0\r\n");
}

TEST_F(LongReadState, AScanIsOfItsSnapshotAlthoughTheDatabaseIsFlushed) {
  FillKeys();
  const std::string whole = server_.Ask({"SCAN", "0", "COUNT", "9000"});
  EXPECT_TRUE(whole.starts_with("*2\r\n$1\r\n0\r\n*8000\r\n")) << whole.substr(0, 40);
  EXPECT_EQ(ReadAcross({"SCAN", "0", "COUNT", "9000"}, {"FLUSHDB"}), whole);
  EXPECT_EQ(server_.Ask({"SCAN", "0", "COUNT", "9000"}), "*2\r\n$1\r\n0\r\n*0\r\n");
}

// The handler ran on the executor, at a state that was flushed since: the slices run at another.
TEST_F(LongReadState, AScanBehindAFlushOfItsOwnConnectionMeetsNothing) {
  FillKeys();
  const SessionId client = server_.Connect();
  server_.SendCommand(client, {"FLUSHDB"});
  server_.SendCommand(client, {"SCAN", "0", "COUNT", "9000"});
  server_.Settle();
  EXPECT_EQ(server_.Receive(client), "+OK\r\n*2\r\n$1\r\n0\r\n*0\r\n");
}

}  // namespace
}  // namespace cordwood::pipeline

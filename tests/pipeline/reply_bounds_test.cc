// No reply that is made in one piece is longer than the memory budget has room for, whatever a
// request repeats or gathers.

#include <gtest/gtest.h>

#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

constexpr size_t kValueBytes = 1'500'000;
constexpr size_t kReplyBytesMax = 4 << 20;  // twice an eighth of 16 MiB

class ReplyBounds : public ::testing::Test {
 protected:
  ReplyBounds() : env_(1), server_(env_, {.block_cache_bytes = 8 << 20}) {}
  void SetUp() override {
    ASSERT_TRUE(server_.Start());
    ASSERT_EQ(server_.Ask({"CONFIG", "SET", "maxmemory", "16mb"}), "+OK\r\n");
    const std::string value(kValueBytes, 'v');
    ASSERT_EQ(server_.Ask({"SET", "s", value}), "+OK\r\n");
    ASSERT_EQ(server_.Ask({"HSET", "h", "f", value, "g", "small"}), ":2\r\n");
    // From tables, whose values a reader has to keep itself.
    ASSERT_EQ(server_.Ask({"COMPACT"}), "+OK\r\n");
    server_.Settle();
  }

  /// The words, and the last of them so many times.
  std::string Repeat(std::vector<std::string_view> words, size_t times) {
    const std::string_view last = words.back();
    words.insert(words.end(), times - 1, last);
    return server_.Ask(words);
  }

  support::SimEnv env_;
  SimServer server_;
};

TEST_F(ReplyBounds, WhatARequestRepeatsIsRefusedWithTheBound) {
  const std::vector<std::vector<std::string_view>> requests = {
      {"MGET", "s"},
      {"HMGET", "h", "f"},
      {"COMMAND", "DOCS", "client"},
      {"COMMAND", "INFO", "client"},
  };
  for (const std::vector<std::string_view>& words : requests) {
    EXPECT_EQ(Repeat(words, 20'000),
              "-ERR the reply is longer than 4194304 bytes, which is what the memory budget has "
              "room for; ask for less at a time\r\n")
        << words[0];
  }
  EXPECT_EQ(server_.InfoNumber("total_error_replies"), 4);
}

TEST_F(ReplyBounds, WhatWasRefusedLeavesNothingBehind) {
  const SessionId client = server_.Connect();
  server_.SetReading(client, false);
  std::vector<std::string_view> words(1000, "s");
  words[0] = "MGET";
  server_.SendCommand(client, words);
  server_.Settle();
  EXPECT_GT(server_.pipeline().Find(client)->replies.unsent_bytes(), 100u);
  EXPECT_LT(server_.pipeline().Find(client)->replies.memory_bytes(), 4096u);
}

TEST_F(ReplyBounds, WhatFitsIsReplied) {
  EXPECT_EQ(Repeat({"MGET", "s"}, 2).size(), 2 * kValueBytes + 28);
  EXPECT_EQ(Repeat({"HMGET", "h", "f"}, 2).size(), 2 * kValueBytes + 28);
  EXPECT_EQ(server_.Ask({"HGETALL", "h"}).size(), kValueBytes + 41);
  EXPECT_EQ(server_.Ask({"GET", "s"}).size(), kValueBytes + 12);
}

TEST_F(ReplyBounds, WhatGoesOutInSlicesIsAsLongAsItIs) {
  std::vector<std::string> fields;
  for (int i = 0; i < 8; ++i) {
    const std::string field = "more" + std::to_string(i);
    ASSERT_EQ(server_.Ask({"HSET", "h", field, std::string(kValueBytes, 'w')}), ":1\r\n");
  }
  EXPECT_GT(server_.Ask({"HVALS", "h"}).size(), 9 * kValueBytes);
  EXPECT_GT(server_.Ask({"HRANDFIELD", "h", "-100", "WITHVALUES"}).size(), kReplyBytesMax);
}

TEST_F(ReplyBounds, APageOfHscanEndsWhereItHoldsEnough) {
  for (int i = 0; i < 8; ++i) {
    const std::string field = "more" + std::to_string(i);
    ASSERT_EQ(server_.Ask({"HSET", "h", field, std::string(kValueBytes, 'w')}), ":1\r\n");
  }
  size_t pages = 0;
  size_t bytes = 0;
  for (std::string cursor = "0"; pages == 0 || cursor != "0"; ++pages) {
    const std::string page = server_.Ask({"HSCAN", "h", cursor, "COUNT", "10000"});
    EXPECT_LT(page.size(), 2 * kValueBytes);
    bytes += page.size();
    const size_t start = page.find("\r\n", 5) + 2;
    cursor = page.substr(start, page.find("\r\n", start) - start);
    ASSERT_LT(pages, 20u);
  }
  EXPECT_GT(bytes, 9 * kValueBytes);
}

TEST_F(ReplyBounds, AWriteWhoseReplyIsTooLongChangesNothing) {
  ASSERT_EQ(server_.Ask({"CONFIG", "SET", "proto-max-bulk-len", "1mb"}), "+OK\r\n");
  // Stored under a larger limit: GETDEL of it fits, for a reply has room for two arguments.
  EXPECT_EQ(server_.Ask({"GETRANGE", "s", "0", "-1"}).size(), kValueBytes + 12);
  const std::string large(2'000'000, 'x');
  ASSERT_EQ(server_.Ask({"CONFIG", "SET", "proto-max-bulk-len", "2mb"}), "+OK\r\n");
  ASSERT_EQ(server_.Ask({"SET", "t", large}), "+OK\r\n");
  ASSERT_EQ(server_.Ask({"APPEND", "t", std::string(97'152, 'x')}), ":2097152\r\n");
  ASSERT_EQ(server_.Ask({"CONFIG", "SET", "proto-max-bulk-len", "1mb"}), "+OK\r\n");
  EXPECT_TRUE(server_.Ask({"GETDEL", "t"}).starts_with("-ERR the reply is longer than 2097152"));
  EXPECT_EQ(server_.Ask({"STRLEN", "t"}), ":2097152\r\n");
}

}  // namespace
}  // namespace cordwood::pipeline

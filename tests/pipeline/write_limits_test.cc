// Commands that would write more than may be written: refused before the log, with an error that
// names the bound, and the next write goes on.

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/format.h"
#include "keyspace/core/key_codec.h"
#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

using Argv = std::vector<std::string_view>;

/// Values of some kilobytes are large here.
storage::StoreOptions SmallLimits() {
  storage::StoreOptions options = TinyStoreOptions();
  options.write_limits = {
      .key_bytes = storage::kKeyBytesMax, .entry_bytes = 64 << 10, .batch_bytes = 160 << 10};
  return options;
}

class WriteLimitsOfCommands : public ::testing::Test {
 protected:
  WriteLimitsOfCommands() : env_(1), server_(env_, SmallLimits()) {}
  void SetUp() override { ASSERT_TRUE(server_.Start()); }

  /// Refused, with nothing logged and nothing in the memtable.
  void MustRefuse(const Argv& argv, const std::string& what) {
    SCOPED_TRACE(std::string(argv[0]));
    storage::Store& store = server_.keyspace().store();
    server_.Settle();
    const storage::Seq last_seq = store.last_seq();
    const storage::StoreStats before = store.Stats();
    const std::string reply = server_.Ask(argv);
    EXPECT_TRUE(reply.starts_with("-ERR " + what)) << reply.substr(0, 200);
    server_.Settle();
    EXPECT_EQ(store.last_seq(), last_seq);
    EXPECT_EQ(store.Stats().memtable_bytes, before.memtable_bytes);
    EXPECT_EQ(store.Stats().log.bytes_written, before.log.bytes_written);
    EXPECT_EQ(server_.Ask({"SET", "next", "goes on"}), "+OK\r\n");
  }

  support::SimEnv env_;
  SimServer server_;
  const std::string half_ = std::string(40 << 10, 'h');
  const std::string large_ = std::string(64 << 10, 'l');
};

constexpr const char* kEntryIsTooLarge = "key and value are too large: ";
constexpr const char* kWriteIsTooLarge = "one write is too large: ";

TEST_F(WriteLimitsOfCommands, Set) {
  MustRefuse({"SET", "k", large_}, kEntryIsTooLarge);
  EXPECT_EQ(server_.Ask({"EXISTS", "k"}), ":0\r\n");
}

TEST_F(WriteLimitsOfCommands, Append) {
  EXPECT_EQ(server_.Ask({"APPEND", "k", half_}), ":40960\r\n");
  MustRefuse({"APPEND", "k", half_}, kEntryIsTooLarge);
  EXPECT_EQ(server_.Ask({"STRLEN", "k"}), ":40960\r\n");
}

TEST_F(WriteLimitsOfCommands, SetRange) {
  EXPECT_EQ(server_.Ask({"SET", "k", "v"}), "+OK\r\n");
  MustRefuse({"SETRANGE", "k", "70000", "x"}, kEntryIsTooLarge);
  EXPECT_EQ(server_.Ask({"GET", "k"}), "$1\r\nv\r\n");
}

TEST_F(WriteLimitsOfCommands, HSet) {
  EXPECT_EQ(server_.Ask({"HSET", "h", "f", "v"}), ":1\r\n");
  MustRefuse({"HSET", "h", "f", large_, "g", "v"}, kEntryIsTooLarge);
  EXPECT_EQ(server_.Ask({"HGETALL", "h"}), "*2\r\n$1\r\nf\r\n$1\r\nv\r\n");
  MustRefuse({"HSET", "h", "a", half_, "b", half_, "c", half_, "d", half_}, kWriteIsTooLarge);
  EXPECT_EQ(server_.Ask({"HLEN", "h"}), ":1\r\n");
}

TEST_F(WriteLimitsOfCommands, Copy) {
  for (const char* field : {"a", "b", "c", "d"}) server_.Ask({"HSET", "h", field, half_});
  EXPECT_EQ(server_.Ask({"HLEN", "h"}), ":4\r\n");
  MustRefuse({"COPY", "h", "g"}, kWriteIsTooLarge);
  EXPECT_EQ(server_.Ask({"EXISTS", "g"}), ":0\r\n");
}

TEST_F(WriteLimitsOfCommands, MSet) {
  MustRefuse({"MSET", "a", half_, "b", half_, "c", half_, "d", half_}, kWriteIsTooLarge);
  MustRefuse({"MSET", "a", "v", "b", large_}, kEntryIsTooLarge);
  EXPECT_EQ(server_.Ask({"EXISTS", "a", "b"}), ":0\r\n");
}

TEST_F(WriteLimitsOfCommands, WhatIsJustSmallEnoughSurvivesARestart) {
  const std::string most((64 << 10) - 64, 'm');
  EXPECT_EQ(server_.Ask({"SET", "k", most}), "+OK\r\n");
  EXPECT_EQ(server_.Ask({"HSET", "h", "f", most}), ":1\r\n");
  EXPECT_EQ(server_.Ask({"STRLEN", "k"}), Format(":{}\r\n", most.size()));
  EXPECT_EQ(server_.Ask({"COMPACT"}), "+OK\r\n");
  EXPECT_EQ(server_.Ask({"HSTRLEN", "h", "f"}), Format(":{}\r\n", most.size()));
}

// --- names ---

constexpr const char* kNameIsTooLong =
    "key or field is too long: 1048577 bytes where 1048576 are allowed";

TEST_F(WriteLimitsOfCommands, ANameOverAMebibyteIsRefusedByWhateverWouldWriteIt) {
  const std::string name(keyspace::kNameBytesMax + 1, 'n');
  server_.Ask({"SET", "k", "1"});
  server_.Ask({"HSET", "h", "f", "1"});
  for (const Argv& argv : std::vector<Argv>{{"SET", name, "v"},
                                            {"SET", name, "v", "EX", "100"},
                                            {"SETNX", name, "v"},
                                            {"GETSET", name, "v"},
                                            {"APPEND", name, "v"},
                                            {"SETRANGE", name, "0", "v"},
                                            {"INCR", name},
                                            {"MSET", "a", "1", name, "v"},
                                            {"HSET", name, "f", "v"},
                                            {"HSET", "h", name, "v"},
                                            {"HSETNX", "h", name, "v"},
                                            {"HINCRBY", "h", name, "1"},
                                            {"RENAME", "k", name},
                                            {"COPY", "k", name}}) {
    MustRefuse(argv, kNameIsTooLong);
  }
  EXPECT_EQ(server_.Ask({"GET", "k"}), "$1\r\n1\r\n");
  EXPECT_EQ(server_.Ask({"EXISTS", "a"}), ":0\r\n");
}

TEST_F(WriteLimitsOfCommands, ANameOverAMebibyteIsAbsentToReadsAndDeletes) {
  const std::string name(keyspace::kNameBytesMax + 1, 'n');
  server_.Ask({"HSET", "h", "f", "1"});
  EXPECT_EQ(server_.Ask({"GET", name}), "$-1\r\n");
  EXPECT_EQ(server_.Ask({"EXISTS", name}), ":0\r\n");
  EXPECT_EQ(server_.Ask({"TTL", name}), ":-2\r\n");
  EXPECT_EQ(server_.Ask({"HGET", "h", name}), "$-1\r\n");
  EXPECT_EQ(server_.Ask({"HDEL", "h", name}), ":0\r\n");
  EXPECT_EQ(server_.Ask({"DEL", name}), ":0\r\n");
  EXPECT_EQ(server_.Ask({"EXPIRE", name, "10"}), ":0\r\n");
}

TEST(WriteLimitsOfNames, AMebibyteIsTaken) {
  support::SimEnv env(1);
  SimServer server(env, TinyStoreOptions());
  ASSERT_TRUE(server.Start());
  const std::string name(keyspace::kNameBytesMax, 'n');
  EXPECT_EQ(server.Ask({"SET", name, "v", "EX", "100"}), "+OK\r\n");
  EXPECT_EQ(server.Ask({"HSET", "h", name, "v"}), ":1\r\n");
  EXPECT_EQ(server.Ask({"COMPACT"}), "+OK\r\n");
  EXPECT_EQ(server.Ask({"GET", name}), "$1\r\nv\r\n");
  EXPECT_EQ(server.Ask({"HGET", "h", name}), "$1\r\nv\r\n");
}

}  // namespace
}  // namespace cordwood::pipeline

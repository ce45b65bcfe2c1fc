// What INFO and MEMORY tell of memory and of what is not saved.

#include <gtest/gtest.h>

#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

constexpr uint64_t kMb = 1 << 20;

class InfoOfMemory : public ::testing::Test {
 protected:
  InfoOfMemory() : env_(1), server_(env_, TinyStoreOptions()) {
    server_.facts().machine_memory_bytes = 3 * kMb;
    server_.facts().usage = [this] { return ProcessFacts::Usage{.resident_bytes = resident_}; };
    server_.facts().allocator_use = [] {
      return commands::MemoryFacts::Allocator{.allocated = 10, .active = 20, .resident = 30};
    };
  }
  void SetUp() override { ASSERT_TRUE(server_.Start()); }
  int64_t Number(const std::string& field) { return server_.InfoNumber(field); }
  std::string Text(const std::string& field) { return server_.Info()[field]; }

  support::SimEnv env_;
  SimServer server_;
  uint64_t resident_ = 0;
};

TEST_F(InfoOfMemory, ThePeakStays) {
  const int64_t start = Number("used_memory_startup");
  EXPECT_LE(start, Number("used_memory_peak"));
  const SessionId client = server_.Connect();
  server_.Send(client, "*2\r\n$4\r\nECHO\r\n$3000000\r\n" + std::string(2'500'000, 'x'));
  env_.AdvanceMs(1200);
  server_.Tick();  // nobody has to ask meanwhile
  server_.Disconnect(client);
  EXPECT_GE(Number("used_memory_peak"), start + 2'500'000);
  EXPECT_LE(Number("used_memory"), start + 1'000'000);
  EXPECT_TRUE(Text("used_memory_peak_human").ends_with("M"));
  server_.Ask({"CONFIG", "RESETSTAT"});
  EXPECT_GE(Number("used_memory_peak"), start + 2'500'000);
  const std::string stats = server_.Ask({"MEMORY", "STATS"});
  EXPECT_NE(stats.find("$19\r\nallocator.allocated\r\n:10\r\n"), std::string::npos) << stats;
}

TEST_F(InfoOfMemory, TheProcessAndTheMachine) {
  EXPECT_EQ(Number("total_system_memory"), static_cast<int64_t>(3 * kMb));
  EXPECT_EQ(Text("total_system_memory_human"), "3.00M");
  resident_ = 25;
  EXPECT_EQ(Text("mem_fragmentation_ratio"), "2.50");  // of what the allocator gave
  EXPECT_EQ(Number("evicted_keys"), 0);
  EXPECT_EQ(Number("lazyfree_pending_objects"), 0);
  EXPECT_EQ(Text("redis_git_sha1"), "00000000");
}

TEST_F(InfoOfMemory, WhatIsNotSavedIsWhatTheLogHasNotSynced) {
  EXPECT_EQ(server_.Ask({"SET", "k", "v"}), "+OK\r\n");
  server_.RunForMs(100);
  EXPECT_EQ(Number("rdb_changes_since_last_save"), 0);
  const int64_t offset = Number("master_repl_offset");
  env_.StallSyncs(".wal", 2000);
  const SessionId client = server_.Connect();
  server_.SendCommand(client, {"SET", "k", "w"});
  EXPECT_GT(Number("rdb_changes_since_last_save"), 0);
  EXPECT_GT(Number("master_repl_offset"), offset);
  server_.RunForMs(2100);
  EXPECT_EQ(Number("rdb_changes_since_last_save"), 0);
}

TEST_F(InfoOfMemory, SubscriptionsAreToldOf) {
  for (const char* field :
       {"pubsub_channels", "pubsub_patterns", "pubsubshard_channels", "tracking_clients",
        "tracking_total_keys", "tracking_total_items", "tracking_total_prefixes"}) {
    EXPECT_EQ(Number(field), 0) << field;
  }
}

}  // namespace
}  // namespace cordwood::pipeline

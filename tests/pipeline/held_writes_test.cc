// Writes that are held are counted with what they waited for, and INFO tells.

#include <gtest/gtest.h>

#include <cstdio>

#include "base/format.h"
#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

class HeldWritesInInfo : public ::testing::Test {
 protected:
  HeldWritesInInfo() : env_(1), server_(env_, TinyStoreOptions()) {}
  void SetUp() override { ASSERT_TRUE(server_.Start()); }

  struct Field {
    uint64_t count = 0;
    uint64_t usec = 0;
    uint64_t longest_usec = 0;
  };
  Field Held(const std::string& reason) {
    const std::map<std::string, std::string> info = server_.Info();
    const auto it = info.find("held_writes_" + reason);
    if (it == info.end()) {
      ADD_FAILURE() << "no field for " << reason;
      return {};
    }
    unsigned long long count = 0;
    unsigned long long usec = 0;
    unsigned long long longest = 0;
    EXPECT_EQ(std::sscanf(it->second.c_str(), "count=%llu,usec=%llu,longest_usec=%llu", &count,
                          &usec, &longest),
              3)
        << it->second;
    return {.count = count, .usec = usec, .longest_usec = longest};
  }

  // Writes until the gate is shut, because tables cannot be written for a while.
  void ShutTheGate() {
    env_.StallSyncs(".sst", 2000);
    const SessionId filler = server_.Connect();
    storage::Store& store = server_.keyspace().store();
    for (int i = 0; store.Admit(100, storage::Intent::kAdd) == storage::WriteGate::kOpen; ++i) {
      ASSERT_LT(i, 1000);
      server_.Send(filler, Pipelined({{"SET", Format("key:{}", i), std::string(200, 'v')}}));
      server_.Settle();
    }
    ASSERT_EQ(store.Admit(100, storage::Intent::kAdd), storage::WriteGate::kLater);
    EXPECT_EQ(store.held_for(), storage::HeldFor::kMemtables);
  }

  support::SimEnv env_;
  SimServer server_;
};

TEST_F(HeldWritesInInfo, AreCountedWhileTheyWaitAndAfterwards) {
  ShutTheGate();
  const Field before = Held("memtables");
  const SessionId first = server_.Connect();
  const SessionId second = server_.Connect();
  server_.SendCommand(first, {"SET", "a", "1"});
  server_.SendCommand(second, {"SET", "b", "1"});  // stands behind the first, for the same reason
  server_.RunForMs(300);
  const Field meanwhile = Held("memtables");
  EXPECT_GE(meanwhile.count, before.count + 2);
  EXPECT_GE(meanwhile.usec, before.usec + 600'000);
  EXPECT_GE(meanwhile.longest_usec, 300'000u);
  for (int ticks = 0; ticks < 200; ++ticks) {
    server_.RunForMs(100);
    server_.Tick();
  }
  EXPECT_EQ(server_.Receive(first), "+OK\r\n");
  EXPECT_EQ(server_.Receive(second), "+OK\r\n");
  const Field after = Held("memtables");
  EXPECT_GE(after.usec, meanwhile.usec);
  server_.RunForMs(1000);
  EXPECT_EQ(Held("memtables").usec, after.usec) << "nobody waits any more";
}

TEST_F(HeldWritesInInfo, AreCountedWhenTheirConnectionIsGone) {
  ShutTheGate();
  const Field before = Held("memtables");
  const SessionId leaver = server_.Connect();
  server_.SendCommand(leaver, {"SET", "a", "1"});
  server_.RunForMs(100);
  server_.Disconnect(leaver);
  const Field after = Held("memtables");
  EXPECT_EQ(after.count, before.count + 1);
  EXPECT_GE(after.longest_usec, 100'000u);
}

// Memtables fill up, because tables cannot be written for a while: writers are slowed long before
// none may come in.
TEST(HeldWritesForPace, AreCountedAsSuch) {
  storage::StoreOptions options = TinyStoreOptions();
  options.memtable_bytes = 1 << 20;
  options.log_segment_bytes = 8 << 20;
  support::SimEnv env(1);
  SimServer server(env, options);
  ASSERT_TRUE(server.Start());
  env.StallSyncs(".sst", 60'000);
  server.config().latency_monitor_threshold_ms = 1;
  const auto paced = [&] {
    return server.pipeline().stats().held_writes.of(storage::HeldFor::kPacing);
  };
  for (int i = 0; paced().writes == 0; ++i) {
    ASSERT_LT(i, 9) << "no write was slowed";
    ASSERT_EQ(server.Ask({"SET", Format("key:{}", i), std::string(500'000, 'v')}), "+OK\r\n");
    server.Settle();
  }
  EXPECT_GE(paced().longest_ns, 1'000'000u);
  EXPECT_TRUE(server.pipeline().monitoring().latency.events().contains("merge-pause"));
}

TEST_F(HeldWritesInInfo, AreForgottenWithTheOtherStatistics) {
  ShutTheGate();
  const SessionId writer = server_.Connect();
  server_.SendCommand(writer, {"SET", "a", "1"});
  for (int ticks = 0; ticks < 200; ++ticks) {
    server_.RunForMs(100);
    server_.Tick();
  }
  ASSERT_GT(Held("memtables").count, 0u);
  EXPECT_EQ(server_.Ask({"CONFIG", "RESETSTAT"}), "+OK\r\n");
  for (size_t i = 0; i < storage::kHeldReasons; ++i) {
    const std::string name(storage::NameOf(static_cast<storage::HeldFor>(i)));
    EXPECT_EQ(Held(name).count, 0u) << name;
    EXPECT_EQ(Held(name).longest_usec, 0u) << name;
  }
}

}  // namespace
}  // namespace cordwood::pipeline

// What INFO counts: each thing once, and as the one who asks may see it.

#include <gtest/gtest.h>

#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

class InfoCounts : public ::testing::Test {
 protected:
  InfoCounts() : env_(1), server_(env_, TinyStoreOptions()) {}
  void SetUp() override { ASSERT_TRUE(server_.Start()); }

  support::SimEnv env_;
  SimServer server_;
};

TEST_F(InfoCounts, EveryErrorReply) {
  server_.Ask({"SET", "text", "abc"});
  server_.Ask({"INCR", "text"});
  server_.Ask({"HGET", "text", "f"});
  server_.Ask({"GET"});
  server_.Ask({"NOSUCH"});
  server_.Ask({"GET", "text"});
  EXPECT_EQ(server_.Info()["total_error_replies"], "4");
  EXPECT_EQ(server_.Info()["cmdstat_incr"],
            "calls=1,usec=0,usec_per_call=0.00,rejected_calls=0,failed_calls=1");
  EXPECT_EQ(server_.Info()["cmdstat_hget"],
            "calls=1,usec=0,usec_per_call=0.00,rejected_calls=0,failed_calls=1");
  EXPECT_EQ(server_.Info()["cmdstat_get"],
            "calls=1,usec=0,usec_per_call=0.00,rejected_calls=1,failed_calls=0");
}

TEST_F(InfoCounts, KeysAreThoseOfTheStateThatTheCommandRunsAt) {
  const SessionId client = server_.Connect();
  const SessionId other = server_.Connect();
  env_.StallSyncs(".wal", 2000);
  server_.Send(client, "SET a 1\r\nINFO keyspace\r\n");
  server_.SendCommand(other, {"INFO", "keyspace"});
  EXPECT_EQ(server_.Receive(other), "$12\r\n# Keyspace\r\n\r\n");
  env_.RunForMs(2001);
  server_.Settle();
  EXPECT_EQ(server_.Receive(client), "+OK\r\n$34\r\n# Keyspace\r\ndb0:keys=1,expires=0\r\n\r\n");
}

TEST_F(InfoCounts, ALookupOnceHoweverOftenItsCommandRuns) {
  for (int i = 0; i < 600; ++i) {
    const std::string key = "key:" + std::to_string(i);
    ASSERT_EQ(server_.Ask({"SET", key, std::string(100, 'v')}), "+OK\r\n");
  }
  server_.Settle();
  const int64_t hits = server_.InfoNumber("keyspace_hits");
  const int64_t reruns = server_.InfoNumber("command_reruns");
  // It counts as it goes, and its second key may be cold when the first one was counted.
  for (int i = 0; i < 100; ++i) {
    const std::string key = "key:" + std::to_string(i * 6);
    ASSERT_EQ(server_.Ask({"EXISTS", key, "key:599"}), ":2\r\n");
  }
  EXPECT_GT(server_.InfoNumber("command_reruns"), reruns);
  EXPECT_EQ(server_.InfoNumber("keyspace_hits"), hits + 200);
  EXPECT_EQ(server_.Info()["own_runs"], "0");
}

}  // namespace
}  // namespace cordwood::pipeline

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
  EXPECT_EQ(server_.Info("total_error_replies"), "4");
  EXPECT_EQ(server_.Info("cmdstat_incr"), "calls=1,rejected_calls=0,failed_calls=1");
  EXPECT_EQ(server_.Info("cmdstat_hget"), "calls=1,rejected_calls=0,failed_calls=1");
  EXPECT_EQ(server_.Info("cmdstat_get"), "calls=1,rejected_calls=0,failed_calls=0");
}

}  // namespace
}  // namespace cordwood::pipeline

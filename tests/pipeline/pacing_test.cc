// Writers that are held back, from bytes to bytes.

#include <gtest/gtest.h>

#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {
namespace {

class PacedWriters : public ::testing::Test {
 protected:
  PacedWriters() : env_(1), server_(env_, TinyStoreOptions()) {}
  void SetUp() override { ASSERT_TRUE(server_.Start()); }

  // Virtual milliseconds until it is answered.
  uint64_t MillisecondsFor(const std::vector<std::string_view>& argv, std::string_view reply) {
    const uint64_t start = env_.MonotonicNs();
    EXPECT_EQ(server_.Ask(argv), reply);
    return (env_.MonotonicNs() - start) / 1'000'000;
  }

  support::SimEnv env_;
  SimServer server_;
};

TEST_F(PacedWriters, AHugeValueIsNotPaidForByThoseBehindIt) {
  const std::string huge(4 << 20, 'v');  // some hundred memtables
  EXPECT_EQ(server_.Ask({"SET", "huge", huge}), "+OK\r\n");
  EXPECT_LT(MillisecondsFor({"SET", "a", "1"}, "+OK\r\n"), 1100u);
  server_.Settle();
  EXPECT_EQ(server_.Ask({"SET", "huge", huge}), "+OK\r\n");
  server_.Settle();  // flushed
  EXPECT_LT(MillisecondsFor({"SET", "a", "2"}, "+OK\r\n"), 100u);
}

}  // namespace
}  // namespace cordwood::pipeline

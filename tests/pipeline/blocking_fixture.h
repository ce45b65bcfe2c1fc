#pragma once

// A simulated server and a few connections, for tests of commands that wait.
//
// Threads: one.

#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/format.h"
#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {

inline constexpr std::string_view kNullArray = "*-1\r\n";
inline constexpr std::string_view kNull = "$-1\r\n";

inline std::string BulkReply(std::string_view text) {
  return Format("${}\r\n{}\r\n", text.size(), text);
}

inline std::string ArrayReply(std::initializer_list<std::string_view> items) {
  std::string reply = Format("*{}\r\n", items.size());
  for (const std::string_view item : items) reply += BulkReply(item);
  return reply;
}

class BlockingFixture : public ::testing::Test {
 protected:
  using Argv = std::vector<std::string_view>;

  void SetUp() override {
    Start();
    a_ = server_->Connect();
    b_ = server_->Connect();
    c_ = server_->Connect();
  }

  void Start(const config::Config& config = {}) {
    server_.reset();
    server_ = std::make_unique<SimServer>(env_, TinyStoreOptions(), config);
    ASSERT_TRUE(server_->Start());
  }

  /// Sends a command, and returns what has come when nothing more happens without time passing.
  std::string Ask(SessionId id, const Argv& argv) {
    server_->SendCommand(id, argv);
    return Got(id);
  }
  std::string Got(SessionId id) {
    server_->Settle();
    return server_->Receive(id);
  }
  std::string After(uint64_t ms, SessionId id) {
    server_->RunForMs(ms);
    return server_->Receive(id);
  }
  bool Waits(SessionId id) { return server_->pipeline().Find(id)->hold == Hold::kBlocked; }
  const BlockedClients& blocked() { return server_->pipeline().blocked(); }
  void ExpectNoTrace() {
    EXPECT_EQ(blocked().clients(), 0u);
    EXPECT_EQ(blocked().keys(), 0u);
    EXPECT_EQ(blocked().timeouts(), 0u);
    EXPECT_FALSE(server_->keyspace().reports_signals());
  }

  support::SimEnv env_{1};
  std::unique_ptr<SimServer> server_;
  SessionId a_ = 0;
  SessionId b_ = 0;
  SessionId c_ = 0;
};

}  // namespace cordwood::pipeline

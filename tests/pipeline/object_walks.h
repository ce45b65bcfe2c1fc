#pragma once

// Sequences of commands on one object in elements form, and what is seen of them: at the newest
// state and at D with the log stalled, after COMPACT, and after a restart by kill.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/format.h"
#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {

class ObjectWalks : public ::testing::Test {
 protected:
  using Words = std::vector<std::string_view>;

  ObjectWalks() : env_(std::make_unique<support::SimEnv>(1)) { Start(); }

  void Start() {
    server_.reset();
    server_ = std::make_unique<SimServer>(*env_, TinyStoreOptions(), InElements());
    ASSERT_TRUE(server_->Start());
  }
  void KillAndStart() {
    std::unique_ptr<support::SimEnv> next = env_->Kill();
    server_.reset();
    env_ = std::move(next);
    Start();
  }
  std::string Ask(const Words& argv) {
    std::string reply = server_->Ask(argv);
    server_->Settle();
    return reply;
  }
  static std::string BulksOf(const std::vector<std::string>& texts) {
    std::string reply = Format("*{}\r\n", texts.size());
    for (const std::string& text : texts) AppendFormat(reply, "${}\r\n{}\r\n", text.size(), text);
    return reply;
  }

  /// After `steps`, `probe` is answered with `reply`, wherever and whenever it is asked.
  void Shows(const std::vector<Words>& steps, const Words& probe, const std::string& reply) {
    const std::string before = Ask(probe);
    env_->StallSyncs(".wal", 2000);
    const SessionId writer = server_->Connect();
    for (const Words& step : steps) server_->SendCommand(writer, step);
    server_->SendCommand(writer, probe);
    EXPECT_EQ(Ask(probe), before) << "at D";
    server_->RunForMs(3000);
    EXPECT_TRUE(server_->Receive(writer).ends_with(reply)) << "the newest state";
    EXPECT_EQ(Ask(probe), reply) << "durable";
    Ask({"COMPACT"});
    server_->RunForMs(1000);
    EXPECT_EQ(Ask(probe), reply) << "merged";
    KillAndStart();
    EXPECT_EQ(Ask(probe), reply) << "after a kill";
  }

  std::unique_ptr<support::SimEnv> env_;
  std::unique_ptr<SimServer> server_;

 private:
  static config::Config InElements() {
    config::Config config;
    config.collection_max_inline_bytes = 0;
    return config;
  }
};

}  // namespace cordwood::pipeline

#pragma once

// A server whose objects get ranks in the background, in slices: what is asked of it, and how far
// they are.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/format.h"
#include "keyspace/core/keys.h"
#include "keyspace/core/record.h"
#include "tests/pipeline/sim_server.h"

namespace cordwood::pipeline {

class RankBuildsTest : public ::testing::Test {
 protected:
  using Ranks = keyspace::Ranks;
  using Words = std::vector<std::string_view>;

  /// Several slices.
  static constexpr int kElements = 9000;

  /// `asks(key)` is a command that asks for ranks.
  using Asks = std::vector<std::string> (*)(std::string_view key);
  explicit RankBuildsTest(Asks asks) : asks_(asks) { Start(); }

  void Start() {
    server_.reset();
    server_ = std::make_unique<SimServer>(*env_, TinyStoreOptions());
    ASSERT_TRUE(server_->Start());
    client_ = server_->Connect();
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
  /// Nothing else goes on meanwhile.
  void DoAtOnce(const Words& argv) { server_->Deliver(client_, Pipelined({argv})); }
  /// What the newest record says.
  Ranks RanksOf(std::string_view key) {
    env_->ForbidMainIo(false);
    storage::Reader reader(server_->keyspace().store());
    storage::View view = reader.Newest(storage::Tier::kMayBlock);
    keyspace::Transaction tx(server_->keyspace(), view, keyspace::Transaction::Mode::kExecute, 0);
    const auto found = keyspace::FindKey(tx, {.generation = tx.GenerationOf(0), .key = key});
    env_->ForbidMainIo(true);
    EXPECT_TRUE(found && found->stored);
    if (!found || !found->stored) return Ranks::kNone;
    return keyspace::ObjectPayload::Decode(found->stored->payload)->ranks;
  }
  void AskForRanks(std::string_view key) {
    const std::vector<std::string> words = asks_(key);
    Ask({words.begin(), words.end()});
  }
  void BuildSome(std::string_view key) {
    AskForRanks(key);
    server_->Tick();
    for (int i = 0; i < 1000 && RanksOf(key) == Ranks::kNone; ++i) server_->Step();
    EXPECT_EQ(RanksOf(key), Ranks::kBeingBuilt);
  }
  /// All that was asked for.
  void RunBuilds() {
    for (int i = 0; i < 20; ++i) {
      server_->Tick();
      server_->Settle();
    }
  }
  void BuildAll(std::string_view key) {
    AskForRanks(key);
    RunBuilds();
    EXPECT_EQ(RanksOf(key), Ranks::kWhole);
  }

  static std::string BulkOf(std::string_view text) {
    return Format("${}\r\n{}\r\n", text.size(), text);
  }

  std::unique_ptr<support::SimEnv> env_ = std::make_unique<support::SimEnv>(1);
  std::unique_ptr<SimServer> server_;
  SessionId client_ = 0;

 private:
  const Asks asks_;
};

}  // namespace cordwood::pipeline
